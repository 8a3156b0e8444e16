/**
 * Write a Syncline rule in JavaScript: one file, no dependencies.
 *
 * A rule decides who is in scope, who is the same person on the other side, and what each attribute
 * becomes. It is pure: it sees the rows that it is given, the client's own tables and nothing else, and
 * the same row gives the same answer, whatever else is asked.
 *
 *     import { Change, Verdict, compute, constant, copy, rule, ruleset, text } from "./syncline.mjs";
 *
 *     const CITY = text("city");
 *     const DEPARTMENT = text("department");
 *     const MAIL = text("mail");
 *
 *     export default rule({
 *         name: "harbour",
 *         version: "1.0.0",
 *         summary: "Brings the harbour's people over",
 *         settings: { company: "Harbour" },
 *         rulesets: ({ company }) => [
 *             ruleset("user")
 *                 .scope([DEPARTMENT], (department) =>
 *                     department === "Visitors"
 *                         ? Verdict.out("Visitor", "visitors are not brought over")
 *                         : Verdict.inScope)
 *                 .key(0, "mail", [MAIL], (mail) => mail)
 *                 .shape("external-member")
 *                 .outputs(
 *                     copy(CITY),
 *                     constant("companyName", company),
 *                     compute("department", [DEPARTMENT], (department) =>
 *                         department ? Change.set(`${company} ${department}`) : Change.keep)),
 *         ],
 *     });
 *
 * Every function names its inputs and is given their values in that order, and nothing else. So what a
 * rule reads, and what each value depends on, is derived and never declared by hand.
 *
 * A function that throws holds its object with the code `RuleException`; the other objects go on.
 */

/** What a function was given or asked for that a rule cannot do; its message is for the author. */
class Misuse extends TypeError {}

function misuse(text) {
    throw new Misuse(text);
}

/** A setting that is wrong: where, as in `regions[3].code`, and how. Thrown from `rulesets`. */
export class SettingsError extends Error {
    constructor(path, message) {
        super(message);
        this.path = path;
    }
}

function requireText(value, what) {
    if (typeof value !== "string") misuse(`${what} is a text, not ${described(value)}`);
    if (!isWellFormed(value)) misuse(`${what} has half of a surrogate pair`);
    return value;
}

function isWellFormed(text) {
    return text.isWellFormed ? text.isWellFormed() : !/[\ud800-\udfff]/u.test(text);
}

function described(value) {
    if (value === null || value === undefined) return String(value);
    return Array.isArray(value) ? "a list" : `of type ${typeof value}`;
}

/** Returns a reason: a stable code for filters, as in `MissingValues`, and a sentence for people. */
export function reason(code, text) {
    return Object.freeze({ code: requireText(code, "a code"), text: requireText(text, "a reason") });
}

/** What `scope` answers. */
export const Verdict = Object.freeze({
    /** The object is kept in step. */
    inScope: Object.freeze({ tag: "in-scope" }),
    /** The object is not kept in step. */
    out: (code, text) => Object.freeze({ tag: "out-of-scope", val: reason(code, text) }),
    /** Nothing can be said: the object stays as it is. */
    hold: (code, text) => Object.freeze({ tag: "hold", val: reason(code, text) }),
});

const STRICTNESS = Object.freeze({ "in-scope": 0, "out-of-scope": 1, hold: 2 });

/** What `compute` answers. */
export const Change = Object.freeze({
    /** The attribute is left alone. */
    keep: Object.freeze({ tag: "keep" }),
    /** The value is removed. */
    clear: Object.freeze({ tag: "clear" }),
    /** The attribute gets this value: a text, a boolean, a whole number, a list of texts, or what
     * `reference` and `references` return. A list is a set: its order does not count. */
    set: (value) => Object.freeze({ tag: "set", val: toValue(value) }),
    /** Candidates for an attribute that must be unique, best first: the host takes the first that is
     * free. */
    firstFree: (...values) => Object.freeze({ tag: "first-free", val: values.map(toValue) }),
    /** This one attribute cannot be decided; the rest of the object goes on. */
    refuse: (code, text) => Object.freeze({ tag: "refuse", val: reason(code, text) }),
});

