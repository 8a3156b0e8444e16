//! Reason codes of the host's own: why a row is held although its rule did not say so.
//!
//! They are stable, for filters and counters. A rule's own reasons carry the rule's own codes.

/// The rule trapped on the row.
pub const TRAPPED: &str = "RuleTrapped";
/// The rule used up the fuel of a call on the row alone.
pub const TOO_EXPENSIVE: &str = "RuleTooExpensive";
/// The rule was interrupted by the clock, twice, on the row alone.
pub const TOO_SLOW: &str = "RuleTooSlow";
/// The rule wanted more memory than a call may have.
pub const TOO_MUCH_MEMORY: &str = "RuleTooMuchMemory";
/// The answer breaks the contract: a wrong count, a position out of range, a value of another type.
pub const ANSWER_MALFORMED: &str = "RuleAnswerMalformed";
/// The answer for the row alone is larger than an answer may be.
pub const ANSWER_TOO_LARGE: &str = "RuleAnswerTooLarge";
/// The rule looked into a table that it does not declare (law L8).
pub const UNDECLARED_TABLE: &str = "RuleUndeclaredTable";
/// The rule refused the settings that it had accepted before.
pub const SETTINGS_REFUSED: &str = "RuleSettingsRefused";
/// The row is larger than a call may be.
pub const ROW_TOO_LARGE: &str = "RuleRowTooLarge";
/// The row does not have the generation's columns; a fault of the caller.
pub const ROW_MALFORMED: &str = "RuleRowMalformed";
/// The row was not tried, since too many others of its batch had used up their fuel.
pub const NOT_TRIED: &str = "RuleNotTried";
/// Whether a reason says something of the moment rather than of the row: the clock, or what the
/// row's neighbours used up. The row is to be asked again.
pub fn is_passing(code: &str) -> bool {
    code == TOO_SLOW || code == NOT_TRIED
}

/// No layer maps objects of this kind.
pub const NO_MAPPING: &str = "RuleMissing";

/// Whether an object is held with this code because a rule failed on it, rather than decided so.
pub fn is_failure(code: &str) -> bool {
    [
        TRAPPED,
        TOO_EXPENSIVE,
        TOO_SLOW,
        TOO_MUCH_MEMORY,
        ANSWER_MALFORMED,
        ANSWER_TOO_LARGE,
        UNDECLARED_TABLE,
        SETTINGS_REFUSED,
        ROW_TOO_LARGE,
        NOT_TRIED,
    ]
    .contains(&code)
}
