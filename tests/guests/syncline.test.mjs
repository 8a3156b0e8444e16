/** The library for authors in JavaScript, by what the host is told and answered. */

import assert from "node:assert/strict";
import { test } from "node:test";

import {
    Absent, Change, EARLIER, JOB, JOINED, NOW, NULLS, SOURCE_TENANT, SettingsError, TARGET_TENANT, Verdict, boolean,
    compute, constant, copy, integer, listOf, log, oneOf, reason, reference, referenceTo, references, referencesTo, rule,
    ruleset, table, text, texts, trial,
} from "../../host/author/templates/javascript/syncline.mjs";

const CITY = text("city");
const DEPARTMENT = text("department");
const MAIL = text("mail");

/** A rule of one ruleset for users. */
function ofUsers(users, more = {}) {
    return rule({ name: "tried", version: "1", summary: "is tried", rulesets: () => [users], ...more });
}

/** What a rule makes of one computed output. */
function computed(change, source = {}, inputs = []) {
    return trial(ofUsers(ruleset("user").outputs(compute("department", inputs, change)))).map("user", source);
}

test("what is read, and from what each value follows, is derived from the inputs that are named", () => {
    const users = ruleset("user")
        .scope([DEPARTMENT], () => Verdict.inScope)
        .key(0, "mail", [MAIL, table("aliases")], (mail) => mail)
        .key(1, "userPrincipalName", [MAIL], (mail) => mail)
        .key(1, "mail", [CITY], () => undefined)
        .skip([JOINED, MAIL], () => undefined)
        .shape("guest")
        .outputs(
            copy(CITY),
            copy(DEPARTMENT).to("companyName").onCreate(),
            compute("jobTitle", [DEPARTMENT, CITY.inTarget(), NOW], () => Change.keep).whenEmpty(),
            constant("country", "Norway").reportOnly(),
            copy(text("state")),
        );
    const source = (val) => ({ tag: "source", val });
    const [described] = trial(ofUsers(users)).description.rulesets;
    assert.deepEqual(described, {
        kind: "user",
        reads: ["department", "mail", "city", "state"],
        targetReads: ["city"],
        scoping: { inputs: [source(0)] },
        matching: {
            attributes: ["mail", "userPrincipalName"],
            inputs: [source(1), { tag: "table", val: "aliases" }, source(2)],
        },
        mapping: {
            inputs: [source(1)],
            outputs: [
                { attribute: "city", apply: "always", inputs: [source(2)] },
                { attribute: "companyName", apply: "on-create", inputs: [source(0)] },
                {
                    attribute: "jobTitle",
                    apply: "when-empty",
                    inputs: [source(0), { tag: "target", val: 0 }, { tag: "time", val: undefined }],
                },
                { attribute: "country", apply: "report-only", inputs: [] },
                { attribute: "state", apply: "always", inputs: [source(3)] },
            ],
            givesShape: true,
            // Department is looked at; city and state are only handed on.
            unseen: [2, 3],
        },
    });
});

test("a stage to which nothing was added is not declared", () => {
    const [described] = trial(ofUsers(ruleset("user").scope([], () => Verdict.inScope))).description.rulesets;
    assert.equal(described.matching, undefined);
    assert.equal(described.mapping, undefined);
});

test("a copy names the column, and asks for what was said where there is no value", () => {
    const users = ruleset("user").outputs(
        copy(CITY),
        copy(DEPARTMENT, Absent.keep),
        copy(text("country"), Absent.defaultOnCreate("Norway")),
    );
    const { map } = trial(ofUsers(users));
    assert.deepEqual(map("user", { city: "Oslo", department: "Sales", country: "Sweden" }).changes, {
        city: { tag: "set", val: "Oslo" },
        department: { tag: "set", val: "Sales" },
        country: { tag: "set", val: "Sweden" },
    });
    const clear = { tag: "clear" };
    const keep = { tag: "keep" };
    const created = { city: clear, department: keep, country: { tag: "set", val: "Norway" } };
    assert.deepEqual(map("user", {}).changes, created);
    assert.deepEqual(map("user", {}, {}).changes, { ...created, country: keep });
});

