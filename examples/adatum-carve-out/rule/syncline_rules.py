"""Write a Syncline rule in Python: one file, no dependencies.

A rule decides who is in scope, who is the same person on the other side, and what each attribute
becomes. It is pure: it sees the rows that it is given, the client's own tables and nothing else, and
the same row gives the same answer, whatever else is asked.

    from syncline_rules import Change, Rule, Ruleset, Verdict, compute, constant, copy, text

    CITY = text("city")
    DEPARTMENT = text("department")
    MAIL = text("mail")


    def rulesets(settings):
        company = settings["company"]

        def stays(department):
            if department == "Visitors":
                return Verdict.out("Visitor", "visitors are not brought over")
            return Verdict.in_scope

        def named(department):
            return Change.set(f"{company} {department}") if department else Change.keep

        users = (
            Ruleset("user")
            .scope([DEPARTMENT], stays)
            .key(0, "mail", [MAIL], lambda mail: mail)
            .shape("external-member")
            .outputs(
                copy(CITY),
                constant("companyName", company),
                compute("department", [DEPARTMENT], named),
            )
        )
        return [users]


    RULE = Rule(
        name="harbour",
        version="1.0.0",
        summary="Brings the harbour's people over",
        settings={"company": "Harbour"},
        rulesets=rulesets,
    )

Every function names its inputs and is given their values in that order, and nothing else. So what a
rule reads, and what each value depends on, is derived and never declared by hand.

A function that raises holds its object with the code `RuleException`; the other objects go on.
"""

import json
from collections import namedtuple

try:
    # Inside a component, generated from the contract.
    from componentize_py_types import Err, Ok
    from wit_world.exports import manifest, mapping, matching, scoping
    from wit_world.imports import log as host_log
    from wit_world.imports import tables as host_tables
    from wit_world.imports import types
except ImportError:
    # On the author's machine the same words, so that a rule is tried as it will be called.
    from dataclasses import make_dataclass
    from enum import Enum
    from types import SimpleNamespace

    def _records(**fields):
        made = {name: make_dataclass(name, names.split()) for name, names in fields.items()}
        return SimpleNamespace(**made)

    class Err(Exception):
        def __init__(self, value):
            super().__init__(value)
            self.value = value

    Ok = make_dataclass("Ok", ["value"])

    types = _records(
        Value_Absent="",
        Value_Text="value",
        Value_Boolean="value",
        Value_Integer="value",
        Value_Texts="value",
        Value_Reference="value",
        Value_References="value",
        Value_Withheld="",
        Reason="code text",
        Tenant="id display_name initial_domain default_domain verified_domains",
        Context="job kind now source target",
        Row="source target",
    )
    types.ObjectKind = Enum("ObjectKind", "USER GROUP CONTACT", start=0)
    manifest = _records(
        Input_Source="value",
        Input_Target="value",
        Input_Table="value",
        Input_Time="",
        Output="attribute apply inputs",
        ScopingStage="inputs",
        MatchingStage="attributes inputs",
        MappingStage="inputs outputs gives_shape unseen",
        Ruleset="kind reads target_reads scoping matching mapping",
        Description="name version summary rulesets",
        SettingsError="path message",
    )
    manifest.Apply = Enum("Apply", "ALWAYS ON_CREATE WHEN_EMPTY REPORT_ONLY", start=0)
    scoping = _records(Verdict_InScope="", Verdict_OutOfScope="value", Verdict_Hold="value")
    matching = _records(Key="attribute value tier")
    mapping = _records(
        Change_Keep="",
        Change_Clear="",
        Change_Set="value",
        Change_Same="value",
        Change_FirstFree="value",
        Change_Refuse="value",
        Mapped="shape changes",
        Outcome_Write="value",
        Outcome_Skip="value",
        Outcome_Hold="value",
        MappingRow="row earlier",
    )
    mapping.Shape = Enum(
        "Shape",
        "INTERNAL_MEMBER EXTERNAL_MEMBER GUEST CONTACT SECURITY_GROUP UNIFIED_GROUP",
        start=0,
    )
    host_tables = SimpleNamespace(lookup=lambda table, key: None)
    host_log = SimpleNamespace(
        write=lambda level, message: None,
        Level=Enum("Level", "DEBUG INFO WARN ERROR", start=0),
    )


