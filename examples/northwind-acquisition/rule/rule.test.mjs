/** The rule without WebAssembly: `npm test`. */

import assert from "node:assert/strict";
import { test } from "node:test";

import rule from "./rule.mjs";
import { trial } from "./syncline.mjs";

const tables = { companies: { Sales: ["Northwind Traders", "NW-100"] } };

const nadia = {
    accountEnabled: true,
    department: "Sales",
    displayName: "Nadia Haddad",
    mail: "nadia.haddad@northwind.com",
    officeLocation: "Lyon / 4",
    userPrincipalName: "nadia.haddad@northwind.com",
    userType: "Member",
};

const set = (val) => ({ tag: "set", val });

test("a department gives the company and its cost center", () => {
    const { shape, changes } = trial(rule, { tables }).map("user", nadia);
    assert.equal(shape, "external-member");
    assert.deepEqual(changes.companyName, set("Northwind Traders"));
    assert.deepEqual(changes["onPremisesExtensionAttributes/extensionAttribute2"], set("NW-100"));
    assert.deepEqual(changes.displayName, set("Nadia Haddad (Northwind)"));
    assert.deepEqual(changes.officeLocation, set("Lyon"));
});

test("a department that is not in the table belongs to the group itself", () => {
    const { changes } = trial(rule, { tables }).map("user", { ...nadia, department: "Kitchen" });
    assert.deepEqual(changes.companyName, set("Northwind"));
    assert.deepEqual(changes["onPremisesExtensionAttributes/extensionAttribute2"], { tag: "clear" });
});

test("guests, and people of departments that are left out, stay behind", () => {
    const { scope } = trial(rule);
    assert.equal(scope("user", nadia).tag, "in-scope");
    assert.equal(scope("user", { ...nadia, department: "BOARD " }).val.code, "DepartmentLeftOut");
    for (const external of [{ userType: "guest" }, { creationType: "Invitation" },
        { userPrincipalName: "a_b.example#EXT#@northwind.onmicrosoft.com" }]) {
        assert.equal(scope("user", { ...nadia, ...external }).val.code, "ExternalUserFiltered");
    }
});

test("a name that does not fit with the group is refused, the rest goes on", () => {
    const { outcome, changes } = trial(rule, { tables }).map("user", { ...nadia, displayName: "å".repeat(250) });
    assert.equal(outcome, "write");
    assert.equal(changes.displayName.val.code, "ValueTooLong");
});

test("settings change the group's name, and a wrong one is named", () => {
    const { changes } = trial(rule, { settings: { group: "NW", nulls: "keep" } }).map("user", nadia);
    assert.deepEqual(changes.companyName, set("NW"));
    assert.deepEqual(changes.city, { tag: "keep" });
    assert.throws(() => trial(rule, { settings: { group: "" } }), { path: "group" });
    assert.throws(() => trial(rule, { settings: { "left-out": "Board" } }), { path: "left-out" });
});