const INTEGER_LIMIT = 2n ** 63n;

function toValue(value) {
    switch (typeof value) {
        case "string":
            return { tag: "text", val: requireText(value, "a value") };
        case "boolean":
            return { tag: "boolean", val: value };
        case "number":
            if (!Number.isSafeInteger(value)) misuse(`${value} is no whole number that is exact`);
            return { tag: "integer", val: BigInt(value) };
        case "bigint":
            if (value < -INTEGER_LIMIT || value >= INTEGER_LIMIT) misuse(`${value} is too large`);
            return { tag: "integer", val: value };
    }
    if (Array.isArray(value)) return value.length === 0 ? ABSENT : { tag: "texts", val: toSet(value) };
    if (value instanceof Reference) return value.value;
    return misuse(`a value is ${described(value)}; say Change.clear or Change.keep for none`);
}

const ABSENT = Object.freeze({ tag: "absent" });

/** Texts each once, in the order of code points, which is not JavaScript's own. */
function toSet(texts) {
    for (const text of texts) requireText(text, "an item of a list");
    return [...new Set(texts)].sort(byCodePoints);
}

function byCodePoints(one, other) {
    const length = Math.min(one.length, other.length);
    for (let at = 0; at < length; at++) {
        let a = one.charCodeAt(at);
        let b = other.charCodeAt(at);
        if (a === b) continue;
        // Surrogates stand for code points beyond all others.
        if (a >= 0xd800 && a <= 0xdfff) a += 0x10000;
        if (b >= 0xd800 && b <= 0xdfff) b += 0x10000;
        return a - b;
    }
    return one.length - other.length;
}

class Reference {
    constructor(value) {
        this.value = value;
    }
}

/** Returns another object as a value, by its id in the source; the host turns it into the target's. */
export function reference(id) {
    return new Reference({ tag: "reference", val: requireText(id, "an id") });
}

/** Returns several objects as a value, by their ids in the source. */
export function references(ids) {
    return new Reference(ids.length === 0 ? ABSENT : { tag: "references", val: toSet(ids) });
}

/** Something that a function may see. `bind` declares it and returns how it is looked at. */
class Input {
    constructor(name, bind, afterJoin = false) {
        this.name = name;
        this.bind = bind;
        this.afterJoin = afterJoin;
    }
}

class Unseen {
    constructor(reason) {
        this.reason = reason;
    }
}

function unexpected(name, value, kind) {
    const found = value === undefined ? "missing" : value.tag;
    throw new Unseen(reason("UnexpectedType", `${name} is ${found}, it is read as ${kind}`));
}

class Column extends Input {
    constructor(name, kind, absent, convert) {
        requireText(name, "the name of a column");
        const see = (value) => {
            if (value !== undefined) {
                if (value.tag === kind) return convert ? convert(value.val, name) : value.val;
                if (value.tag === "absent") return absent;
            }
            return unexpected(name, value, kind);
        };
        super(name, (reads) => {
            const position = reads.source(name);
            return (at) => see(at.source[position]);
        });
        this.see = see;
    }

    /** The same attribute of the target object: `undefined` where there is none yet. Can be seen only
     * in the mapping, which comes after the join. */
    inTarget() {
        const { name, see } = this;
        const bind = (reads) => {
            const position = reads.target(name);
            return (at) => (at.target === undefined ? undefined : see(at.target[position]));
        };
        return new Input(name, bind, true);
    }
}

function toNumber(integer, name) {
    const number = Number(integer);
    if (!Number.isSafeInteger(number)) {
        throw new Unseen(reason("IntegerTooLarge", `${name} is ${integer}, which is not exact`));
    }
    return number;
}

const NONE = Object.freeze([]);

/** A column of texts, seen as a string or `undefined`. */
export const text = (name) => new Column(name, "text", undefined);
/** A column of booleans, seen as `true`, `false` or `undefined`. */
export const boolean = (name) => new Column(name, "boolean", undefined);
/** A column of whole numbers, seen as a number or `undefined`. */
export const integer = (name) => new Column(name, "integer", undefined, toNumber);
/** A column of sets of texts, seen as a frozen array, empty where there is none. */
export const texts = (name) => new Column(name, "texts", NONE, Object.freeze);
/** A column of references, seen as an id of the source or `undefined`. */
export const referenceTo = (name) => new Column(name, "reference", undefined);
/** A column of sets of references, seen as a frozen array of ids, empty where there is none. */
export const referencesTo = (name) => new Column(name, "references", NONE, Object.freeze);