class SettingsError(Exception):
    """A setting that is wrong: where, as in `regions[3].code`, and how. Raised from `rulesets`."""

    def __init__(self, path, message):
        super().__init__(message)
        self.path = path
        self.message = message


class _Unseen(Exception):
    """A value that a function cannot be given."""

    def __init__(self, code, text):
        super().__init__(text)
        self.reason = types.Reason(code, text)


def _required_text(value, what):
    if not isinstance(value, str):
        raise TypeError(f"{what} is a text, not {_described(value)}")
    if not value.isascii() and not _is_well_formed(value):
        raise TypeError(f"{what} has half of a surrogate pair")
    # A subclass of `str` would not cross the boundary.
    return value if type(value) is str else str.__str__(value)


def _is_well_formed(value):
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _described(value):
    return "None" if value is None else f"of type {type(value).__name__}"


def reason(code, text):
    """Returns a reason: a stable code for filters, as in `MissingValues`, and a sentence for people."""
    return types.Reason(_required_text(code, "a code"), _required_text(text, "a reason"))


class Verdict:
    """What `scope` answers."""

    #: The object is kept in step.
    in_scope = scoping.Verdict_InScope()

    @staticmethod
    def out(code, text):
        """The object is not kept in step."""
        return scoping.Verdict_OutOfScope(reason(code, text))

    @staticmethod
    def hold(code, text):
        """Nothing can be said: the object stays as it is."""
        return scoping.Verdict_Hold(reason(code, text))


_STRICTNESS = {scoping.Verdict_InScope: 0, scoping.Verdict_OutOfScope: 1, scoping.Verdict_Hold: 2}

_ABSENT = types.Value_Absent()


class Reference:
    """Another object as a value, by its id in the source; the host turns it into the target's."""

    def __init__(self, id):
        self._value = types.Value_Reference(_required_text(id, "an id"))


class References:
    """Several objects as a value, by their ids in the source."""

    def __init__(self, ids):
        ids = _to_set(ids)
        self._value = types.Value_References(ids) if ids else _ABSENT


def _to_set(texts):
    if isinstance(texts, str):
        raise TypeError("a set of texts is a list, not one text")
    # Python compares texts by code points, as the contract does.
    return sorted({_required_text(text, "an item of a set") for text in texts})


def _to_value(value):
    if isinstance(value, str):
        return types.Value_Text(_required_text(value, "a value"))
    if isinstance(value, bool):
        return types.Value_Boolean(value)
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise TypeError(f"{value} is too large")
        return types.Value_Integer(int(value))
    if isinstance(value, (list, tuple, set, frozenset)):
        texts = _to_set(value)
        return types.Value_Texts(texts) if texts else _ABSENT
    if isinstance(value, (Reference, References)):
        return value._value
    raise TypeError(
        f"a value is {_described(value)}; say Change.clear or Change.keep for none"
    )


class Change:
    """What `compute` answers."""

    #: The attribute is left alone.
    keep = mapping.Change_Keep()
    #: The value is removed.
    clear = mapping.Change_Clear()

    @staticmethod
    def set(value):
        """The attribute gets this value: a text, a boolean, a whole number, a list or set of texts, a
        `Reference` or `References`."""
        return mapping.Change_Set(_to_value(value))

    @staticmethod
    def first_free(*values):
        """Candidates for an attribute that must be unique, best first: the host takes the first that
        is free."""
        return mapping.Change_FirstFree([_to_value(value) for value in values])

    @staticmethod
    def refuse(code, text):
        """This one attribute cannot be decided; the rest of the object goes on."""
        return mapping.Change_Refuse(reason(code, text))


_CHANGES = (
    mapping.Change_Keep,
    mapping.Change_Clear,
    mapping.Change_Set,
    mapping.Change_FirstFree,
    mapping.Change_Refuse,
)


class _Input:
    """Something that a function may see. `bind` declares it and returns how it is looked at."""

    def __init__(self, name, bind, after_join=False):
        self.name = name
        self.bind = bind
        self.after_join = after_join


