"""The library for authors in Python, by what the host is told and answered."""

import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parents[2] / "host/author/templates/python"))

import syncline_rules as sdk  # noqa: E402
from syncline_rules import (  # noqa: E402
    EARLIER, JOB, JOINED, NOW, NULLS, SOURCE_TENANT, TARGET_TENANT, Absent, Change, ListOf, OneOf, Reference,
    References, Rule, Ruleset, SettingsError, Trial, Verdict, boolean, compute, constant, copy, integer, log,
    reason, reference_to, references_to, table, text, texts,
)

CITY = text("city")
DEPARTMENT = text("department")
MAIL = text("mail")
SOURCE, TARGET = sdk.manifest.Input_Source, sdk.manifest.Input_Target


def of_users(users):
    """A rule of one ruleset for users."""
    return Rule("tried", "1", "is tried", rulesets=lambda settings: [users])


def computed(change, source=None, inputs=()):
    """What a rule makes of one computed output."""
    users = Ruleset("user").outputs(compute("department", inputs, change))
    return Trial(of_users(users)).map("user", source or {})


class TestDescription(unittest.TestCase):
    def test_what_is_read_and_from_what_each_value_follows_is_derived(self):
        users = (
            Ruleset("user")
            .scope([DEPARTMENT], lambda department: Verdict.in_scope)
            .key(0, "mail", [MAIL, table("aliases")], lambda mail, aliases: mail)
            .key(1, "userPrincipalName", [MAIL], lambda mail: mail)
            .key(1, "mail", [CITY], lambda city: None)
            .skip([JOINED, MAIL], lambda joined, mail: None)
            .shape("guest")
            .outputs(
                copy(CITY),
                copy(DEPARTMENT).to("companyName").on_create(),
                compute("jobTitle", [DEPARTMENT, CITY.in_target(), NOW], lambda *seen: Change.keep).when_empty(),
                constant("country", "Norway").report_only(),
                copy(text("state")),
            )
        )
        (described,) = Trial(of_users(users)).description.rulesets
        self.assertEqual(described.kind.name, "USER")
        self.assertEqual(described.reads, ["department", "mail", "city", "state"])
        self.assertEqual(described.target_reads, ["city"])
        self.assertEqual(described.scoping.inputs, [SOURCE(0)])
        self.assertEqual(described.matching.attributes, ["mail", "userPrincipalName"])
        self.assertEqual(described.matching.inputs, [SOURCE(1), sdk.manifest.Input_Table("aliases"), SOURCE(2)])
        self.assertEqual(described.mapping.inputs, [SOURCE(1)])
        self.assertTrue(described.mapping.gives_shape)
        # Department is looked at; city and state are only handed on.
        self.assertEqual(described.mapping.unseen, [2, 3])
        written = [(one.attribute, one.apply.name, one.inputs) for one in described.mapping.outputs]
        self.assertEqual(
            written,
            [
                ("city", "ALWAYS", [SOURCE(2)]),
                ("companyName", "ON_CREATE", [SOURCE(0)]),
                ("jobTitle", "WHEN_EMPTY", [SOURCE(0), TARGET(0), sdk.manifest.Input_Time()]),
                ("country", "REPORT_ONLY", []),
                ("state", "ALWAYS", [SOURCE(3)]),
            ],
        )

    def test_a_stage_to_which_nothing_was_added_is_not_declared(self):
        users = Ruleset("user").scope([], lambda: Verdict.in_scope)
        (described,) = Trial(of_users(users)).description.rulesets
        self.assertIsNone(described.matching)
        self.assertIsNone(described.mapping)

    def test_a_mistake_of_the_author_is_told_when_the_rule_is_configured(self):
        mistakes = [
            (lambda: Ruleset("user").scope([CITY.in_target()], lambda city: None), "city of the target is not known"),
            (lambda: Ruleset("user").scope([CITY], lambda: None), "takes 0 values, 1 inputs are named"),
            (lambda: Ruleset("user").scope(["city"], lambda city: None), "of type str is no input"),
            (lambda: Ruleset("users"), "a kind is one of user, group, contact"),
            (lambda: Ruleset("user").key(256, "mail", [], lambda: "a"), "a tier is from 0 to 255"),
            (lambda: Ruleset("user").shape("member"), "a shape is one of internal-member"),
            (lambda: Ruleset("user").outputs(copy(CITY.in_target())), "copy takes a column of the source"),
        ]
        for users, words in mistakes:
            with self.assertRaises(SettingsError) as told:
                Trial(Rule("n", "1", "s", rulesets=lambda settings: [users()]))
            self.assertEqual(told.exception.path, "")
            self.assertIn(words, told.exception.message)