/** Whether the row has a target object. */
export const JOINED = new Input("JOINED", () => (at) => at.target !== undefined, true);
/** What earlier layers decided for this very attribute, as a change; `undefined` in a first layer. */
export const EARLIER = new Input("EARLIER", () => (at) => at.earlier, true);
/** The time of the run, RFC 3339 in UTC. What depends on it is decided anew in each run. */
export const NOW = new Input("NOW", (reads) => {
    reads.depend({ tag: "time" });
    return (at) => {
        if (at.context.now == null) {
            throw new Unseen(reason("TimeMissing", "the host gave no time, though it is read"));
        }
        return at.context.now;
    };
});
/** The job's name. */
export const JOB = new Input("JOB", () => (at) => at.context.job);
/** The tenant that rows come from: `id`, `displayName`, `initialDomain`, `defaultDomain`,
 * `verifiedDomains`. */
export const SOURCE_TENANT = new Input("SOURCE_TENANT", () => (at) => at.context.source);
/** The tenant that rows go to. */
export const TARGET_TENANT = new Input("TARGET_TENANT", () => (at) => at.context.target);

/** One of the client's own tables, seen as an object whose `get(key)` returns the fields of the line
 * with this key, or `undefined`. */
export function table(name) {
    requireText(name, "the name of a table");
    const seen = Object.freeze({ get: (key) => host.lookup(name, requireText(key, "a key")) ?? undefined });
    return new Input(name, (reads) => {
        reads.depend({ tag: "table", val: name });
        return () => seen;
    });
}

/** What the host offers. Without a host there are no tables and the log goes nowhere. */
let host = { lookup: () => undefined, write: () => {} };

const logger = (level) => (message) => host.write(level, String(message));

/** Writes lines to the host's log. */
export const log = Object.freeze({
    debug: logger("debug"),
    info: logger("info"),
    warn: logger("warn"),
    error: logger("error"),
});

/** What a copy asks for where the source has no value. */
export const Absent = Object.freeze({
    /** That the target has none either. */
    clear: () => Change.clear,
    /** That the target keeps what it has. */
    keep: () => Change.keep,
    /** That a new object has this value, and an existing one keeps what it has. */
    defaultOnCreate: (value) => {
        const change = Change.set(value);
        return (joined) => (joined ? Change.keep : change);
    },
});

class Output {
    constructor(attribute, bind, apply = "always") {
        this.attribute = requireText(attribute, "the name of an attribute");
        this.bind = bind;
        this.apply = apply;
    }

    /** Writes another attribute than the one that is copied. */
    to(attribute) {
        return new Output(attribute, this.bind, this.apply);
    }

    /** Writes only when the object is made. */
    onCreate() {
        return new Output(this.attribute, this.bind, "on-create");
    }

    /** Writes only while the target has no value. */
    whenEmpty() {
        return new Output(this.attribute, this.bind, "when-empty");
    }

    /** Never writes, only reports. */
    reportOnly() {
        return new Output(this.attribute, this.bind, "report-only");
    }
}

/** Returns an output that takes over a column, under the column's own name. The value itself need not
 * cross into the rule, so this is the cheapest output by far. */
export function copy(column, absent = Absent.clear) {
    if (!(column instanceof Column)) misuse("copy takes a column of the source");
    if (typeof absent !== "function") misuse("copy takes one of `Absent`");
    return new Output(column.name, (reads) => {
        const position = reads.copied(column.name);
        const same = Object.freeze({ tag: "same", val: position });
        return (at) =>
            at.source[position].tag === "absent" ? absent(at.target !== undefined) : same;
    });
}

/** Returns an output that is the same for every object. */
export function constant(attribute, value) {
    const change = Change.set(value);
    return new Output(attribute, () => () => change);
}

