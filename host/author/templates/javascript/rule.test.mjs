/** The rule without WebAssembly: `npm test`. */

import assert from "node:assert/strict";
import { test } from "node:test";

import rule from "./rule.mjs";
import { trial } from "./syncline.mjs";

const anna = {
    displayName: "Anna Åkesson",
    mail: "anna.akesson@contoso.com",
    department: "Sales",
    city: "Göteborg",
};

test("people come over with their company before their department", () => {
    const { outcome, shape, changes } = trial(rule).map("user", anna);
    assert.equal(outcome, "write");
    assert.equal(shape, "external-member");
    assert.deepEqual(changes.department, { tag: "set", val: "Contoso Sales" });
    assert.deepEqual(changes.city, { tag: "set", val: "Göteborg" });
    assert.deepEqual(changes.country, { tag: "clear" });
});

test("guests and contractors stay behind", () => {
    const { scope } = trial(rule);
    assert.equal(scope("user", anna).tag, "in-scope");
    assert.equal(scope("user", { ...anna, userType: "Guest" }).val.code, "Guest");
    assert.equal(scope("user", { ...anna, department: "Contractors" }).val.code, "LeftOut");
});

test("people are found again by their address", () => {
    const { keys } = trial(rule);
    assert.deepEqual(keys("user", anna), [{ tier: 0, attribute: "mail", value: anna.mail }]);
    assert.deepEqual(keys("user", {}), []);
});

test("nobody is invited without an address, and nobody is lost for want of one", () => {
    const { map } = trial(rule);
    const { mail, ...silent } = anna;
    assert.equal(map("user", silent).reason.code, "MissingValues");
    assert.equal(map("user", silent, {}).outcome, "write");
});

test("settings change the company, and a wrong one is named", () => {
    const settings = { company: "Northwind", nulls: "keep" };
    const { changes } = trial(rule, { settings }).map("user", anna);
    assert.deepEqual(changes.companyName, { tag: "set", val: "Northwind" });
    assert.deepEqual(changes.country, { tag: "keep" });
    assert.throws(() => trial(rule, { settings: { company: " " } }), { path: "company" });
    assert.throws(() => trial(rule, { settings: { compny: "Northwind" } }), { path: "compny" });
});
