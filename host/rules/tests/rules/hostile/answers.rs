//! Answers that break the contract byte by byte, as no tool chain would make them: the row they are
//! given for is held, its neighbours are not, and the next good answer counts.
//!
//! The guest is that of `fuzz/`: it answers what a row's text spells in hexadecimal digits.

use serde_json::json;
use syncline_directory::{Change, Outcome, Value, Verdict};
use syncline_rules::{ActivationError, Component, Generation, LayerSpec, Tables, codes};

use crate::guest::{Layout, WIT, admitted, componentize, context, engine, mapping_rows, rows};

const WAT: &str = include_str!("../../../../../fuzz/src/guest.wat");
/// Where the guest lays out what it answers, and how much memory it has.
const START: usize = 65_536;
const MEMORY: usize = 1 << 20;

fn echo() -> (syncline_rules::RulesEngine, Component) {
    let engine = engine();
    let component = admitted(
        &engine,
        &componentize(&WAT.replace("{{version}}", "1.0.0"), WIT),
    );
    (engine, component)
}

fn assembled(settings: serde_json::Value) -> Result<Generation, ActivationError> {
    let (engine, component) = echo();
    let layer = LayerSpec {
        plugin: syncline_directory::PluginName::new("test"),
        component,
        settings,
        overrides: Vec::new(),
    };
    Generation::assemble(&engine, vec![layer], Tables::default())
}

/// An answer of one element, and where its parts are.
struct Answer {
    memory: Layout,
    element: usize,
    changes: usize,
}

impl Answer {
    /// `ok` of a list of one element of twenty bytes, which all answers for a row have.
    fn of_one() -> Self {
        let mut memory = Layout {
            start: START,
            bytes: vec![0; 12],
        };
        let element = memory.list(4, 1, 20);
        Self {
            memory,
            element,
            changes: 0,
        }
    }

    /// An outcome that writes a guest and keeps all three of its attributes.
    fn outcome() -> Self {
        let mut answer = Self::of_one();
        answer.byte(answer.element + 4, 1);
        answer.byte(answer.element + 5, 2);
        answer.changes = answer.memory.list(answer.element + 8, 3, 24);
        answer
    }

    fn byte(&mut self, at: usize, byte: u8) {
        self.memory.bytes[at] = byte;
    }

    fn word(&mut self, at: usize, word: usize) {
        self.memory.word(at, word);
    }

    /// Sets an output to a value of this kind; returns where the value's content is.
    fn set(&mut self, output: usize, kind: u8) -> usize {
        let change = self.changes + output * 24;
        self.byte(change, 2);
        self.byte(change + 8, kind);
        change + 16
    }

    fn digits(&self) -> String {
        hex::encode(&self.memory.bytes)
    }
}

const ABSENT: u8 = 0;
const TEXT: u8 = 1;
const BOOLEAN: u8 = 2;
const INTEGER: u8 = 3;
const TEXTS: u8 = 4;
const REFERENCE: u8 = 5;

/// A change of ranked candidates.
const FIRST_FREE: u8 = 4;

/// A case: what the answer does, the code that its row is held with, and how.
type Case = (&'static str, &'static str, fn(&mut Answer));

const MALFORMED: &str = codes::ANSWER_MALFORMED;
const TOO_LARGE: &str = codes::ANSWER_TOO_LARGE;