/** Returns an output that is computed from these inputs, as a `Change`. */
export function compute(attribute, inputs, change) {
    const step = unbound(`output ${attribute}`, inputs, change, toChange);
    return new Output(attribute, step.bind);
}

function toChange(change) {
    return CHANGES.has(change?.tag) ? change : misuse(`an output is ${described(change)}, no Change`);
}

const CHANGES = new Set(["keep", "clear", "set", "first-free", "refuse"]);

/** Prepares a function of inputs, which get their positions only when the ruleset is complete. */
function unbound(what, inputs, compute, check, afterJoin = true) {
    if (!Array.isArray(inputs) || !inputs.every((input) => input instanceof Input)) {
        misuse(`${what}: inputs are a list of columns and other inputs`);
    }
    if (typeof compute !== "function") misuse(`${what}: a function is missing`);
    if (compute.length > inputs.length) {
        misuse(`${what}: the function takes ${compute.length} values, ${inputs.length} inputs are named`);
    }
    const late = afterJoin ? undefined : inputs.find((input) => input.afterJoin);
    if (late) misuse(`${what}: ${late.name} of the target is not known before the join`);
    const bind = (reads) => {
        const looks = inputs.map((input) => input.bind(reads));
        // Spreading a list costs an interpreter more than naming the arguments.
        const [first, second] = looks;
        switch (looks.length) {
            case 0:
                return () => check(compute());
            case 1:
                return (at) => check(compute(first(at)));
            case 2:
                return (at) => check(compute(first(at), second(at)));
        }
        return (at) => check(compute(...looks.map((look) => look(at))));
    };
    return { bind };
}

const KINDS = Object.freeze(["user", "group", "contact"]);
const SHAPES = Object.freeze([
    "internal-member",
    "external-member",
    "guest",
    "contact",
    "security-group",
    "unified-group",
]);

/** All that a rule decides about one kind of object. A stage to which nothing was added is not declared,
 * and the host never asks for it. Every method returns a new ruleset, so that one can be built upon. */
class Ruleset {
    constructor(parts) {
        Object.assign(this, parts);
        Object.freeze(this);
    }

    #with(parts) {
        return new Ruleset({ ...this, ...parts });
    }

    /** Decides scope with a `Verdict`. Of several verdicts about an object the strictest counts. */
    scope(inputs, verdict) {
        const check = (answer) =>
            STRICTNESS[answer?.tag] === undefined
                ? misuse(`scope is ${described(answer)}, no Verdict`)
                : answer;
        return this.#with({ scopes: [...this.scopes, unbound("scope", inputs, verdict, check, false)] });
    }

    /** Gives match keys of one tier for one target attribute: a text, a list of texts, or nothing.
     * Lower tiers are tried first; `mail` stands for every address of an object. */
    key(tier, attribute, inputs, keys) {
        if (!Number.isInteger(tier) || tier < 0 || tier > 255) misuse("a tier is from 0 to 255");
        requireText(attribute, "the attribute of a key");
        const check = (answer) => {
            if (answer === undefined || answer === null) return NONE;
            const values = Array.isArray(answer) ? answer : [answer];
            for (const value of values) {
                if (requireText(value, "a key") === "") misuse("a key is empty");
            }
            return values;
        };
        const step = unbound(`key ${attribute}`, inputs, keys, check, false);
        return this.#with({ keys: [...this.keys, { tier, attribute, step }] });
    }

    /** Takes back all match keys. */
    withoutKeys() {
        return this.#with({ keys: [] });
    }

    #gate(tag, inputs, reasonOf) {
        const check = (answer) => {
            if (answer === undefined || answer === null) return undefined;
            return { tag, val: reason(answer.code, answer.text) };
        };
        return this.#with({ gates: [...this.gates, unbound(tag, inputs, reasonOf, check)] });
    }

    /** Skips an object where there is a `reason` to: nothing is done for it. */
    skip(inputs, reasonOf) {
        return this.#gate("skip", inputs, reasonOf);
    }

    /** Holds an object where there is a `reason` to: it cannot be decided and stays as it is. */
    hold(inputs, reasonOf) {
        return this.#gate("hold", inputs, reasonOf);
    }

    /** Makes every new object of this shape: `internal-member`, `external-member`, `guest`, `contact`,
     * `security-group` or `unified-group`. */
    shape(shape) {
        return this.shapeFrom([], () => shape);
    }

    /** Decides what a new object becomes. */
    shapeFrom(inputs, shapeOf) {
        const check = (shape) =>
            SHAPES.includes(shape) ? shape : misuse(`a shape is one of ${SHAPES.join(", ")}`);
        return this.#with({ shapeStep: unbound("shape", inputs, shapeOf, check) });
    }

    /** Takes back the shape, for a layer above another one that gives it. */
    withoutShape() {
        return this.#with({ shapeStep: undefined });
    }

    /** Writes attributes, each in place of an earlier output of the same attribute. */
    outputs(...outputs) {
        const all = new Map(this.written.map((output) => [output.attribute, output]));
        for (const output of outputs) {
            if (!(output instanceof Output)) misuse("an output comes from copy, constant or compute");
            all.set(output.attribute, output);
        }
        return this.#with({ written: [...all.values()] });
    }

    /** Takes back an output. */
    withoutOutput(attribute) {
        return this.#with({ written: this.written.filter((output) => output.attribute !== attribute) });
    }
}