class TestDecisions(unittest.TestCase):
    def test_a_copy_asks_for_what_was_said_where_there_is_no_value(self):
        users = Ruleset("user").outputs(
            copy(CITY),
            copy(DEPARTMENT, Absent.keep),
            copy(text("country"), Absent.default_on_create("Norway")),
        )
        rule = Trial(of_users(users))
        full = {"city": "Oslo", "department": "Sales", "country": "Sweden"}
        self.assertEqual(rule.map("user", full).changes, {name: Change.set(value) for name, value in full.items()})
        created = {"city": Change.clear, "department": Change.keep, "country": Change.set("Norway")}
        self.assertEqual(rule.map("user", {}).changes, created)
        self.assertEqual(rule.map("user", {}, target={}).changes, {**created, "country": Change.keep})

    def test_each_sort_of_value_is_seen_as_itself_and_set_as_itself(self):
        for column, value in (
            (boolean("accountEnabled"), False),
            (integer("age"), 7),
            (texts("phones"), ["a", "b"]),
        ):
            answer = computed(Change.set, {column.name: value}, [column])
            self.assertEqual(answer.changes["department"], Change.set(value))
        boss = computed(lambda id: Change.set(Reference(id)), {"manager": Reference("m1")}, [reference_to("manager")])
        self.assertEqual(boss.changes["department"], Change.set(Reference("m1")))
        owners = computed(
            lambda ids: Change.set(References(ids)), {"owners": References(["b", "a"])}, [references_to("owners")]
        )
        self.assertEqual(owners.changes["department"].value.value, ["a", "b"])
        none = computed(lambda one, many: Change.set(f"{one} {many}"), {}, [CITY, texts("phones")])
        self.assertEqual(none.changes["department"], Change.set("None ()"))

    def test_sets_are_in_the_order_of_code_points(self):
        change = Change.set({"\U0001f600", "\uffff", "z"})
        self.assertEqual(change.value.value, ["z", "\uffff", "\U0001f600"])

    def test_an_exception_holds_its_object_and_the_others_go_on(self):
        def raising(value, answer):
            if value == "bad":
                raise LookupError("cannot be")
            return answer

        users = (
            Ruleset("user")
            .scope([CITY], lambda city: raising(city, Verdict.in_scope))
            .key(0, "mail", [CITY], lambda city: raising(city, "a@b.example"))
            .outputs(compute("department", [DEPARTMENT], lambda department: raising(department, Change.keep)))
        )
        rule = Trial(of_users(users))
        held = reason("RuleException", "LookupError: cannot be")
        self.assertEqual(rule.scope("user", {"city": "bad"}), sdk.scoping.Verdict_Hold(held))
        self.assertEqual(rule.scope("user", {"city": "good"}), Verdict.in_scope)
        self.assertEqual(rule.keys("user", {"city": "bad"}), held)
        answer = rule.map("user", {"department": "bad"})
        self.assertEqual((answer.outcome, answer.reason), ("hold", held))
        self.assertEqual(rule.map("user", {"department": "good"}).outcome, "write")
        self.assertEqual(computed(lambda: sys.exit(3)).reason.text, "SystemExit: 3")

    def test_an_answer_that_is_none_holds_its_object(self):
        for answer in (None, "text", {}):
            self.assertEqual(computed(lambda answer=answer: answer).reason.code, "RuleException")
        for value in (None, 1.5, 2**63, {}, object(), "\ud800", ["a", 1]):
            self.assertEqual(computed(lambda value=value: Change.set(value)).reason.code, "RuleException")
        scope = Trial(of_users(Ruleset("user").scope([], lambda: True))).scope("user", {})
        self.assertEqual(scope.value.code, "RuleException")
        keys = Trial(of_users(Ruleset("user").key(0, "mail", [], lambda: ""))).keys("user", {})
        self.assertEqual(keys.text, "ValueError: a key is empty")

    def test_a_value_of_another_sort_refuses_the_attribute_that_needed_it(self):
        answer = computed(lambda city: Change.keep, {"city": True}, [CITY])
        refused = Change.refuse("UnexpectedType", "city is boolean, it is read as text")
        self.assertEqual((answer.outcome, answer.changes["department"]), ("write", refused))

    def test_of_several_verdicts_the_strictest_counts_of_several_outcomes_the_first(self):
        users = (
            Ruleset("user")
            .scope([], lambda: Verdict.out("Out", "out"))
            .scope([], lambda: Verdict.hold("Hold", "hold"))
            .scope([], lambda: Verdict.in_scope)
            .skip([], lambda: None)
            .hold([CITY], lambda city: None if city else reason("NoCity", "no city"))
            .skip([], lambda: reason("Skipped", "skipped"))
        )
        rule = Trial(of_users(users))
        self.assertEqual(rule.scope("user", {}), Verdict.hold("Hold", "hold"))
        self.assertEqual(rule.map("user", {})[0::3], ("hold", reason("NoCity", "no city")))
        self.assertEqual(rule.map("user", {"city": "Oslo"}).outcome, "skip")

    def test_a_ruleset_that_is_built_upon_stays_as_it_was(self):
        base = Ruleset("user").key(0, "mail", [MAIL], str).shape("guest").outputs(copy(CITY), constant("country", "NO"))
        other = base.outputs(constant("city", "Oslo")).without_output("country").without_keys().without_shape()
        self.assertEqual(list(Trial(of_users(base)).map("user", {}).changes), ["city", "country"])
        answer = Trial(of_users(other)).map("user", {})
        self.assertEqual((answer.shape, answer.changes), (None, {"city": Change.set("Oslo")}))

    def test_tenants_job_time_tables_earlier_layers_and_the_target_can_be_seen(self):
        def change(source, target, job, now, offices, city, target_city, earlier, joined):
            log(f"{job} at {now}")
            words = source.display_name, target.initial_domain, offices.get(city or ""), target_city, earlier, joined
            return Change.set(" ".join(str(word) for word in words))

        inputs = [SOURCE_TENANT, TARGET_TENANT, JOB, NOW, table("offices"), CITY, CITY.in_target(), EARLIER, JOINED]
        users = Ruleset("user").outputs(compute("department", inputs, change))
        rule = Trial(of_users(users), tables={"offices": {"Oslo": ["0150"]}}, now="2026-01-01T00:00:00Z")
        answer = rule.map("user", {"city": "Oslo"}, {"city": "Bergen"}, {"department": Change.clear})
        said = "Contoso fabrikam.onmicrosoft.com ['0150'] Bergen Change_Clear() True"
        self.assertEqual(answer.changes["department"], Change.set(said))
        self.assertEqual(rule.lines, ["info: contoso-to-fabrikam at 2026-01-01T00:00:00Z"])
        answer = Trial(of_users(users)).map("user", {})
        self.assertEqual(answer.changes["department"].value.code, "TimeMissing")


