/**
 * Takes away what would make a rule impure, before any of the rule is evaluated. There is nothing to
 * change here.
 *
 * A component has no clock and no randomness, but JavaScript has words for them: without this,
 * `Date.now()` would be the time at which the component was built, and `Math.random()` the same numbers
 * in each call, so that an object's value followed from its place among others. A rule that uses such a
 * word holds the object and says so.
 */

import { write } from "syncline:rules/log@1.0.0";

function missing(what, instead) {
    return () => {
        throw new Error(`a rule has no ${what}${instead ? `; ${instead}` : ""}`);
    };
}

const noClock = missing("clock", "name NOW among the inputs");
const noRandomness = missing("randomness");
const noTimers = missing("timers");

const ParsedDate = Date;
globalThis.Date = class Date extends ParsedDate {
    constructor(...parts) {
        if (parts.length === 0) noClock();
        super(...parts);
    }

    static now() {
        return noClock();
    }
};
Math.random = noRandomness;

const GONE = {
    crypto: noRandomness,
    performance: noClock,
    fetch: missing("network"),
    setTimeout: noTimers,
    setInterval: noTimers,
};
for (const [name, get] of Object.entries(GONE)) {
    Object.defineProperty(globalThis, name, { get, configurable: true });
}

const logger = (level) => (...words) => write(level, words.map(String).join(" "));
globalThis.console = {
    debug: logger("debug"),
    log: logger("info"),
    info: logger("info"),
    warn: logger("warn"),
    error: logger("error"),
};