/** Returns a ruleset for a kind of object (`user`, `group` or `contact`) that decides nothing yet. */
export function ruleset(kind) {
    if (!KINDS.includes(kind)) misuse(`a kind is one of ${KINDS.join(", ")}`);
    return new Ruleset({ kind, scopes: [], keys: [], gates: [], shapeStep: undefined, written: [] });
}

/** The columns of a ruleset as they are being declared, and the dependencies of one function. */
class Reads {
    sources = [];
    targets = [];
    looked = new Set();
    dependencies = [];

    source(name) {
        const position = this.copied(name);
        this.looked.add(position);
        return position;
    }

    copied(name) {
        const position = positionIn(this.sources, name);
        this.depend({ tag: "source", val: position });
        return position;
    }

    target(name) {
        const position = positionIn(this.targets, name);
        this.depend({ tag: "target", val: position });
        return position;
    }

    depend(dependency) {
        depend(this.dependencies, dependency);
    }

    /** Binds a function; what it depends on is added to what its stage or output depends on. */
    bind(step, inputs) {
        this.dependencies = inputs;
        return step.bind(this);
    }
}

function depend(list, { tag, val }) {
    if (!list.some((known) => known.tag === tag && known.val === val)) list.push({ tag, val });
}

function positionIn(names, name) {
    const found = names.indexOf(name);
    return found === -1 ? names.push(name) - 1 : found;
}

/** Gives every input its position. Returns what the host is told, and what decides. */
function bind(declared) {
    const reads = new Reads();
    const scopingInputs = [];
    const scopes = declared.scopes.map((scope) => reads.bind(scope, scopingInputs));
    const matchingInputs = [];
    const attributes = [];
    const keys = declared.keys.map(({ tier, attribute, step }) => ({
        tier,
        attribute: positionIn(attributes, attribute),
        values: reads.bind(step, matchingInputs),
    }));
    // A copied value that only scope or keys look at is still not seen by the mapping.
    reads.looked.clear();
    const inputs = [];
    const gates = declared.gates.map((gate) => reads.bind(gate, inputs));
    const shape = declared.shapeStep && reads.bind(declared.shapeStep, inputs);
    const wishes = [];
    const outputs = declared.written.map((output) => {
        const dependencies = [];
        wishes.push(reads.bind(output, dependencies));
        return { attribute: output.attribute, apply: output.apply, inputs: dependencies };
    });
    const handedOn = new Set();
    for (const output of outputs) {
        for (const { tag, val } of output.inputs) {
            if (tag === "source" && !reads.looked.has(val)) handedOn.add(val);
        }
    }
    const mapped = gates.length + outputs.length > 0 || shape !== undefined;
    const description = {
        kind: declared.kind,
        reads: reads.sources,
        targetReads: reads.targets,
        scoping: scopes.length > 0 ? { inputs: scopingInputs } : undefined,
        matching: keys.length > 0 ? { attributes, inputs: matchingInputs } : undefined,
        mapping: mapped
            ? { inputs, outputs, givesShape: shape !== undefined, unseen: [...handedOn] }
            : undefined,
    };
    return { kind: declared.kind, description, scopes, keys, gates, shape, wishes };
}

