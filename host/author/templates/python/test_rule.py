"""The rule without WebAssembly: `python -m unittest`."""

import unittest

from rule import RULE
from syncline_rules import Change, SettingsError, Trial, Verdict

ANNA = {
    "displayName": "Anna Åkesson",
    "mail": "anna.akesson@contoso.com",
    "department": "Sales",
    "city": "Göteborg",
}


class TestRule(unittest.TestCase):
    def test_people_come_over_with_their_company_before_their_department(self):
        answer = Trial(RULE).map("user", ANNA)
        self.assertEqual(answer.outcome, "write")
        self.assertEqual(answer.shape, "external-member")
        self.assertEqual(answer.changes["department"], Change.set("Contoso Sales"))
        self.assertEqual(answer.changes["city"], Change.set("Göteborg"))
        self.assertEqual(answer.changes["country"], Change.clear)

    def test_guests_and_contractors_stay_behind(self):
        rule = Trial(RULE)
        self.assertEqual(rule.scope("user", ANNA), Verdict.in_scope)
        guest = rule.scope("user", {**ANNA, "userType": "Guest"})
        self.assertEqual(guest.value.code, "Guest")
        contractor = rule.scope("user", {**ANNA, "department": "Contractors"})
        self.assertEqual(contractor.value.code, "LeftOut")

    def test_people_are_found_again_by_their_address(self):
        rule = Trial(RULE)
        self.assertEqual(rule.keys("user", ANNA), [(0, "mail", ANNA["mail"])])
        self.assertEqual(rule.keys("user", {}), [])

    def test_nobody_is_invited_without_an_address_and_nobody_is_lost_for_want_of_one(self):
        rule = Trial(RULE)
        silent = {**ANNA, "mail": None}
        self.assertEqual(rule.map("user", silent).reason.code, "MissingValues")
        self.assertEqual(rule.map("user", silent, target={}).outcome, "write")

    def test_settings_change_the_company_and_a_wrong_one_is_named(self):
        answer = Trial(RULE, settings={"company": "Northwind", "nulls": "keep"}).map("user", ANNA)
        self.assertEqual(answer.changes["companyName"], Change.set("Northwind"))
        self.assertEqual(answer.changes["country"], Change.keep)
        for settings, path in (({"company": " "}, "company"), ({"compny": "Northwind"}, "compny")):
            with self.assertRaises(SettingsError) as wrong:
                Trial(RULE, settings=settings)
            self.assertEqual(wrong.exception.path, path)


if __name__ == "__main__":
    unittest.main()
