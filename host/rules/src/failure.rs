//! How a call can fail, and the reason that the rows it failed on are held with.

use syncline_directory::{PluginName, Reason};

use crate::codes;

/// Why a rule gave no answer for a row that can be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It trapped; the text is printable.
    Trapped(String),
    /// It ran out of fuel.
    TooExpensive,
    /// The clock interrupted it: the one failure that need not repeat itself.
    TooSlow,
    /// It wanted this much memory.
    TooMuchMemory { wanted: usize, memory_max: usize },
    /// Its answer breaks the contract; the text is printable.
    AnswerMalformed(String),
    /// Its answer is too large.
    AnswerTooLarge,
    /// It looked into this table, which it does not declare; the name is printable.
    UndeclaredTable(String),
    /// It refused its settings; the text is printable.
    SettingsRefused(String),
    /// It answered that it cannot decide about any row of the call.
    Refused(Reason),
    /// The row alone exceeds what a call may carry.
    RowTooLarge,
    /// The failures of other rows had used up what the batch may cost.
    NotTried,
}

impl Failure {
    /// Returns what happened where no object is concerned, as a sentence without its subject.
    pub(crate) fn sentence(self) -> String {
        match self {
            Self::Refused(reason) => reason.text,
            Self::Trapped(text) | Self::AnswerMalformed(text) | Self::SettingsRefused(text) => text,
            Self::TooExpensive => "it used up the fuel of a call".to_owned(),
            Self::TooSlow => "it was interrupted by the clock".to_owned(),
            Self::TooMuchMemory { wanted, memory_max } => {
                format!("it wanted {wanted} bytes of memory, it may have {memory_max}")
            }
            Self::AnswerTooLarge => "it answered with too much".to_owned(),
            Self::UndeclaredTable(table) => {
                format!("it looked into table `{table}` before it could declare one")
            }
            Self::RowTooLarge | Self::NotTried => "it was not asked".to_owned(),
        }
    }

    /// Returns the reason to hold a row with.
    pub(crate) fn reason(self, plugin: &PluginName) -> Reason {
        let (code, text) = match self {
            Self::Refused(reason) => return reason,
            Self::Trapped(text) => (codes::TRAPPED, format!("rule `{plugin}` trapped: {text}")),
            Self::TooExpensive => (
                codes::TOO_EXPENSIVE,
                format!("rule `{plugin}` used up the fuel of a call on this object alone"),
            ),
            Self::TooSlow => (
                codes::TOO_SLOW,
                format!("rule `{plugin}` was interrupted twice on this object alone"),
            ),
            Self::TooMuchMemory { wanted, memory_max } => (
                codes::TOO_MUCH_MEMORY,
                format!(
                    "rule `{plugin}` wanted {wanted} bytes of memory, it may have {memory_max}"
                ),
            ),
            Self::AnswerMalformed(text) => (
                codes::ANSWER_MALFORMED,
                format!("rule `{plugin}` answered wrongly: {text}"),
            ),
            Self::AnswerTooLarge => (
                codes::ANSWER_TOO_LARGE,
                format!("rule `{plugin}` answered with too much"),
            ),
            Self::UndeclaredTable(table) => (
                codes::UNDECLARED_TABLE,
                format!("rule `{plugin}` looked into table `{table}`, which it does not declare"),
            ),
            Self::SettingsRefused(text) => (
                codes::SETTINGS_REFUSED,
                format!("rule `{plugin}` refused the settings that it had accepted: {text}"),
            ),
            Self::RowTooLarge => (
                codes::ROW_TOO_LARGE,
                format!("this object's values are more than rule `{plugin}` can be given"),
            ),
            Self::NotTried => (
                codes::NOT_TRIED,
                format!(
                    "rule `{plugin}` was not asked, since it had failed too expensively on other \
                     objects of the batch"
                ),
            ),
        };
        Reason::new(code, text)
    }
}