const OUTCOMES: &[Case] = &[
    ("a result that is neither ok nor error", MALFORMED, |a| {
        a.byte(0, 2)
    }),
    ("a list beyond the end of memory", MALFORMED, |a| {
        a.word(4, MEMORY)
    }),
    (
        "a list that begins before the end and ends behind it",
        MALFORMED,
        |a| {
            a.word(4, MEMORY - 4);
        },
    ),
    ("a list at the highest address", MALFORMED, |a| {
        a.word(4, 0xffff_fffc)
    }),
    ("a list whose length lies", MALFORMED, |a| {
        a.word(8, 0xffff_ffff)
    }),
    ("a list whose size overflows", MALFORMED, |a| {
        a.word(8, 0x0ccc_cccd)
    }),
    ("a list at an address that is not aligned", MALFORMED, |a| {
        a.word(4, START + 17)
    }),
    ("no answer", MALFORMED, |a| a.word(8, 0)),
    ("two answers for one row", MALFORMED, |a| a.word(8, 2)),
    ("as many answers as fit into memory", MALFORMED, |a| {
        a.word(8, 40_000)
    }),
    ("an outcome that does not exist", MALFORMED, |a| {
        a.byte(a.element, 3)
    }),
    ("an outcome of all bits", MALFORMED, |a| {
        a.byte(a.element, 0xff)
    }),
    ("an option that is neither some nor none", MALFORMED, |a| {
        a.byte(a.element + 4, 2)
    }),
    ("a shape that does not exist", MALFORMED, |a| {
        a.byte(a.element + 5, 6)
    }),
    ("no shape", MALFORMED, |a| a.byte(a.element + 4, 0)),
    ("fewer changes than outputs", MALFORMED, |a| {
        a.word(a.element + 12, 2)
    }),
    ("more changes than outputs", MALFORMED, |a| {
        a.word(a.element + 12, 4)
    }),
    ("changes beyond the end of memory", MALFORMED, |a| {
        a.word(a.element + 8, MEMORY)
    }),
    ("changes that are not aligned", MALFORMED, |a| {
        a.word(a.element + 8, START + 33)
    }),
    ("a change that does not exist", MALFORMED, |a| {
        a.byte(a.changes, 6)
    }),
    ("a value that does not exist", MALFORMED, |a| {
        a.set(0, 7);
    }),
    ("a truth for a text", MALFORMED, |a| {
        a.set(0, BOOLEAN);
    }),
    ("a number for a text", MALFORMED, |a| {
        a.set(0, INTEGER);
    }),
    ("a reference for a text", MALFORMED, |a| {
        a.set(0, REFERENCE);
    }),
    ("several texts for one", MALFORMED, |a| {
        let at = a.set(0, TEXTS);
        a.memory.texts(at, &["Sales"]);
    }),
    ("candidates without a value", MALFORMED, |a| {
        a.byte(a.changes, FIRST_FREE);
        a.memory.list(a.changes + 8, 2, 16);
    }),
    ("a text for a truth", MALFORMED, |a| {
        a.set(1, TEXT);
    }),
    ("a text for several", MALFORMED, |a| {
        a.set(2, TEXT);
    }),
    ("a text that is no UTF-8", MALFORMED, |a| {
        text(a, b"\xff\xfe")
    }),
    ("a text with half a character", MALFORMED, |a| {
        text(a, b"a\xc3")
    }),
    ("a text with a surrogate", MALFORMED, |a| {
        text(a, b"\xed\xa0\x80")
    }),
    ("a text in too long a form", MALFORMED, |a| {
        text(a, b"\xc0\xaf")
    }),
    ("a text beyond the end of memory", MALFORMED, |a| {
        let at = a.set(0, TEXT);
        a.word(at, MEMORY - 1);
        a.word(at + 4, 2);
    }),
    ("a text whose length lies", MALFORMED, |a| {
        let at = a.set(0, TEXT);
        a.word(at + 4, 0xffff_ffff);
    }),
    (
        "a text of half a memory, four thousand times",
        TOO_LARGE,
        |a| {
            let at = a.set(2, TEXTS);
            let texts = a.memory.list(at, 4_000, 8);
            for text in 0..4_000 {
                a.word(texts + text * 8, MEMORY / 2);
                a.word(texts + text * 8 + 4, MEMORY / 2);
            }
        },
    ),
    ("a column that is not read", MALFORMED, |a| {
        a.byte(a.changes, 3);
        a.word(a.changes + 8, 1);
    }),
    ("a column of all bits", MALFORMED, |a| {
        a.byte(a.changes, 3);
        a.word(a.changes + 8, 0xffff_ffff);
    }),
    ("candidates of another type", MALFORMED, |a| {
        a.byte(a.changes, 4);
        let candidates = a.memory.list(a.changes + 8, 1, 16);
        a.byte(candidates, BOOLEAN);
    }),
    ("candidates whose number lies", MALFORMED, |a| {
        a.byte(a.changes, 4);
        a.word(a.changes + 12, 0x1000_0000);
    }),
    ("a reason beyond the end of memory", MALFORMED, |a| {
        a.byte(a.element, 2);
        a.word(a.element + 4, MEMORY);
        a.word(a.element + 8, 8);
    }),
];

fn text(answer: &mut Answer, bytes: &[u8]) {
    let at = answer.set(0, TEXT);
    let text = answer.memory.list(at, bytes.len(), 1);
    answer.memory.bytes[text..text + bytes.len()].copy_from_slice(bytes);
}