class TestSettings(unittest.TestCase):
    SPECIFICATION = {
        "company": "Contoso", "size": 3, "strict": False, "names": ["a"], "nulls": NULLS, "mode": OneOf("one", "two"),
        "region": {"code": "EU"}, "regions": ListOf({"code": "", "weight": 1}),
    }
    DEFAULTS = {
        "company": "Contoso", "size": 3, "strict": False, "names": ["a"], "nulls": "clear", "mode": "one",
        "region": {"code": "EU"}, "regions": [],
    }

    def read(self, settings):
        seen = []
        rule = Rule("n", "1", "s", rulesets=lambda given: seen.append(given) or [], settings=self.SPECIFICATION)
        Trial(rule, settings=settings)
        return seen[0]

    def test_settings_have_defaults(self):
        self.assertEqual(self.read(None), self.DEFAULTS)
        self.assertEqual(self.read({}), self.DEFAULTS)
        given = {"company": "N", "names": [], "nulls": "keep", "regions": [{"code": "US", "weight": 2}]}
        self.assertEqual(self.read({**given, "region": {}}), {**self.DEFAULTS, **given})

    def test_a_wrong_one_is_named_with_its_path(self):
        for settings, path, message in (
            ({"compny": "N"}, "compny", "unknown setting, there are company, size"),
            ({"company": None}, "company", "null is not a text"),
            ({"size": 1.5}, "size", "1.5 is not a whole number"),
            ({"size": True}, "size", "true is not a whole number"),
            ({"strict": "yes"}, "strict", '"yes" is not true or false'),
            ({"names": ["a", 7]}, "names[1]", "7 is not a text"),
            ({"mode": "three"}, "mode", '"three" is not one of one, two'),
            ({"region": {"cod": "x"}}, "region.cod", "unknown setting"),
            ({"regions": [{"code": "EU", "weight": 1}, {"code": 7, "weight": 1}]}, "regions[1].code", "7 is not a text"),
            ({"regions": [{"code": "EU"}]}, "regions[0].weight", "is missing"),
            ([], "", "[] is not an object"),
        ):
            with self.assertRaises(SettingsError) as wrong:
                self.read(settings)
            self.assertEqual(wrong.exception.path, path)
            self.assertIn(message, wrong.exception.message)


if __name__ == "__main__":
    unittest.main()