test("each sort of value is seen as itself and set as itself", () => {
    const echo = (column, value) => computed((seen) => Change.set(seen), { [column.name]: value }, [column]).changes.department;
    assert.deepEqual(echo(boolean("accountEnabled"), false), { tag: "set", val: false });
    assert.deepEqual(echo(integer("age"), 7), { tag: "set", val: 7n });
    assert.deepEqual(echo(texts("phones"), ["b", "a", "b"]), { tag: "set", val: ["a", "b"] });
    const boss = computed((id) => Change.set(reference(id)), { manager: reference("m1") }, [referenceTo("manager")]);
    assert.deepEqual(boss.changes.department, { tag: "set", val: "m1" });
    const all = computed((ids) => Change.set(references(ids)), { owners: references(["b", "a"]) }, [referencesTo("owners")]);
    assert.deepEqual(all.changes.department, { tag: "set", val: ["a", "b"] });
    const none = computed((one, many) => Change.set(`${one} ${many.length}`), {}, [CITY, texts("phones")]);
    assert.deepEqual(none.changes.department, { tag: "set", val: "undefined 0" });
});

test("sets are in the order of code points", () => {
    const { changes } = computed(() => Change.set(["\u{1f600}", "\uffff", "z"]));
    assert.deepEqual(changes.department.val, ["z", "\uffff", "\u{1f600}"]);
});

test("a set that a rule sees cannot be changed for the next function", () => {
    const pushed = computed((phones) => Change.set(phones.push("a") && phones), { phones: ["b"] }, [texts("phones")]);
    assert.equal(pushed.reason.code, "RuleException");
});

test("an exception holds its object, and the others go on", () => {
    const throwing = (value) => {
        if (value === "bad") throw new RangeError("cannot be");
    };
    const users = ruleset("user")
        .scope([CITY], (city) => throwing(city) ?? Verdict.inScope)
        .key(0, "mail", [CITY], (city) => throwing(city) ?? "a@b.example")
        .outputs(compute("department", [DEPARTMENT], (department) => throwing(department) ?? Change.keep));
    const tried = trial(ofUsers(users));
    const held = { code: "RuleException", text: "RangeError: cannot be" };
    assert.deepEqual(tried.scope("user", { city: "bad" }), { tag: "hold", val: held });
    assert.deepEqual(tried.scope("user", { city: "good" }), { tag: "in-scope" });
    assert.deepEqual(tried.keys("user", { city: "bad" }), held);
    assert.deepEqual(tried.map("user", { department: "bad" }), { outcome: "hold", reason: held });
    assert.equal(tried.map("user", { department: "good" }).outcome, "write");
});

test("an answer that is none holds its object", () => {
    for (const answer of [undefined, null, "text", {}, Promise.resolve(Change.keep)]) {
        assert.equal(computed(() => answer).reason.code, "RuleException");
    }
    for (const value of [undefined, null, 1.5, NaN, 2 ** 60, 2n ** 63n, {}, "\ud800", ["a", 1]]) {
        assert.equal(computed(() => Change.set(value)).reason.code, "RuleException", String(value));
    }
    const { scope } = trial(ofUsers(ruleset("user").scope([], () => true)));
    assert.equal(scope("user", {}).val.code, "RuleException");
    const { keys } = trial(ofUsers(ruleset("user").key(0, "mail", [], () => "")));
    assert.equal(keys("user", {}).text, "TypeError: a key is empty");
});

test("a value of another sort refuses the attribute that needed it", () => {
    const { outcome, changes } = computed(() => Change.keep, { city: true }, [CITY]);
    assert.equal(outcome, "write");
    assert.deepEqual(changes.department.val, {
        code: "UnexpectedType",
        text: "city is boolean, it is read as text",
    });
});

test("of several verdicts the strictest counts, of several outcomes the first", () => {
    const users = ruleset("user")
        .scope([], () => Verdict.out("Out", "out"))
        .scope([], () => Verdict.hold("Hold", "hold"))
        .scope([], () => Verdict.inScope)
        .skip([], () => undefined)
        .hold([CITY], (city) => (city ? undefined : reason("NoCity", "no city")))
        .skip([], () => reason("Skipped", "skipped"));
    const tried = trial(ofUsers(users));
    assert.equal(tried.scope("user", {}).val.code, "Hold");
    assert.deepEqual(tried.map("user", {}), { outcome: "hold", reason: { code: "NoCity", text: "no city" } });
    assert.equal(tried.map("user", { city: "Oslo" }).outcome, "skip");
});

test("a ruleset that is built upon stays as it was", () => {
    const base = ruleset("user").key(0, "mail", [MAIL], (mail) => mail).shape("guest").outputs(copy(CITY), constant("country", "NO"));
    const other = base.outputs(constant("city", "Oslo")).withoutOutput("country").withoutKeys().withoutShape();
    assert.deepEqual(Object.keys(trial(ofUsers(base)).map("user", { city: "Rome" }).changes), ["city", "country"]);
    const { shape, changes } = trial(ofUsers(other)).map("user", { city: "Rome" });
    assert.equal(shape, undefined);
    assert.deepEqual(changes, { city: { tag: "set", val: "Oslo" } });
});