class Column(_Input):
    """An attribute of the source object; see `text` and the like."""

    def __init__(self, name, kind, absent, convert=None):
        wanted = getattr(types, f"Value_{kind}")

        def see(value):
            found = type(value)
            if found is wanted:
                return value.value if convert is None else convert(value.value)
            if found is types.Value_Absent:
                return absent
            found = found.__name__.removeprefix("Value_").lower()
            raise _Unseen("UnexpectedType", f"{name} is {found}, it is read as {kind.lower()}")

        def bind(reads):
            position = reads.source(name)
            return lambda at: see(at.source[position])

        super().__init__(_required_text(name, "the name of a column"), bind)
        self._see = see

    def in_target(self):
        """The same attribute of the target object: `None` where there is none yet. Can be seen only in
        the mapping, which comes after the join."""
        name, see = self.name, self._see

        def bind(reads):
            position = reads.target(name)
            return lambda at: None if at.target is None else see(at.target[position])

        return _Input(name, bind, after_join=True)


def text(name):
    """A column of texts, seen as `str` or `None`."""
    return Column(name, "Text", None)


def boolean(name):
    """A column of booleans, seen as `bool` or `None`."""
    return Column(name, "Boolean", None)


def integer(name):
    """A column of whole numbers, seen as `int` or `None`."""
    return Column(name, "Integer", None)


def texts(name):
    """A column of sets of texts, seen as a tuple, empty where there is none."""
    return Column(name, "Texts", (), tuple)


def reference_to(name):
    """A column of references, seen as an id of the source or `None`."""
    return Column(name, "Reference", None)


def references_to(name):
    """A column of sets of references, seen as a tuple of ids, empty where there is none."""
    return Column(name, "References", (), tuple)


def _bind_now(reads):
    reads.depend(manifest.Input_Time())

    def now(at):
        if at.now is None:
            raise _Unseen("TimeMissing", "the host gave no time, though it is read")
        return at.now

    return now


#: Whether the row has a target object.
JOINED = _Input("JOINED", lambda reads: lambda at: at.target is not None, after_join=True)
#: What earlier layers decided for this very attribute, as a change; `None` in a first layer.
EARLIER = _Input("EARLIER", lambda reads: lambda at: at.earlier, after_join=True)
#: The time of the run, RFC 3339 in UTC. What depends on it is decided anew in each run.
NOW = _Input("NOW", _bind_now)
#: The job's name.
JOB = _Input("JOB", lambda reads: lambda at: at.job)
#: The tenant that rows come from, a `Tenant`.
SOURCE_TENANT = _Input("SOURCE_TENANT", lambda reads: lambda at: at.source_tenant)
#: The tenant that rows go to, a `Tenant`.
TARGET_TENANT = _Input("TARGET_TENANT", lambda reads: lambda at: at.target_tenant)

#: A tenant as rules may know it.
Tenant = namedtuple("Tenant", "id display_name initial_domain default_domain verified_domains")


class _Table:
    def __init__(self, name):
        self._name = name

    def get(self, key):
        """Returns the fields of the line with this key, or `None`."""
        return host_tables.lookup(self._name, _required_text(key, "a key"))


def table(name):
    """One of the client's own tables, seen as an object with a method `get(key)`, which returns the
    fields of the line with this key, or `None`."""
    seen = _Table(_required_text(name, "the name of a table"))

    def bind(reads):
        reads.depend(manifest.Input_Table(name))
        return lambda at: seen

    return _Input(name, bind)


def log(message, level="info"):
    """Writes a line to the host's log; levels are `debug`, `info`, `warn` and `error`."""
    host_log.write(host_log.Level[level.upper()], _required_text(message, "a message"))


class Absent:
    """What a copy asks for where the source has no value."""

    @staticmethod
    def clear(joined):
        """That the target has none either."""
        return Change.clear

    @staticmethod
    def keep(joined):
        """That the target keeps what it has."""
        return Change.keep

    @staticmethod
    def default_on_create(value):
        """That a new object has this value, and an existing one keeps what it has."""
        change = Change.set(value)
        return lambda joined: Change.keep if joined else change


class Output:
    """One target attribute and how its value comes about; see `copy`, `constant` and `compute`."""

    def __init__(self, attribute, bind, apply=manifest.Apply.ALWAYS):
        self.attribute = _required_text(attribute, "the name of an attribute")
        self.bind = bind
        self.apply = apply

    def to(self, attribute):
        """Writes another attribute than the one that is copied."""
        return Output(attribute, self.bind, self.apply)

    def on_create(self):
        """Writes only when the object is made."""
        return Output(self.attribute, self.bind, manifest.Apply.ON_CREATE)

    def when_empty(self):
        """Writes only while the target has no value."""
        return Output(self.attribute, self.bind, manifest.Apply.WHEN_EMPTY)

    def report_only(self):
        """Never writes, only reports."""
        return Output(self.attribute, self.bind, manifest.Apply.REPORT_ONLY)


