/**
 * The rule of the Northwind acquisition: a department says which of Northwind's companies somebody works
 * for. Fabrikam wants that company, its cost center, and a mark on everyone who came over.
 */

import {
    Absent, Change, JOINED, NULLS, SettingsError, Verdict, boolean, compute, constant, copy, reason, referenceTo,
    rule, ruleset, table, text,
} from "./syncline.mjs";

const COMPANIES = table("companies");
const CREATION_TYPE = text("creationType");
const DEPARTMENT = text("department");
const DISPLAY_NAME = text("displayName");
const MAIL = text("mail");
const OFFICE = text("officeLocation");
const USER_NAME = text("userPrincipalName");
const USER_TYPE = text("userType");

const COPIED = ["city", "country", "department", "employeeId", "givenName", "jobTitle", "mobilePhone", "postalCode",
    "state", "streetAddress", "surname"].map(text);

const MARK = "onPremisesExtensionAttributes/extensionAttribute1";
const COST_CENTER = "onPremisesExtensionAttributes/extensionAttribute2";

/** The longest `displayName` that Graph takes. */
const DISPLAY_NAME_LENGTH_MAX = 256;

const same = (one, other) => one?.toLowerCase() === other.toLowerCase();

export default rule({
    name: "northwind-acquisition",
    version: "1.0.0",
    summary: "Brings Northwind's people over, each with the company of the department",
    settings: { group: "Northwind", "left-out": ["Board", "Temporary staff"], nulls: NULLS },

    rulesets({ group, "left-out": leftOut, nulls }) {
        if (group.trim() === "") throw new SettingsError("group", "a group needs a name");
        const absent = Absent[nulls];

        /** Fields of the table: the company, then its cost center. */
        const company = (companies, department) => department && companies.get(department);

        const users = ruleset("user")
            .scope([USER_TYPE, CREATION_TYPE, USER_NAME], (userType, creationType, name) =>
                same(userType, "Guest") || same(creationType, "Invitation") || /#EXT#/i.test(name ?? "")
                    ? Verdict.out("ExternalUserFiltered", "guests of Northwind do not come over")
                    : Verdict.inScope)
            .scope([DEPARTMENT], (department) =>
                leftOut.some((name) => same(department?.trim(), name))
                    ? Verdict.out("DepartmentLeftOut", `people of ${department.trim()} do not come over`)
                    : Verdict.inScope)
            .key(0, "mail", [MAIL], (mail) => mail)
            .skip([MAIL, JOINED], (mail, joined) =>
                mail || joined ? undefined : reason("MissingValues", "an external member needs an address"))
            .shape("external-member")
            .outputs(
                copy(boolean("accountEnabled"), Absent.defaultOnCreate(true)),
                copy(MAIL, Absent.keep),
                copy(text("mailNickname"), Absent.keep),
                ...COPIED.map((column) => copy(column, absent)),
                copy(referenceTo("manager"), absent),
                compute("displayName", [DISPLAY_NAME], (name) => {
                    if (name === undefined) return Change.keep;
                    const marked = `${name} (${group})`;
                    return marked.length > DISPLAY_NAME_LENGTH_MAX
                        ? Change.refuse("ValueTooLong", `${marked} has more than ${DISPLAY_NAME_LENGTH_MAX} characters`)
                        : Change.set(marked);
                }),
                compute("companyName", [COMPANIES, DEPARTMENT], (companies, department) =>
                    Change.set(company(companies, department)?.[0] ?? group)),
                compute(COST_CENTER, [COMPANIES, DEPARTMENT], (companies, department) => {
                    const center = company(companies, department)?.[1];
                    return center ? Change.set(center) : absent();
                }),
                // The floor after the slash is of no use to anybody elsewhere.
                compute("officeLocation", [OFFICE], (office) =>
                    office === undefined ? absent() : Change.set(office.split("/")[0].trim())),
                constant(MARK, "northwind-acquisition"),
                constant("userType", "Member").onCreate(),
            );
        return [users];
    },
});
