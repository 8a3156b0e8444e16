"""The rule of the Adatum carve-out: the people of the departments that are sold appear at the buyer.

What tells them apart in Adatum's tenant is the department, or the cost center where there is none. The
buyer gets titles in its own style and nothing of Adatum's names for rooms.
"""

import re

from syncline_rules import (
    JOINED, NULLS, Absent, Change, Rule, Ruleset, SettingsError, Verdict, boolean, compute, constant, copy, reason,
    reference_to, text,
)

COST_CENTER = text("onPremisesExtensionAttributes/extensionAttribute1")
CREATION_TYPE = text("creationType")
DEPARTMENT = text("department")
EMPLOYEE_ID = text("employeeId")
JOB_TITLE = text("jobTitle")
MAIL = text("mail")
USER_TYPE = text("userType")

COPIED = [
    text(name)
    for name in ("city", "country", "department", "givenName", "mobilePhone", "postalCode", "state", "streetAddress",
                 "surname")
]

#: What the buyer calls what Adatum abbreviates.
TITLES = [
    (re.compile(r"\bSr\.?(?=\s)", re.IGNORECASE), "Senior"),
    (re.compile(r"\bJr\.?(?=\s)", re.IGNORECASE), "Junior"),
    (re.compile(r"\bMgr\.?(?=\s|$)", re.IGNORECASE), "Manager"),
]

SETTINGS = {"company": "Adatum Laboratories", "departments": ["Engineering", "Research"], "nulls": NULLS}


def rulesets(settings):
    company, absent = settings["company"], getattr(Absent, settings["nulls"])
    sold = {name.casefold() for name in settings["departments"]}
    if not sold:
        raise SettingsError("departments", "at least one department must be sold")

    def own(user_type, creation_type):
        if (user_type or "").casefold() == "guest" or (creation_type or "").casefold() == "invitation":
            return Verdict.out("ExternalUserFiltered", "guests of Adatum do not come over")
        return Verdict.in_scope

    def is_sold(department, cost_center):
        if department is None and cost_center is None:
            return Verdict.hold("Unassigned", "neither department nor cost center says who is sold")
        if department is not None and department.strip().casefold() not in sold:
            return Verdict.out("NotSold", f"{department.strip()} stays with Adatum")
        return Verdict.in_scope

    def without_address(mail, joined):
        if mail is None and not joined:
            return reason("MissingValues", "an external member needs an address")

    def title(job_title):
        if job_title is None:
            return absent(True)
        for abbreviation, word in TITLES:
            job_title = abbreviation.sub(word, job_title)
        return Change.set(" ".join(job_title.split()))

    def number(employee_id):
        """Numbers of both companies look alike, so Adatum's get a letter before them; Graph takes 16."""
        if employee_id is None:
            return absent(True)
        if len(employee_id) > 14:
            return Change.refuse("ValueTooLong", f"A-{employee_id} has more than 16 characters")
        return Change.set(f"A-{employee_id}")

    users = (
        Ruleset("user")
        .scope([USER_TYPE, CREATION_TYPE], own)
        .scope([DEPARTMENT, COST_CENTER], is_sold)
        .key(0, "mail", [MAIL], lambda mail: mail)
        .skip([MAIL, JOINED], without_address)
        .shape("external-member")
        .outputs(
            copy(boolean("accountEnabled"), Absent.default_on_create(True)),
            copy(text("displayName"), Absent.keep),
            copy(MAIL, Absent.keep),
            copy(text("mailNickname"), Absent.keep),
            *[copy(column, absent) for column in COPIED],
            copy(reference_to("manager"), absent),
            compute("jobTitle", [JOB_TITLE], title),
            compute("employeeId", [EMPLOYEE_ID], number),
            constant("companyName", company),
            constant("userType", "Member").on_create(),
        )
    )
    return [users]


RULE = Rule(
    name="adatum-carve-out",
    version="1.0.0",
    summary="Brings the people of the departments that Adatum sells to the buyer",
    settings=SETTINGS,
    rulesets=rulesets,
)