def copy(column, absent=Absent.clear):
    """Returns an output that takes over a column, under the column's own name. The value itself need
    not cross into the rule, so this is the cheapest output by far."""
    if not isinstance(column, Column):
        raise TypeError("copy takes a column of the source")
    if not callable(absent):
        raise TypeError("copy takes one of `Absent`")

    def bind(reads):
        position = reads.copied(column.name)
        same = mapping.Change_Same(position)
        missing = types.Value_Absent

        def wish(at):
            if type(at.source[position]) is missing:
                return absent(at.target is not None)
            return same

        return wish

    return Output(column.name, bind)


def constant(attribute, value):
    """Returns an output that is the same for every object."""
    change = Change.set(value)
    return Output(attribute, lambda reads: lambda at: change)


def compute(attribute, inputs, change):
    """Returns an output that is computed from these inputs, as a `Change`."""

    def check(answer):
        if not isinstance(answer, _CHANGES):
            raise TypeError(f"output {attribute} is {_described(answer)}, no Change")
        return answer

    return Output(attribute, _unbound(f"output {attribute}", inputs, change, check))


def _unbound(what, inputs, function, check, after_join=True):
    """Prepares a function of inputs, which get their positions only when the ruleset is complete."""
    inputs = list(inputs)
    for given in inputs:
        if not isinstance(given, _Input):
            raise TypeError(f"{what}: {_described(given)} is no input")
        if given.after_join and not after_join:
            raise TypeError(f"{what}: {given.name} of the target is not known before the join")
    if not callable(function):
        raise TypeError(f"{what}: a function is missing")
    code = getattr(function, "__code__", None)
    if code is not None and not code.co_flags & 0x04:
        # Of a bound method the object itself is given already.
        most = code.co_argcount - (1 if hasattr(function, "__self__") else 0)
        least = most - len(function.__defaults__ or ())
        if not least <= len(inputs) <= most:
            raise TypeError(f"{what}: the function takes {most} values, {len(inputs)} inputs are named")

    def bind(reads):
        looks = [given.bind(reads) for given in inputs]
        if not looks:
            return lambda at: check(function())
        if len(looks) == 1:
            (first,) = looks
            return lambda at: check(function(first(at)))
        return lambda at: check(function(*[look(at) for look in looks]))

    return bind


_KINDS = {"user": "USER", "group": "GROUP", "contact": "CONTACT"}
_SHAPES = {shape.name.lower().replace("_", "-"): shape for shape in mapping.Shape}