test("tenants, job, time, tables, earlier layers and the target can be seen", () => {
    const inputs = [SOURCE_TENANT, TARGET_TENANT, JOB, NOW, table("offices"), CITY, CITY.inTarget(), EARLIER, JOINED];
    const users = ruleset("user").outputs(
        compute("department", inputs, (source, target, job, now, offices, city, targetCity, earlier, joined) => {
            log.info(`${job} at ${now}`);
            const words = [source.displayName, target.initialDomain, offices.get(city), targetCity, earlier?.tag, joined];
            return Change.set(words.join(" "));
        }),
    );
    const tried = trial(ofUsers(users), { tables: { offices: { Oslo: ["0150", "Norway"] } }, now: "2026-01-01T00:00:00Z" });
    const { changes } = tried.map("user", { city: "Oslo" }, { city: "Bergen" }, { department: Change.clear });
    assert.equal(changes.department.val, "Contoso fabrikam.onmicrosoft.com 0150,Norway Bergen clear true");
    assert.deepEqual(tried.lines, ["info: contoso-to-fabrikam at 2026-01-01T00:00:00Z"]);
    assert.equal(tried.map("user", { city: "Rome" }).changes.department.val, "Contoso fabrikam.onmicrosoft.com    false");
    const timeless = trial(ofUsers(users)).map("user", {});
    assert.equal(timeless.changes.department.val.code, "TimeMissing");
});

test("a mistake of the author is told when the rule is configured", () => {
    const told = (users) => {
        let said;
        assert.throws(() => trial(rule({ name: "n", version: "1", summary: "s", rulesets: () => [users()] })), (error) => {
            said = error.message;
            return error instanceof SettingsError && error.path === "";
        });
        return said;
    };
    assert.match(told(() => ruleset("user").scope([CITY.inTarget()], () => Verdict.inScope)), /city of the target is not known before/);
    assert.match(told(() => ruleset("user").scope([CITY], (city, department) => Verdict.inScope)), /takes 2 values, 1 inputs are named/);
    assert.match(told(() => ruleset("user").scope(["city"], () => Verdict.inScope)), /inputs are a list of columns/);
    assert.match(told(() => ruleset("users")), /a kind is one of user, group, contact/);
    assert.match(told(() => ruleset("user").key(256, "mail", [], () => "a")), /a tier is from 0 to 255/);
    assert.match(told(() => ruleset("user").outputs(copy(CITY.inTarget()))), /copy takes a column of the source/);
    assert.match(told(() => ({})), /what is no ruleset/);
});

test("settings have defaults, and a wrong one is named with its path", () => {
    const specification = {
        company: "Contoso", size: 3, strict: false, names: ["a"], nulls: NULLS, mode: oneOf("one", "two"),
        region: { code: "EU" }, regions: listOf({ code: "", weight: 1 }),
    };
    const read = (settings) => {
        let seen;
        const settled = rule({ name: "n", version: "1", summary: "s", settings: specification, rulesets: (given) => {
            seen = given;
            return [];
        } });
        trial(settled, { settings });
        return seen;
    };
    const defaults = {
        company: "Contoso", size: 3, strict: false, names: ["a"], nulls: "clear", mode: "one", region: { code: "EU" }, regions: [],
    };
    assert.deepEqual(read(undefined), defaults);
    assert.deepEqual(read({}), defaults);
    const given = { company: "N", names: [], nulls: "keep", region: {}, regions: [{ code: "US", weight: 2 }] };
    assert.deepEqual(read(given), { ...defaults, ...given, region: { code: "EU" } });
    const wrong = (settings, path, message) => assert.throws(() => read(settings), (error) => {
        assert.equal(error.path, path);
        assert.match(error.message, message);
        return true;
    });
    wrong({ compny: "N" }, "compny", /unknown setting, there are company, size/);
    wrong({ company: null }, "company", /null is not a text/);
    wrong({ size: 1.5 }, "size", /1.5 is not a whole number/);
    wrong({ strict: "yes" }, "strict", /"yes" is not true or false/);
    wrong({ names: ["a", 7] }, "names[1]", /7 is not a text/);
    wrong({ mode: "three" }, "mode", /"three" is not one of one, two/);
    wrong({ region: { cod: "x" } }, "region.cod", /unknown setting/);
    wrong({ regions: [{ code: "EU", weight: 1 }, { code: 7, weight: 1 }] }, "regions[1].code", /7 is not a text/);
    wrong({ regions: [{ code: "EU" }] }, "regions[0].weight", /is missing/);
    wrong([], "", /\[\] is not an object/);
    wrong({ toString: 1 }, "toString", /unknown setting/);
});
