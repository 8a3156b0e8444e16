//! What `serde_json` reads, this reads to the same value; what it refuses, this refuses.

use std::{collections::BTreeMap, fmt::Debug};

use serde::de::DeserializeOwned;

use super::*;

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct Settings {
    text: String,
    letter: char,
    truth: bool,
    small: u8,
    large: i64,
    share: f64,
    perhaps: Option<i32>,
    nothing: (),
    pair: (u8, String),
    list: Vec<Settings>,
    by_name: BTreeMap<String, u16>,
    by_number: BTreeMap<u32, Kind>,
    by_kind: BTreeMap<Plain, String>,
    kind: Kind,
    any: Vec<Any>,
    wrapped: Wrapped,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
struct Wrapped(String);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
enum Plain {
    One,
    Two,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    #[default]
    Bare,
    Newtype(i8),
    Tuple(bool, bool),
    Fields {
        length: u32,
    },
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(untagged)]
enum Any {
    Truth(bool),
    Whole(i64),
    Part(f64),
    Text(String),
    List(Vec<Any>),
    Map(BTreeMap<String, Any>),
    Nothing,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Loose {
    known: u8,
    #[serde(flatten)]
    others: BTreeMap<String, Any>,
}

#[derive(Debug, PartialEq, Deserialize)]
struct Ignoring {
    known: u8,
}

#[track_caller]
fn check<T: DeserializeOwned + Debug + PartialEq>(json: &str) {
    match (read::<T>(json), serde_json::from_str::<T>(json)) {
        (Ok(ours), Ok(theirs)) => assert_eq!(ours, theirs, "{json}"),
        (Err(_), Err(_)) => {}
        (ours, theirs) => panic!("{json}: {ours:?}, serde_json has {theirs:?}"),
    }
}

/// Returns a text, and texts that are near it and mostly wrong.
fn near(json: &str) -> impl Iterator<Item = String> {
    let places = json.char_indices().map(|(place, _)| place);
    places.flat_map(move |place| {
        let (before, after) = json.split_at(place);
        let less = after.chars().skip(1).collect::<String>();
        let more = [",", "]", "}", "0", "\"", "\\", " ", "\u{1}", "e", "-", "."];
        let more = more.map(|more| format!("{before}{more}{after}"));
        [before.to_owned(), format!("{before}{less}")]
            .into_iter()
            .chain(more)
    })
}

const SETTINGS: &str = r#"
    {"text": "\"\\\/\b\f\n\r\t å Å 😀 \u00e5\ud83d\uDE00", "letter": "ł", "truth": true,
     "small": 255, "large": -9223372036854775808, "share": -0.5e-3, "perhaps": null,
     "nothing": null, "pair": [7, ""], "list": [{"list": []}, {}],
     "by-name": {"a": 1, "b\t": 65535}, "by-number": {"10": "bare", "2": {"newtype": -8}},
     "by-kind": {"One": "x", "Two": "y"}, "kind": {"fields": {"length": 3}},
     "any": [true, -1, 1.5, 25e-1, "x", [null, []], {"k": {}}, null],
     "wrapped": "w"}"#;

#[test]
fn settings_are_read_as_by_serde_json() {
    assert!(read::<Settings>(SETTINGS).is_ok());
    check::<Settings>(SETTINGS);
    for text in near(SETTINGS) {
        check::<Settings>(&text);
    }
}

#[test]
fn values_of_any_sort_are_read_as_by_serde_json() {
    let numbers = [
        "0",
        "-0",
        "00",
        "01",
        "1.",
        ".5",
        "1.5",
        "1e3",
        "1E+3",
        "1e",
        "-",
        "+1",
        "1e400",
        "-1e400",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775809",
        "NaN",
        "Infinity",
    ];
    for text in numbers {
        check::<Any>(text);
        check::<f64>(text);
        check::<u8>(text);
        check::<i64>(text);
    }
    let others = [
        r#""\ud83d""#,
        r#""\ude00\ud83d""#,
        r#""\ud83d\u0041""#,
        r#""\u12""#,
        r#""\u12g4""#,
        r#""\x""#,
        r#""\ud83d\n""#,
        "\"\u{7f}\"",
        "\"\n\"",
        "tru",
        "nulll",
        "[1,]",
        "[,1]",
        "{,}",
        r#"{"a":1,}"#,
        r#"{"a" 1}"#,
        "{1:2}",
        r#"{"tuple":[true,false]}"#,
        r#"{"tuple":[true]}"#,
        r#"{"bare":null}"#,
        r#"{"bare":1}"#,
        r#""newtype""#,
        r#"{"newtype":1,"bare":null}"#,
        r#"{"known":1,"more":{"deep":[1.5,"\n"]}}"#,
        r#"{"more":1}"#,
        r#"{"known":1,"known":2}"#,
        "",
        " ",
        "[",
        "{",
        "\"",
        "{}{}",
        "null ",
    ];
    for text in others {
        check::<Any>(text);
        check::<Kind>(text);
        check::<Loose>(text);
        check::<Ignoring>(text);
    }
}

#[test]
fn nesting_has_a_limit() {
    let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    assert!(read::<Any>(&nested(usize::from(DEPTH_MAX))).is_ok());
    let error = read::<Any>(&nested(usize::from(DEPTH_MAX) + 1)).unwrap_err();
    assert_eq!(error.message, "it is nested too deep");
    assert!(read::<Any>(&"[".repeat(1 << 20)).is_err());
}

#[test]
fn errors_say_where_and_what() {
    #[track_caller]
    fn check(json: &str, path: &str, message: &str) {
        let error = read::<Settings>(json).unwrap_err();
        assert_eq!(
            (error.path.as_str(), error.message.as_str()),
            (path, message)
        );
    }
    check(
        r#"{"list":[{},{"list":[{"small":-1}]}]}"#,
        "list[1].list[0].small",
        "invalid value: integer `-1`, expected u8",
    );
    check(
        r#"{"by-name":{"a":0.5}}"#,
        "by-name.a",
        "invalid type: a number, expected u16",
    );
    check(
        r#"{"kind":{"fields":{}}}"#,
        "kind.fields",
        "missing field `length`",
    );
    check(
        r#"{"kind":"newtype"}"#,
        "kind",
        "invalid type: a variant's name alone, expected a variant with a value",
    );
    check(
        r#"{"text":"å","truth":"ja"}"#,
        "truth",
        "invalid type: string `ja`, expected a boolean",
    );
}