/** Why a function gave no answer. */
function failed(error) {
    if (error instanceof Unseen) return error.reason;
    let message = String(error);
    if (!isWellFormed(message)) message = "an error whose message is no text";
    return reason("RuleException", message);
}

function verdictOn(part, at) {
    let verdict = Verdict.inScope;
    for (const scope of part.scopes) {
        let next;
        try {
            next = scope(at);
        } catch (error) {
            next = { tag: "hold", val: failed(error) };
        }
        if (STRICTNESS[next.tag] > STRICTNESS[verdict.tag]) verdict = next;
    }
    return verdict;
}

function keysOf(part, at) {
    try {
        const val = [];
        for (const { tier, attribute, values } of part.keys) {
            for (const value of values(at)) val.push({ attribute, value, tier });
        }
        return { tag: "ok", val };
    } catch (error) {
        return { tag: "err", val: failed(error) };
    }
}

function outcomeOf(part, at, earlier) {
    try {
        for (const gate of part.gates) {
            const stopped = gate(at);
            if (stopped) return stopped;
        }
        const shape = part.shape?.(at);
        const changes = [];
        for (let index = 0; index < part.wishes.length; index++) {
            at.earlier = earlier[index];
            try {
                changes.push(part.wishes[index](at));
            } catch (error) {
                if (!(error instanceof Unseen)) throw error;
                changes.push({ tag: "refuse", val: error.reason });
            }
        }
        return { tag: "write", val: { shape, changes } };
    } catch (error) {
        return { tag: "hold", val: failed(error) };
    }
}

/**
 * A rule: `name`, `version`, `summary`, and `rulesets`, a function from settings to a list of rulesets.
 *
 * `settings` gives the settings with their defaults. A project may set a text, a boolean or a whole
 * number where the default is one, a list of texts where it is a list, and a part of an object where it
 * is an object; for more see `oneOf` and `listOf`. Anything else is an error that names the setting.
 */
export function rule({ name, version, summary, settings = {}, rulesets }) {
    for (const [key, value] of Object.entries({ name, version, summary })) requireText(value, key);
    if (typeof rulesets !== "function") misuse("rulesets is a function from settings to rulesets");
    return Object.freeze({ name, version, summary, settings, rulesets });
}

class OneOf {
    constructor(values) {
        this.values = values;
    }
}

class ListOf {
    constructor(item, items) {
        this.item = item;
        this.items = items;
    }
}

/** A setting that is one of these texts; the first one is the default. */
export const oneOf = (...values) => new OneOf(values);
/** A setting that is a list of such items, none by default. In an item every key must be given. */
export const listOf = (item) => new ListOf(item, []);
/** The setting `nulls`: whether a copied value that the source no longer has is cleared or kept. */
export const NULLS = oneOf("clear", "keep");

function readSettings(json, specification) {
    if (json.trim() === "") return defaults(specification);
    let value;
    try {
        value = JSON.parse(json);
    } catch (error) {
        throw new SettingsError("", error.message);
    }
    return readSetting(value, specification, "", true);
}

function defaults(specification) {
    if (specification instanceof OneOf) return specification.values[0];
    if (specification instanceof ListOf) return specification.items;
    if (specification === null || typeof specification !== "object") return specification;
    if (Array.isArray(specification)) return specification;
    return Object.fromEntries(
        Object.entries(specification).map(([key, part]) => [key, defaults(part)]),
    );
}

