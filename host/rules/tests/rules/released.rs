//! A component of each released version of the contract, as it was built then, still serves.
//!
//! The files are kept for ever (`docs/contract.md`). With `KEEP_RELEASED=1` in the environment the
//! version that has none gets one.

use std::path::PathBuf;

use syncline_directory::{Change, MatchKey, Outcome, Output, Reason, Shape, Value, Verdict};
use syncline_rules::{Generation, MappingRow, Tables};

use crate::guest::{Guest, Input, WIT, context, engine, layer, with_section};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/rules/released")
}

/// Returns the version of `wit/rules.wit`.
fn offered() -> &'static str {
    let (_, rest) = WIT.split_once("package syncline:rules@").unwrap();
    rest.split_once(';').unwrap().0
}

/// A rule of version 1.0.0 that uses all there is: every sort of input, both imports, every stage. Later
/// versions build theirs upon it.
fn everything() -> Guest {
    Guest {
        reads: vec!["department", "city"],
        target_reads: vec!["companyName"],
        outputs: vec![
            (
                "city",
                0,
                vec![Input::Source(1), Input::Table("regions"), Input::Time],
            ),
            ("companyName", 1, vec![Input::Source(1), Input::Target(0)]),
        ],
        unseen: vec![1],
        ..Guest::default()
    }
}

/// The components that are kept, by version.
fn kept() -> Vec<(String, Vec<u8>)> {
    let own = folder().join(format!("{}.wasm", offered()));
    if std::env::var_os("KEEP_RELEASED").is_some() && !own.exists() {
        let samples = br#"[{"kind":"user","source":{"department":"Sales","city":"Paris"}}]"#;
        let bytes = with_section(everything().build(), "syncline:samples", samples);
        std::fs::write(&own, bytes).unwrap();
    }
    let files = std::fs::read_dir(folder()).unwrap();
    let paths = files.map(|file| file.unwrap().path());
    paths
        .map(|path| {
            let version = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (version, std::fs::read(path).unwrap())
        })
        .collect()
}

fn serving(bytes: &[u8]) -> Generation {
    let engine = engine();
    let mut tables = Tables::default();
    let line = vec!["Gotham".to_owned()];
    let regions = tables.0.entry("regions".to_owned()).or_default();
    regions.insert("secret".to_owned(), line);
    let layers = vec![layer(&engine, "released", bytes)];
    Generation::assemble(&engine, layers, tables).unwrap()
}

/// A person whose department says what the rule does, as columns sorted by name.
fn person(department: &str) -> Vec<Value> {
    vec![Value::text("Paris"), Value::text(department)]
}

fn reason() -> Reason {
    Reason::new("TestCode", "because \\u{1b}[31m of the test")
}

#[test]
fn the_version_that_is_offered_has_a_component_that_is_kept() {
    let kept = kept();
    assert!(
        kept.iter().any(|(version, _)| version == offered()),
        "{} has none; see docs/contract.md",
        offered()
    );
    for (version, bytes) in kept {
        let name = format!("syncline:rules/manifest@{version}");
        let names = bytes
            .windows(name.len())
            .any(|text| text == name.as_bytes());
        assert!(names, "{version} is built for another version");
    }
}

#[test]
fn a_component_of_each_released_version_is_admitted_and_passes_its_trial() {
    for (version, bytes) in kept() {
        let generation = serving(&bytes);
        let tried = generation.try_samples(&context());
        assert_eq!(tried.err(), None, "{version}");
        assert_eq!(generation.layers()[0].version, "1.2.3", "{version}");
    }
}

#[test]
fn a_component_of_each_released_version_answers_as_it_did() {
    for (version, bytes) in kept() {
        let generation = serving(&bytes);
        let verdicts = generation.scope(&context(), &["a", "o", "+", "!"].map(person));
        assert_eq!(
            verdicts[..3],
            [
                Verdict::InScope,
                Verdict::OutOfScope(reason()),
                Verdict::Hold(reason())
            ],
            "{version}"
        );
        assert!(matches!(verdicts[3], Verdict::Hold(_)), "{version}");

        let keys = generation.keys(&context(), &["anna@contoso.com", "+"].map(person));
        let anna = MatchKey {
            attribute: "mail".into(),
            value: "anna@contoso.com".to_owned(),
            tier: 1,
        };
        assert_eq!(keys, [Ok(vec![anna]), Err(reason())], "{version}");

        // What it sets to a text, to a column that it does not see, to what a table says, to the
        // time; what it clears; whom it skips and holds.
        let rows = ["x-ray", "s1", "t", "n", "c", "-", "+"].map(|department| MappingRow {
            source: person(department),
            target: (department == "t").then(|| vec![Value::Absent]),
        });
        let outcomes = generation.map(&context(), &rows[1..]);
        let set = |text: &str| Change::Set(Value::text(text));
        let cities: Vec<&Change> = outcomes[..4]
            .iter()
            .map(|it| &written(it)[0].change)
            .collect();
        assert_eq!(
            cities,
            [
                &set("Paris"),
                &set("Gotham"),
                &set("2026-11-23T10:00:00Z"),
                &Change::Clear
            ],
            "{version}"
        );
        assert_eq!(written(&outcomes[0])[1].change, set("Paris"), "{version}");
        assert_eq!(written(&outcomes[3])[1].change, set("c"), "{version}");
        assert_eq!(outcomes[4], Outcome::Skip(reason()), "{version}");
        assert_eq!(outcomes[5], Outcome::Hold(reason()), "{version}");
        // A call that is refused as a whole.
        let outcomes = generation.map(&context(), &rows[..1]);
        assert!(
            matches!(&outcomes[0], Outcome::Hold(held) if held.code == "TestCode"),
            "{version}: {outcomes:?}"
        );
    }
}

#[track_caller]
fn written(outcome: &Outcome) -> &[Output] {
    match outcome {
        Outcome::Write(decision) => {
            assert_eq!(decision.shape, Shape::ExternalMember);
            &decision.outputs
        }
        other => panic!("{other:?}"),
    }
}