class Ruleset:
    """All that a rule decides about one kind of object. A stage to which nothing was added is not
    declared, and the host never asks for it. Every method returns a new ruleset, so that one can be
    built upon."""

    def __init__(self, kind):
        """Returns a ruleset for `user`, `group` or `contact` that decides nothing yet."""
        if kind not in _KINDS:
            raise TypeError(f"a kind is one of {', '.join(_KINDS)}")
        self.kind = kind
        self._scopes = ()
        self._keys = ()
        self._gates = ()
        self._shape = None
        self._outputs = {}

    def _with(self, **parts):
        other = Ruleset(self.kind)
        other.__dict__.update(self.__dict__)
        other.__dict__.update(parts)
        return other

    def scope(self, inputs, verdict):
        """Decides scope with a `Verdict`. Of several verdicts about an object the strictest counts."""

        def check(answer):
            if type(answer) not in _STRICTNESS:
                raise TypeError(f"scope is {_described(answer)}, no Verdict")
            return answer

        step = _unbound("scope", inputs, verdict, check, after_join=False)
        return self._with(_scopes=self._scopes + (step,))

    def key(self, tier, attribute, inputs, keys):
        """Gives match keys of one tier for one target attribute: a text, a list of texts, or `None`.
        Lower tiers are tried first; `mail` stands for every address of an object."""
        if not isinstance(tier, int) or not 0 <= tier <= 255:
            raise TypeError("a tier is from 0 to 255")
        _required_text(attribute, "the attribute of a key")

        def check(answer):
            if answer is None:
                return ()
            values = [answer] if isinstance(answer, str) else list(answer)
            if "" in values:
                raise ValueError("a key is empty")
            return [_required_text(value, "a key") for value in values]

        step = _unbound(f"key {attribute}", inputs, keys, check, after_join=False)
        return self._with(_keys=self._keys + ((tier, attribute, step),))

    def without_keys(self):
        """Takes back all match keys."""
        return self._with(_keys=())

    def _gate(self, what, outcome, inputs, reason_of):
        def check(answer):
            if answer is None:
                return None
            if not isinstance(answer, types.Reason):
                raise TypeError(f"{what} is {_described(answer)}, no reason")
            return outcome(answer)

        return self._with(_gates=self._gates + (_unbound(what, inputs, reason_of, check),))

    def skip(self, inputs, reason_of):
        """Skips an object where there is a `reason` to: nothing is done for it."""
        return self._gate("skip", mapping.Outcome_Skip, inputs, reason_of)

    def hold(self, inputs, reason_of):
        """Holds an object where there is a `reason` to: it cannot be decided and stays as it is."""
        return self._gate("hold", mapping.Outcome_Hold, inputs, reason_of)

    def shape(self, shape):
        """Makes every new object of this shape: `internal-member`, `external-member`, `guest`,
        `contact`, `security-group` or `unified-group`."""
        if shape not in _SHAPES:
            raise TypeError(f"a shape is one of {', '.join(_SHAPES)}")
        return self.shape_from([], lambda: shape)

    def shape_from(self, inputs, shape_of):
        """Decides what a new object becomes."""

        def check(answer):
            if answer not in _SHAPES:
                raise TypeError(f"a shape is one of {', '.join(_SHAPES)}")
            return _SHAPES[answer]

        return self._with(_shape=_unbound("shape", inputs, shape_of, check))

    def without_shape(self):
        """Takes back the shape, for a layer above another one that gives it."""
        return self._with(_shape=None)

    def outputs(self, *outputs):
        """Writes attributes, each in place of an earlier output of the same attribute."""
        for output in outputs:
            if not isinstance(output, Output):
                raise TypeError("an output comes from copy, constant or compute")
        return self._with(_outputs={**self._outputs, **{one.attribute: one for one in outputs}})

    def without_output(self, attribute):
        """Takes back an output."""
        return self._with(
            _outputs={name: one for name, one in self._outputs.items() if name != attribute}
        )


class _Reads:
    """The columns of a ruleset as they are being declared, and the dependencies of one function."""

    def __init__(self):
        self.sources = []
        self.targets = []
        self.looked = set()
        self.dependencies = []

    def source(self, name):
        position = self.copied(name)
        self.looked.add(position)
        return position

    def copied(self, name):
        position = _position(self.sources, name)
        self.depend(manifest.Input_Source(position))
        return position

    def target(self, name):
        position = _position(self.targets, name)
        self.depend(manifest.Input_Target(position))
        return position

    def depend(self, dependency):
        if dependency not in self.dependencies:
            self.dependencies.append(dependency)

    def bind(self, step, dependencies):
        """Binds a function; what it depends on is added to what its stage or output depends on."""
        self.dependencies = dependencies
        return step(self)


def _position(names, name):
    if name not in names:
        names.append(name)
    return names.index(name)