#[test]
fn law_11_each_broken_outcome_holds_its_row_and_no_other() {
    let generation = assembled(serde_json::Value::Null).unwrap();
    let good = Answer::outcome().digits();
    for (what, code, spoil) in OUTCOMES {
        let mut answer = Answer::outcome();
        spoil(&mut answer);
        // Both rows are asked about in one call first.
        let outcomes = generation.map(&context(), &mapping_rows(&[&good, &answer.digits()]));
        assert!(
            matches!(outcomes[0], Outcome::Write(_)),
            "{what}: {outcomes:?}"
        );
        match &outcomes[1] {
            Outcome::Hold(reason) => {
                assert_eq!(reason.code, *code, "{what}: {}", reason.text);
                assert!(!reason.text.chars().any(char::is_control), "{what}");
            }
            other => panic!("{what}: {other:?}"),
        }
        let outcomes = generation.map(&context(), &mapping_rows(&[&good]));
        assert!(
            matches!(outcomes[0], Outcome::Write(_)),
            "{what}: {outcomes:?}"
        );
    }
}

#[test]
fn what_is_odd_and_yet_of_the_contract_counts() {
    let generation = assembled(serde_json::Value::Null).unwrap();
    let decided = |answer: &Answer, attribute: &str| match &generation
        .map(&context(), &mapping_rows(&[&answer.digits()]))[0]
    {
        Outcome::Write(decision) => {
            let mut outputs = decision.outputs.iter();
            let output = outputs.find(|output| output.attribute.as_str() == attribute);
            output.unwrap().change.clone()
        }
        other => panic!("{other:?}"),
    };
    // Any bit makes a truth, says the canonical ABI.
    let mut answer = Answer::outcome();
    let at = answer.set(1, BOOLEAN);
    answer.byte(at, 0x80);
    assert_eq!(
        decided(&answer, "accountEnabled"),
        Change::Set(Value::Boolean(true))
    );
    // What is set to nothing is cleared, wherever its content would be.
    let mut answer = Answer::outcome();
    let at = answer.set(0, ABSENT);
    answer.word(at, 0xffff_ffff);
    assert_eq!(decided(&answer, "department"), Change::Clear);
    // As many empty texts as memory has room for are one, since values are sets.
    let mut answer = Answer::outcome();
    let at = answer.set(2, TEXTS);
    answer.word(at, MEMORY / 2);
    answer.word(at + 4, MEMORY / 16);
    let one = Change::Set(Value::Texts(vec![String::new()]));
    assert_eq!(decided(&answer, "otherMails"), one);
    // An empty text may lie anywhere in memory, even at its very end.
    let mut answer = Answer::outcome();
    let at = answer.set(0, TEXT);
    answer.word(at, MEMORY);
    assert!(matches!(
        decided(&answer, "department"),
        Change::Set(_) | Change::Clear
    ));
}

const VERDICTS: &[Case] = &[
    ("a verdict that does not exist", MALFORMED, |a| {
        a.byte(a.element, 3)
    }),
    ("no verdict", MALFORMED, |a| a.word(8, 0)),
    ("a reason that is no UTF-8", MALFORMED, |a| {
        a.byte(a.element, 1);
        let code = a.memory.list(a.element + 4, 1, 1);
        a.byte(code, 0xff);
    }),
    ("a result that is neither ok nor error", MALFORMED, |a| {
        a.byte(0, 0xff)
    }),
];

const KEYS: &[Case] = &[
    ("keys that are neither there nor refused", MALFORMED, |a| {
        a.byte(a.element, 2)
    }),
    ("keys beyond the end of memory", MALFORMED, |a| {
        a.word(a.element + 4, MEMORY);
        a.word(a.element + 8, 1);
    }),
    ("keys without a value", MALFORMED, |a| {
        a.memory.list(a.element + 4, 1, 16);
    }),
    (
        "a key for an attribute that is not declared",
        MALFORMED,
        |a| {
            let key = a.memory.list(a.element + 4, 1, 16);
            a.word(key, 1);
            a.memory.text(key + 4, "alice@contoso.com");
        },
    ),
    ("keys, as many as memory has room for", MALFORMED, |a| {
        a.word(a.element + 4, MEMORY / 2);
        a.word(a.element + 8, MEMORY / 32);
    }),
];

