"""The rule `{{name}}`: which people come over, who is who, and what each attribute becomes."""

from syncline_rules import (
    JOINED, NULLS, TARGET_TENANT, Absent, Change, Rule, Ruleset, SettingsError, Verdict, boolean, compute,
    constant, copy, reason, reference_to, text,
)

ACCOUNT_ENABLED = boolean("accountEnabled")
DEPARTMENT = text("department")
DISPLAY_NAME = text("displayName")
MAIL = text("mail")
USER_TYPE = text("userType")

COPIED = [text(name) for name in ["city", "country", "employeeId", "givenName", "jobTitle", "mobilePhone",
                                  "officeLocation", "surname"]]

#: The longest `department` that Graph takes.
DEPARTMENT_LENGTH_MAX = 64

#: The settings of the job, with their defaults.
SETTINGS = {"company": "Contoso", "left-out": ["Contractors"], "nulls": NULLS}


def rulesets(settings):
    company, left_out = settings["company"], settings["left-out"]
    absent = getattr(Absent, settings["nulls"])
    if not company.strip():
        raise SettingsError("company", "a company needs a name")

    def comes_over(user_type, department):
        if user_type == "Guest":
            return Verdict.out("Guest", "guests do not come over")
        if department in left_out:
            return Verdict.out("LeftOut", f"people of {department} do not come over")
        return Verdict.in_scope

    def without_address(mail, joined):
        if not mail and not joined:
            return reason("MissingValues", "nobody is invited without an address")

    def department_name(department, target):
        if department is None:
            return absent(True)
        name = f"{company} {department}"
        if len(name) > DEPARTMENT_LENGTH_MAX:
            return Change.refuse("ValueTooLong", f"{name} does not fit into {target.display_name}")
        return Change.set(name)

    users = (
        Ruleset("user")
        .scope([USER_TYPE, DEPARTMENT], comes_over)
        .key(0, "mail", [MAIL], lambda mail: mail)
        .skip([MAIL, JOINED], without_address)
        .shape("external-member")
        .outputs(
            copy(ACCOUNT_ENABLED, Absent.default_on_create(True)),
            copy(DISPLAY_NAME, Absent.keep),
            copy(MAIL, Absent.keep),
            *[copy(column, absent) for column in COPIED],
            copy(reference_to("manager"), absent),
            compute("department", [DEPARTMENT, TARGET_TENANT], department_name),
            constant("companyName", company),
            constant("userType", "Member").on_create(),
        )
    )
    return [users]


RULE = Rule(
    name="{{name}}",
    version="0.1.0",
    summary="Brings people over as external members",
    settings=SETTINGS,
    rulesets=rulesets,
)
