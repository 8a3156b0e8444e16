"""The rule without WebAssembly: `python -m unittest`."""

import unittest

from rule import RULE
from syncline_rules import Change, SettingsError, Trial, Verdict

INES = {
    "accountEnabled": True,
    "department": "Engineering",
    "displayName": "Inês Álvares",
    "employeeId": "10234",
    "jobTitle": "Sr. Engineer",
    "mail": "ines.alvares@adatum.com",
    "userType": "Member",
}


class TestRule(unittest.TestCase):
    def test_people_of_a_department_that_is_sold_come_over(self):
        answer = Trial(RULE).map("user", INES)
        self.assertEqual(answer.shape, "external-member")
        self.assertEqual(answer.changes["companyName"], Change.set("Adatum Laboratories"))
        self.assertEqual(answer.changes["employeeId"], Change.set("A-10234"))
        self.assertEqual(answer.changes["displayName"], Change.set("Inês Álvares"))

    def test_everyone_else_stays_and_who_cannot_be_told_is_held(self):
        rule = Trial(RULE)
        self.assertEqual(rule.scope("user", INES), Verdict.in_scope)
        self.assertEqual(rule.scope("user", {**INES, "department": " ENGINEERING "}), Verdict.in_scope)
        stays = rule.scope("user", {**INES, "department": "Sales"})
        self.assertEqual(stays, Verdict.out("NotSold", "Sales stays with Adatum"))
        guest = rule.scope("user", {**INES, "userType": "Guest"})
        self.assertEqual(guest.value.code, "ExternalUserFiltered")
        unassigned = rule.scope("user", {**INES, "department": None})
        self.assertEqual(unassigned.value.code, "Unassigned")

    def test_titles_are_in_the_buyers_style(self):
        for given, wanted in (
            ("Sr. Engineer", "Senior Engineer"),
            ("Lab  Mgr.", "Lab Manager"),
            ("jr engineer", "Junior engineer"),
            ("Srbijan liaison", "Srbijan liaison"),
        ):
            answer = Trial(RULE).map("user", {**INES, "jobTitle": given})
            self.assertEqual(answer.changes["jobTitle"], Change.set(wanted))

    def test_a_number_that_does_not_fit_is_refused_and_the_rest_goes_on(self):
        answer = Trial(RULE).map("user", {**INES, "employeeId": "E" * 15})
        self.assertEqual(answer.outcome, "write")
        self.assertEqual(answer.changes["employeeId"].value.code, "ValueTooLong")

    def test_settings_change_what_is_sold_and_a_wrong_one_is_named(self):
        rule = Trial(RULE, settings={"departments": ["Sales"]})
        self.assertEqual(rule.scope("user", {**INES, "department": "Sales"}), Verdict.in_scope)
        for settings, path in (({"departments": []}, "departments"), ({"departments": [1]}, "departments[0]")):
            with self.assertRaises(SettingsError) as wrong:
                Trial(RULE, settings=settings)
            self.assertEqual(wrong.exception.path, path)


if __name__ == "__main__":
    unittest.main()