class _Part:
    """What decides about one kind of object: a ruleset whose inputs have positions."""

    def __init__(self, ruleset):
        reads = _Reads()
        scoping_inputs = []
        self.scopes = [reads.bind(step, scoping_inputs) for step in ruleset._scopes]
        matching_inputs = []
        attributes = []
        self.keys = [
            (tier, _position(attributes, attribute), reads.bind(step, matching_inputs))
            for tier, attribute, step in ruleset._keys
        ]
        # A copied value that only scope or keys look at is still not seen by the mapping.
        reads.looked.clear()
        inputs = []
        self.gates = [reads.bind(step, inputs) for step in ruleset._gates]
        self.shape = ruleset._shape and reads.bind(ruleset._shape, inputs)
        self.wishes = []
        outputs = []
        for output in ruleset._outputs.values():
            dependencies = []
            self.wishes.append(reads.bind(output.bind, dependencies))
            outputs.append(manifest.Output(output.attribute, output.apply, dependencies))
        handed_on = {
            given.value
            for output in outputs
            for given in output.inputs
            if isinstance(given, manifest.Input_Source) and given.value not in reads.looked
        }
        mapped = self.gates or outputs or self.shape
        self.description = manifest.Ruleset(
            kind=types.ObjectKind[_KINDS[ruleset.kind]],
            reads=reads.sources,
            target_reads=reads.targets,
            scoping=manifest.ScopingStage(scoping_inputs) if self.scopes else None,
            matching=manifest.MatchingStage(attributes, matching_inputs) if self.keys else None,
            mapping=manifest.MappingStage(
                inputs=inputs,
                outputs=outputs,
                gives_shape=self.shape is not None,
                unseen=sorted(handed_on),
            )
            if mapped
            else None,
        )

    def verdict(self, at):
        verdict = Verdict.in_scope
        for scope in self.scopes:
            try:
                answer = scope(at)
            except _RAISED as error:
                answer = scoping.Verdict_Hold(_failed(error))
            if _STRICTNESS[type(answer)] > _STRICTNESS[type(verdict)]:
                verdict = answer
        return verdict

    def matched(self, at):
        try:
            return Ok(
                [
                    matching.Key(attribute, value, tier)
                    for tier, attribute, values in self.keys
                    for value in values(at)
                ]
            )
        except _RAISED as error:
            return Err(_failed(error))

    def outcome(self, at, earlier):
        try:
            for gate in self.gates:
                stopped = gate(at)
                if stopped is not None:
                    return stopped
            shape = self.shape(at) if self.shape else None
            changes = []
            for index, wish in enumerate(self.wishes):
                at.earlier = earlier[index] if earlier else None
                try:
                    changes.append(wish(at))
                except _Unseen as unseen:
                    changes.append(mapping.Change_Refuse(unseen.reason))
            return mapping.Outcome_Write(mapping.Mapped(shape, changes))
        except _RAISED as error:
            return mapping.Outcome_Hold(_failed(error))


#: What a rule may raise about one object. `SystemExit` is no `Exception`, and would end all of them.
_RAISED = (Exception, SystemExit, GeneratorExit)


def _failed(error):
    """Why a function gave no answer."""
    if isinstance(error, _Unseen):
        return error.reason
    try:
        message = f"{type(error).__name__}: {error}"
    except Exception:
        message = type(error).__name__
    if not _is_well_formed(message):
        message = f"{type(error).__name__}, whose message is no text"
    return types.Reason("RuleException", message)


class _At:
    """Where a function stands: one row and what surrounds it."""

    __slots__ = ("source", "target", "earlier", "now", "job", "source_tenant", "target_tenant")

    def __init__(self, context):
        self.source = self.target = self.earlier = None
        self.now = context.now
        self.job = context.job
        self.source_tenant = _tenant(context.source)
        self.target_tenant = _tenant(context.target)


def _tenant(tenant):
    return Tenant(
        tenant.id,
        tenant.display_name,
        tenant.initial_domain,
        tenant.default_domain,
        tuple(tenant.verified_domains),
    )


class OneOf:
    """A setting that is one of these texts; the first one is the default."""

    def __init__(self, *values):
        self.values = values


class ListOf:
    """A setting that is a list of such items, none by default. In an item every key must be given."""

    def __init__(self, item):
        self.item = item


#: The setting `nulls`: whether a copied value that the source no longer has is cleared or kept.
NULLS = OneOf("clear", "keep")


def _read_settings(text, specification):
    if not text.strip():
        return _defaults(specification)
    try:
        value = json.loads(text)
    except ValueError as error:
        raise SettingsError("", str(error)) from None
    return _read_setting(value, specification, "", True)


def _defaults(specification):
    if isinstance(specification, OneOf):
        return specification.values[0]
    if isinstance(specification, ListOf):
        return []
    if isinstance(specification, dict):
        return {key: _defaults(part) for key, part in specification.items()}
    return list(specification) if isinstance(specification, list) else specification


