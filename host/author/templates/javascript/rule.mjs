/** The rule `{{name}}`: which people come over, who is who, and what each attribute becomes. */

import {
    Absent, Change, JOINED, NULLS, SettingsError, TARGET_TENANT, Verdict, boolean, compute, constant, copy,
    reason, referenceTo, rule, ruleset, text,
} from "./syncline.mjs";

const ACCOUNT_ENABLED = boolean("accountEnabled");
const DEPARTMENT = text("department");
const DISPLAY_NAME = text("displayName");
const MAIL = text("mail");
const USER_TYPE = text("userType");

const COPIED = ["city", "country", "employeeId", "givenName", "jobTitle", "mobilePhone", "officeLocation",
    "surname"].map(text);

/** The longest `department` that Graph takes. */
const DEPARTMENT_LENGTH_MAX = 64;

export default rule({
    name: "{{name}}",
    version: "0.1.0",
    summary: "Brings people over as external members",
    // The settings of the job, with their defaults.
    settings: { company: "Contoso", "left-out": ["Contractors"], nulls: NULLS },

    rulesets({ company, "left-out": leftOut, nulls }) {
        if (company.trim() === "") throw new SettingsError("company", "a company needs a name");
        const absent = Absent[nulls];

        const users = ruleset("user")
            .scope([USER_TYPE, DEPARTMENT], (userType, department) => {
                if (userType === "Guest") return Verdict.out("Guest", "guests do not come over");
                if (leftOut.includes(department)) {
                    return Verdict.out("LeftOut", `people of ${department} do not come over`);
                }
                return Verdict.inScope;
            })
            .key(0, "mail", [MAIL], (mail) => mail)
            .skip([MAIL, JOINED], (mail, joined) =>
                mail || joined ? undefined : reason("MissingValues", "nobody is invited without an address"))
            .shape("external-member")
            .outputs(
                copy(ACCOUNT_ENABLED, Absent.defaultOnCreate(true)),
                copy(DISPLAY_NAME, Absent.keep),
                copy(MAIL, Absent.keep),
                ...COPIED.map((column) => copy(column, absent)),
                copy(referenceTo("manager"), absent),
                compute("department", [DEPARTMENT, TARGET_TENANT], (department, target) => {
                    if (department === undefined) return absent(true);
                    const name = `${company} ${department}`;
                    return [...name].length > DEPARTMENT_LENGTH_MAX
                        ? Change.refuse("ValueTooLong", `${name} does not fit into ${target.displayName}`)
                        : Change.set(name);
                }),
                constant("companyName", company),
                constant("userType", "Member").onCreate(),
            );
        return [users];
    },
});