function readSetting(value, specification, path, optional) {
    const wrong = (wanted) => {
        throw new SettingsError(path, `${JSON.stringify(value)} is not ${wanted}`);
    };
    const each = (item, optional) =>
        Array.isArray(value)
            ? value.map((one, index) => readSetting(one, item, `${path}[${index}]`, optional))
            : wrong("a list");
    if (specification instanceof OneOf) {
        return specification.values.includes(value)
            ? value
            : wrong(`one of ${specification.values.join(", ")}`);
    }
    if (specification instanceof ListOf) return each(specification.item, false);
    if (Array.isArray(specification)) return each("", true);
    switch (typeof specification) {
        case "string":
            return typeof value === "string" ? value : wrong("a text");
        case "boolean":
            return typeof value === "boolean" ? value : wrong("true or false");
        case "number":
            return Number.isSafeInteger(value) ? value : wrong("a whole number");
    }
    if (value === null || typeof value !== "object" || Array.isArray(value)) wrong("an object");
    const below = (key) => (path === "" ? key : `${path}.${key}`);
    for (const key of Object.keys(value)) {
        if (!Object.hasOwn(specification, key)) {
            const known = Object.keys(specification);
            const instead = known.length > 0 ? `there are ${known.join(", ")}` : "there are none";
            throw new SettingsError(below(key), `unknown setting, ${instead}`);
        }
    }
    const read = ([key, part]) => {
        if (Object.hasOwn(value, key)) {
            return [key, readSetting(value[key], part, below(key), optional)];
        }
        if (optional) return [key, defaults(part)];
        throw new SettingsError(below(key), "is missing");
    };
    return Object.fromEntries(Object.entries(specification).map(read));
}

function configured(rule, json) {
    const rulesets = rule.rulesets(readSettings(json, rule.settings));
    if (!Array.isArray(rulesets)) misuse("rulesets returned no list");
    const parts = rulesets.map((ruleset) =>
        ruleset instanceof Ruleset ? bind(ruleset) : misuse("rulesets returned what is no ruleset"),
    );
    const { name, version, summary } = rule;
    const description = { name, version, summary, rulesets: parts.map((part) => part.description) };
    return { description, parts };
}

/** Makes a rule into what the host calls: the exports of the world `rule`. `offered` has the host's
 * functions `lookup` and `write`. */
export function component(rule, offered) {
    host = offered;
    let parts = [];
    const frozen = (tenant) => {
        Object.freeze(tenant.verifiedDomains);
        return Object.freeze(tenant);
    };
    /** Asks `answer` about each row. Rows come before the join unless `joined`. */
    const about = (context, rows, answer) => {
        const part = parts.find(({ kind }) => kind === context.kind);
        if (part === undefined) {
            throw { code: "UndeclaredStage", text: `the rule has no ruleset for a ${context.kind}` };
        }
        const { job, now } = context;
        const seen = { job, now, source: frozen(context.source), target: frozen(context.target) };
        const at = { context: seen, source: NONE, target: undefined, earlier: undefined };
        return rows.map((row) => answer(part, at, row));
    };
    return {
        manifest: {
            configure(settings) {
                try {
                    const program = configured(rule, settings);
                    parts = program.parts;
                    return program.description;
                } catch (error) {
                    // What is wrong may be the rule rather than a setting; both must be read.
                    const path = error instanceof SettingsError ? error.path : "";
                    const message = error instanceof SettingsError ? error.message : String(error);
                    throw { path, message };
                }
            },
        },
        scoping: {
            decide: (context, rows) =>
                about(context, rows, (part, at, row) => {
                    at.source = row.source;
                    return verdictOn(part, at);
                }),
        },
        matching: {
            keys: (context, rows) =>
                about(context, rows, (part, at, row) => {
                    at.source = row.source;
                    return keysOf(part, at);
                }),
        },
        mapping: {
            apply: (context, rows) =>
                about(context, rows, (part, at, { row, earlier }) => {
                    at.source = row.source;
                    at.target = row.target ?? undefined;
                    at.earlier = undefined;
                    return outcomeOf(part, at, earlier);
                }),
        },
    };
}

/**
 * Tries a rule without WebAssembly, for unit tests. Rows are objects from attribute to value; what they
 * do not name is absent, and what the rule does not read it does not see.
 *
 *     const harbour = trial(rule, { settings: { company: "Harbour" } });
 *     harbour.scope("user", { department: "Visitors" });   // { tag: "out-of-scope", val: { code, text } }
 *     harbour.keys("user", { mail: "a@b.example" });       // [{ tier: 0, attribute: "mail", value }]
 *     harbour.map("user", { city: "Oslo" }).changes.city;  // { tag: "set", val: "Oslo" }
 *
 * `tables` is an object from table to an object from key to a list of fields.
 */