def _read_setting(value, specification, path, optional):
    def wrong(wanted):
        found = json.dumps(value, ensure_ascii=False)
        return SettingsError(path, f"{found} is not {wanted}")

    def each(item, optional):
        if not isinstance(value, list):
            raise wrong("a list")
        return [
            _read_setting(one, item, f"{path}[{index}]", optional)
            for index, one in enumerate(value)
        ]

    if isinstance(specification, OneOf):
        if value not in specification.values:
            raise wrong(f"one of {', '.join(specification.values)}")
        return value
    if isinstance(specification, ListOf):
        return each(specification.item, False)
    if isinstance(specification, list):
        return each("", True)
    for kind, wanted in ((bool, "true or false"), (str, "a text"), (int, "a whole number")):
        if isinstance(specification, kind):
            if type(value) is not kind:
                raise wrong(wanted)
            return value
    if not isinstance(value, dict):
        raise wrong("an object")

    def below(key):
        return f"{path}.{key}" if path else key

    for key in value:
        if key not in specification:
            known = f"there are {', '.join(specification)}" if specification else "there are none"
            raise SettingsError(below(key), f"unknown setting, {known}")
    read = {}
    for key, part in specification.items():
        if key in value:
            read[key] = _read_setting(value[key], part, below(key), optional)
        elif optional:
            read[key] = _defaults(part)
        else:
            raise SettingsError(below(key), "is missing")
    return read


class Rule:
    """A rule: what it is called, and `rulesets`, a function from settings to a list of rulesets.

    `settings` gives the settings with their defaults. A project may set a text, a boolean or a whole
    number where the default is one, a list of texts where it is a list, and a part of a dictionary
    where it is a dictionary; for more see `OneOf` and `ListOf`. Anything else is an error that names
    the setting.
    """

    def __init__(self, name, version, summary, rulesets, settings=None):
        self.name = _required_text(name, "name")
        self.version = _required_text(version, "version")
        self.summary = _required_text(summary, "summary")
        self.rulesets = rulesets
        self.settings = settings or {}
        self._parts = {}

    def configure(self, settings):
        """Answers the host's first call."""
        try:
            rulesets = list(self.rulesets(_read_settings(settings, self.settings)))
            parts = [_Part(ruleset) for ruleset in rulesets]
        except SettingsError as error:
            raise Err(manifest.SettingsError(error.path, error.message)) from None
        except _RAISED as error:
            # What is wrong is the rule rather than a setting; it must be read all the same.
            raise Err(manifest.SettingsError("", _failed(error).text)) from None
        self._parts = {part.description.kind: part for part in parts}
        descriptions = [part.description for part in parts]
        return manifest.Description(self.name, self.version, self.summary, descriptions)

    def _part(self, context):
        part = self._parts.get(context.kind)
        if part is None:
            kind = context.kind.name.lower()
            raise Err(types.Reason("UndeclaredStage", f"the rule has no ruleset for a {kind}"))
        return part

    def decide(self, context, rows):
        """Answers a verdict a row."""
        part, at = self._part(context), _At(context)
        verdicts = []
        for row in rows:
            at.source = row.source
            verdicts.append(part.verdict(at))
        return verdicts

    def keys(self, context, rows):
        """Answers the match keys of each row."""
        part, at = self._part(context), _At(context)
        keys = []
        for row in rows:
            at.source = row.source
            keys.append(part.matched(at))
        return keys

    def apply(self, context, rows):
        """Answers an outcome a row."""
        part, at = self._part(context), _At(context)
        outcomes = []
        for each in rows:
            at.source = each.row.source
            at.target = each.row.target
            at.earlier = None
            outcomes.append(part.outcome(at, each.earlier))
        return outcomes


def component(rule):
    """Returns what the component exports, one class an interface."""

    class Manifest:
        def configure(self, settings):
            return rule.configure(settings)

    class Scoping:
        def decide(self, context, rows):
            return rule.decide(context, rows)

    class Matching:
        def keys(self, context, rows):
            return rule.keys(context, rows)

    class Mapping:
        def apply(self, context, rows):
            return rule.apply(context, rows)

    return Manifest, Scoping, Matching, Mapping


