/** Does what a rule must not, or cannot: the department says what. Tried by `cargo xtask guests`. */

import { Change, compute, rule, ruleset, text } from "./syncline.mjs";

let calls = 0;

const DEEDS = {
    clock: () => Date.now(),
    date: () => new Date(),
    performance: () => performance.now(),
    randomness: () => Math.random(),
    cryptography: () => crypto.randomUUID(),
    network: () => fetch("http://localhost/"),
    timer: () => setTimeout(() => {}),
    mistake: () => missing,
    recursion: function deeper() {
        return deeper() + "";
    },
    surrogate: () => "\ud800",
    printed: () => console.log("printed") ?? "printed",
    parsed: () => new Date("2026-01-02T03:04:05Z").toISOString(),
    locale: () => `${"ı".localeCompare("z") > 0} ${"I".toLocaleLowerCase("tr")} ${new Date(0).getTimezoneOffset()}`,
    // What the last call remembered would show as another number.
    remembered: () => String(++calls > 512),
};

export default rule({
    name: "impure",
    version: "1.0.0",
    summary: "Does what a rule must not",
    rulesets: () => [
        ruleset("user").shape("guest").outputs(
            compute("department", [text("department")], (deed) =>
                deed in DEEDS ? Change.set(DEEDS[deed]()) : Change.keep)),
    ],
});