export function trial(rule, { settings, tables = {}, now, job = "contoso-to-fabrikam" } = {}) {
    const lines = [];
    const exports = component(rule, {
        lookup: (table, key) => (Object.hasOwn(tables[table] ?? {}, key) ? tables[table][key] : undefined),
        write: (level, message) => lines.push(`${level}: ${message}`),
    });
    const answered = (call) => {
        try {
            return call();
        } catch (error) {
            if (error.path === undefined) throw error;
            throw new SettingsError(error.path, error.message);
        }
    };
    const json = settings === undefined ? "" : JSON.stringify(settings);
    const description = answered(() => exports.manifest.configure(json));
    const tenant = (name, displayName) => ({
        id: `${name}-tenant`,
        displayName,
        initialDomain: `${name}.onmicrosoft.com`,
        defaultDomain: `${name}.com`,
        verifiedDomains: [`${name}.com`, `${name}.onmicrosoft.com`],
    });
    const context = (kind) => ({
        job,
        kind,
        now,
        source: tenant("contoso", "Contoso"),
        target: tenant("fabrikam", "Fabrikam"),
    });
    const of = (kind) => {
        const found = description.rulesets.find((ruleset) => ruleset.kind === kind);
        return found ?? misuse(`the rule has no ruleset for a ${kind}`);
    };
    /** Values by position, as the host gives them: what a stage did not ask to see is withheld. */
    const row = (names, object, inputs, tag, unseen = []) =>
        names.map((name, position) => {
            const value = object[name];
            if (value === undefined || value === null) return ABSENT;
            const wanted = inputs.some((input) => input.tag === tag && input.val === position);
            if (!wanted || unseen.includes(position)) return { tag: "withheld" };
            return toValue(value);
        });
    const named = (change, source, reads) => {
        if (change.tag === "same") return { tag: "set", val: source[reads[change.val]] };
        return change.tag === "set" ? { tag: "set", val: change.val.val } : change;
    };
    return {
        /** What the rule says of itself. */
        description,
        /** What it has written to the log. */
        lines,
        /** The verdict on an object. */
        scope(kind, source) {
            const { reads, scoping } = of(kind);
            const rows = [{ source: row(reads, source, scoping?.inputs ?? [], "source") }];
            return exports.scoping.decide(context(kind), rows)[0];
        },
        /** The keys of an object, or the reason for which it is held. */
        keys(kind, source) {
            const { reads, matching } = of(kind);
            const rows = [{ source: row(reads, source, matching?.inputs ?? [], "source") }];
            const { tag, val } = exports.matching.keys(context(kind), rows)[0];
            if (tag === "err") return val;
            return val.map((key) => ({ ...key, attribute: matching.attributes[key.attribute] }));
        },
        /** The outcome for an object: `outcome` is `write`, `skip` or `hold`, with `shape` and
         * `changes` by attribute, or with a `reason`. `earlier` is what an earlier layer decided. */
        map(kind, source, target, earlier) {
            const { reads, targetReads, mapping } = of(kind);
            const inputs = mapping.inputs.concat(...mapping.outputs.map((output) => output.inputs));
            const rowSeen = {
                source: row(reads, source, inputs, "source", mapping.unseen),
                target: target && row(targetReads, target, inputs, "target"),
            };
            const decided = earlier
                ? mapping.outputs.map(({ attribute }) => earlier[attribute] ?? Change.keep)
                : [];
            const rows = [{ row: rowSeen, earlier: decided }];
            const { tag, val } = exports.mapping.apply(context(kind), rows)[0];
            if (tag !== "write") return { outcome: tag, reason: val };
            const changes = Object.fromEntries(
                mapping.outputs.map(({ attribute }, index) => [
                    attribute,
                    named(val.changes[index], source, reads),
                ]),
            );
            return { outcome: "write", shape: val.shape, changes };
        },
    };
}