class Trial:
    """Tries a rule without WebAssembly, for unit tests. Rows are dictionaries from attribute to value;
    what they do not name is absent, and what the rule does not read it does not see.

        harbour = Trial(RULE, settings={"company": "Harbour"})
        harbour.scope("user", {"department": "Visitors"})     # Verdict.out(...)
        harbour.keys("user", {"mail": "a@b.example"})         # [(0, "mail", "a@b.example")]
        harbour.map("user", {"city": "Oslo"}).changes["city"] # Change.set("Oslo")

    `tables` is a dictionary from table to a dictionary from key to a list of fields.
    """

    #: What became of an object: `outcome` is `write`, `skip` or `hold`, with `shape` and `changes` by
    #: attribute, or with a `reason`.
    Answer = namedtuple("Answer", "outcome shape changes reason")

    def __init__(self, rule, settings=None, tables=None, now=None, job="contoso-to-fabrikam"):
        self._rule = rule
        self._tables = tables or {}
        self._now = now
        self._job = job
        #: What the rule has written to the log.
        self.lines = []
        text = "" if settings is None else json.dumps(settings)
        try:
            #: What the rule says of itself.
            self.description = self._hosting(rule.configure, text)
        except Err as error:
            raise SettingsError(error.value.path, error.value.message) from None

    def scope(self, kind, source):
        """Returns the verdict on an object."""
        ruleset = self._ruleset(kind)
        inputs = ruleset.scoping.inputs if ruleset.scoping else []
        row = types.Row(_row(ruleset.reads, source, inputs, manifest.Input_Source), None)
        return self._hosting(self._rule.decide, self._context(kind), [row])[0]

    def keys(self, kind, source):
        """Returns the keys of an object as tier, attribute and value, or the `Reason` to hold it."""
        ruleset = self._ruleset(kind)
        inputs = ruleset.matching.inputs if ruleset.matching else []
        row = types.Row(_row(ruleset.reads, source, inputs, manifest.Input_Source), None)
        (answer,) = self._hosting(self._rule.keys, self._context(kind), [row])
        if isinstance(answer, Err):
            return answer.value
        names = ruleset.matching.attributes if ruleset.matching else []
        return [(key.tier, names[key.attribute], key.value) for key in answer.value]

    def map(self, kind, source, target=None, earlier=None):
        """Returns the `Answer` for an object; `earlier` is what an earlier layer decided, by
        attribute."""
        ruleset = self._ruleset(kind)
        stage = ruleset.mapping
        inputs = stage.inputs + [given for output in stage.outputs for given in output.inputs]
        values = _row(ruleset.reads, source, inputs, manifest.Input_Source, stage.unseen)
        joined = None
        if target is not None:
            joined = _row(ruleset.target_reads, target, inputs, manifest.Input_Target)
        names = [output.attribute for output in stage.outputs]
        decided = [earlier.get(name, Change.keep) for name in names] if earlier else []
        row = mapping.MappingRow(types.Row(values, joined), decided)
        (answer,) = self._hosting(self._rule.apply, self._context(kind), [row])
        if isinstance(answer, mapping.Outcome_Skip):
            return self.Answer("skip", None, {}, answer.value)
        if isinstance(answer, mapping.Outcome_Hold):
            return self.Answer("hold", None, {}, answer.value)
        shapes = {shape: name for name, shape in _SHAPES.items()}
        changes = {}
        for name, change in zip(names, answer.value.changes):
            if isinstance(change, mapping.Change_Same):
                change = Change.set(source[ruleset.reads[change.value]])
            changes[name] = change
        return self.Answer("write", shapes.get(answer.value.shape), changes, None)

    def _ruleset(self, kind):
        for ruleset in self.description.rulesets:
            if ruleset.kind == types.ObjectKind[_KINDS[kind]]:
                return ruleset
        raise TypeError(f"the rule has no ruleset for a {kind}")

    def _context(self, kind):
        def tenant(name):
            initial = f"{name}.onmicrosoft.com"
            domain = f"{name}.com"
            return types.Tenant(f"{name}-tenant", name.title(), initial, domain, [domain, initial])

        kind = types.ObjectKind[_KINDS[kind]]
        return types.Context(self._job, kind, self._now, tenant("contoso"), tenant("fabrikam"))

    def _hosting(self, call, *arguments):
        """Calls with this trial as the host."""
        before = host_tables.lookup, host_log.write
        host_tables.lookup = lambda table, key: self._tables.get(table, {}).get(key)
        host_log.write = lambda level, message: self.lines.append(f"{level.name.lower()}: {message}")
        try:
            return call(*arguments)
        finally:
            host_tables.lookup, host_log.write = before


def _row(names, values, inputs, kind, unseen=()):
    """Values by position, as the host gives them: what a stage did not ask to see is withheld."""
    wanted = {given.value for given in inputs if isinstance(given, kind)}.difference(unseen)
    row = []
    for position, name in enumerate(names):
        value = values.get(name)
        if value is None:
            row.append(_ABSENT)
        elif position in wanted:
            row.append(_to_value(value))
        else:
            row.append(types.Value_Withheld())
    return row