#[test]
fn law_11_a_broken_verdict_or_key_is_a_hold_and_never_out_of_scope_or_without_a_match() {
    let generation = assembled(serde_json::Value::Null).unwrap();
    for (what, code, spoil) in VERDICTS {
        let mut answer = Answer::of_one();
        spoil(&mut answer);
        let good = Answer::of_one().digits();
        let verdicts = generation.scope(&context(), &rows(&[&good, &answer.digits()]));
        assert_eq!(verdicts[0], Verdict::InScope, "{what}");
        assert!(
            matches!(&verdicts[1], Verdict::Hold(reason) if reason.code == *code),
            "{what}: {verdicts:?}"
        );
    }
    for (what, code, spoil) in KEYS {
        let mut answer = Answer::of_one();
        spoil(&mut answer);
        let good = Answer::of_one().digits();
        let keys = generation.keys(&context(), &rows(&[&good, &answer.digits()]));
        assert_eq!(keys[0], Ok(vec![]), "{what}");
        assert_eq!(
            keys[1].as_ref().unwrap_err().code,
            *code,
            "{what}: {keys:?}"
        );
    }
}

/// A description of one ruleset, and where that is.
fn description() -> (Layout, usize) {
    let mut memory = Layout {
        start: START,
        bytes: vec![0; 36],
    };
    memory.text(4, "test rule");
    memory.text(12, "1.2.3");
    memory.text(20, "does what its settings say");
    let ruleset = memory.list(28, 1, 84);
    memory.texts(ruleset + 4, &["department"]);
    (memory, ruleset)
}

type Spoiled = (&'static str, fn(&mut Layout, usize));

const DESCRIPTIONS: &[Spoiled] = &[
    ("neither a description nor an error", |m, _| m.bytes[0] = 2),
    ("rulesets beyond the end of memory", |m, _| {
        m.word(28, MEMORY)
    }),
    ("rulesets whose number lies", |m, _| m.word(32, 0xffff_ffff)),
    ("a kind that does not exist", |m, r| m.bytes[r] = 3),
    ("an attribute that does not exist", |m, r| {
        m.texts(r + 4, &["shoeSize"])
    }),
    ("an attribute without a name", |m, r| m.texts(r + 4, &[""])),
    ("an attribute twice", |m, r| {
        m.texts(r + 4, &["department", "department"])
    }),
    ("a stage that is neither there nor not", |m, r| {
        m.bytes[r + 20] = 2
    }),
    ("an input that does not exist", |m, r| {
        m.bytes[r + 20] = 1;
        let input = m.list(r + 24, 1, 12);
        m.bytes[input] = 4;
    }),
    ("an input that is not read", |m, r| {
        m.bytes[r + 20] = 1;
        let input = m.list(r + 24, 1, 12);
        m.word(input + 4, 7);
    }),
    ("a name that a terminal would obey", |m, r| {
        m.texts(r + 4, &["\u{1b}]0;owned\u{7}\u{202e}"]);
    }),
    ("a name of half a memory", |m, r| {
        m.word(r + 4, START);
        m.word(r + 8, 1);
        m.word(0, 0);
        m.word(4, MEMORY / 2);
        m.word(8, MEMORY / 2);
    }),
];

#[test]
fn law_11_a_broken_description_is_refused_in_printable_words() {
    let (good, _) = description();
    assembled(json!({ "x": hex::encode(&good.bytes) }))
        .expect("without a stage there is nothing to do, and nothing wrong");
    for (what, spoil) in DESCRIPTIONS {
        let (mut memory, ruleset) = description();
        spoil(&mut memory, ruleset);
        let error = assembled(json!({ "x": hex::encode(&memory.bytes) })).expect_err(what);
        let mut text = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(error) = source {
            text = format!("{text}: {error}");
            source = error.source();
        }
        assert!(text.len() < 3_000, "{what}: {} bytes", text.len());
        assert!(
            !text.chars().any(|c| c.is_control() || c == '\u{202e}'),
            "{what}: {text:?}"
        );
    }
}

#[test]
fn law_11_what_a_rule_says_of_itself_and_of_a_row_is_printable() {
    let generation = assembled(serde_json::Value::Null).unwrap();
    let mut answer = Answer::of_one();
    answer.byte(answer.element, 2);
    answer.memory.text(answer.element + 4, "Code\u{1b}[2J\0");
    answer.memory.text(
        answer.element + 12,
        "a\u{9b}31m b\u{202e}c\r\nd\u{7f}\u{feff}",
    );
    let outcomes = generation.map(&context(), &mapping_rows(&[&answer.digits()]));
    let Outcome::Hold(reason) = &outcomes[0] else {
        panic!("{outcomes:?}");
    };
    for text in [&reason.code, &reason.text] {
        assert!(
            !text
                .chars()
                .any(|c| c.is_control() || matches!(c, '\u{202e}' | '\u{feff}')),
            "{text:?}"
        );
    }
}
