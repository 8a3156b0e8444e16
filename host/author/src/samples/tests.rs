//! Samples as people write them: what is read, what is refused and where, and what accepting changes.

use std::path::PathBuf;

use syncline_directory::{AttributeName, Change, Value};

use super::{SampleFile, expected::*, parse, update, written};

const PEOPLE: &str = r#"# The people of Contoso.
- name: Anna   # who came first
  kind: user
  source:
    displayName: Anna Åkesson
    employeeId: 007
    usageLocation: NO
    accountEnabled: true
    businessPhones: ["+46 31 1"]
    mail: null
  target: {}
  expect:
    scope: in-scope
    changes:
      city: Göteborg # as in the source
      department: null
      jobTitle: { refuse: ValueTooLong }
      mailNickname: { first-free: [anna, anna2] }

# Somebody else.
- kind: user
  source: { displayName: "Sam: Reyes" }
  now: 2026-11-24T10:00:00Z
  settings: { prefix: X }
  tables: { regions: { SE: Nordic, NO: [Nordic, Arctic] } }
  earlier: { department: Sales }
  context: { target: { default-domain: fabrikam.example } }
"#;

fn file(name: &str, text: &str) -> SampleFile {
    SampleFile {
        path: PathBuf::from(name),
        text: text.to_owned(),
        samples: parse(text).unwrap(),
    }
}

#[test]
fn a_sample_is_read_by_the_types_that_graph_gives_attributes() {
    let samples = parse(PEOPLE).unwrap();
    let anna = &samples[0];
    assert_eq!((anna.name.as_str(), anna.line), ("Anna", 2));
    assert_eq!(anna.source["employeeId"], Value::text("007"));
    assert_eq!(anna.source["usageLocation"], Value::text("NO"));
    assert_eq!(anna.source["accountEnabled"], Value::Boolean(true));
    assert_eq!(anna.source["businessPhones"], Value::texts(["+46 31 1"]));
    assert_eq!(anna.source["mail"], Value::Absent);
    assert!(anna.target.as_ref().is_some_and(|target| target.is_empty()));
    let changes = anna.expected.changes.as_ref().unwrap();
    let change = |name: &str| &changes[&AttributeName::new(name)];
    assert_eq!(change("city"), &Change::Set(Value::text("Göteborg")));
    assert_eq!(change("department"), &Change::Clear);
    assert!(matches!(change("jobTitle"), Change::Refuse(reason) if reason.code == "ValueTooLong"));
    assert!(matches!(change("mailNickname"), Change::FirstFree(list) if list.len() == 2));

    let sam = &samples[1];
    assert_eq!((sam.name.as_str(), sam.line), ("sample 2", 21));
    assert_eq!(sam.context.now, "2026-11-24T10:00:00Z");
    assert_eq!(sam.context.target.default_domain, "fabrikam.example");
    assert_eq!(sam.context.source.default_domain, "contoso.com");
    assert_eq!(sam.settings, serde_json::json!({"prefix": "X"}));
    assert_eq!(sam.tables["regions"]["NO"], ["Nordic", "Arctic"]);
    assert_eq!(sam.earlier["department"], Change::Set(Value::text("Sales")));
}

#[test]
fn one_input_that_a_host_wrote_is_a_sample() {
    let json = r#"{"kind":"user","source":{"displayName":"Anna"},"target":null,"earlier":{},
        "now":"2026-11-24T10:00:00Z","context":{"job":"a-to-b","source":{"id":"1",
        "displayName":"Contoso","initialDomain":"c.onmicrosoft.com","defaultDomain":"c.com",
        "verifiedDomains":["c.com"]},"target":{"id":"2"},"generation":"abc"}}"#;
    let samples = parse(json).unwrap();
    assert_eq!(samples.len(), 1);
    assert_eq!(samples[0].context.job.as_str(), "a-to-b");
    assert_eq!(
        samples[0].context.source.initial_domain,
        "c.onmicrosoft.com"
    );
    assert_eq!(samples[0].target, None);
    assert!(parse("").unwrap().is_empty());
    assert!(parse("# nobody yet\n").unwrap().is_empty());
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    let error = |text: &str| parse(text).map(|_| ()).unwrap_err();
    let user = |rest: &str| format!("- kind: user\n  source:\n    displayName: A\n{rest}");
    let (line, said) = error(&user("    departmint: x\n"));
    assert_eq!(
        (line, said.as_str()),
        (4, "`departmint` is not an attribute of a user")
    );
    let (line, said) = error(&user("    employeeId: 42\n"));
    assert_eq!(
        (line, said.as_str()),
        (4, "`employeeId` wants a text; put it in quotes: \"42\"")
    );
    let (line, said) = error(&user("  expect:\n    scope: inside\n"));
    assert_eq!(line, 5);
    assert!(said.starts_with("`scope` wants in-scope"), "{said}");
    let (line, said) = error(&user("  expekt: {}\n"));
    assert_eq!(line, 4);
    assert!(said.contains("expekt"), "{said}");
    let (_, said) = error("- kind: person\n");
    assert!(said.contains("person"), "{said}");
    let (line, _) = error("- kind: user\n  source: [\n");
    assert!(line >= 2, "{line}");
    let (line, said) = error(&user("  target:\n    city: 1\n"));
    assert_eq!(line, 5);
    assert!(said.contains("`city` wants a text"), "{said}");
}

/// What a rule says of the people above.
fn said() -> Vec<Expected> {
    let changes = [
        ("city", Change::Set(Value::text("Malmö: 2"))),
        ("department", Change::Clear),
    ];
    let changes = changes.map(|(name, change)| (AttributeName::new(name), change));
    let out = Cause {
        code: "Left".to_owned(),
        text: Some("has left".to_owned()),
    };
    vec![
        Expected {
            scope: Some(Scope::InScope),
            keys: Some(Keys::Known(Vec::new())),
            outcome: Some(Outcome::Write(None)),
            changes: Some(changes.into()),
        },
        Expected {
            scope: Some(Scope::OutOfScope(out)),
            ..Expected::default()
        },
    ]
}

#[test]
fn accepting_changes_what_is_expected_and_no_other_line() {
    let accepted = update::updated(&file("people.yaml", PEOPLE), &said()).unwrap();
    let expected = PEOPLE
        .replace(
            "      city: Göteborg # as in the source\n      department: null\n      jobTitle: { refuse: \
             ValueTooLong }\n      mailNickname: { first-free: [anna, anna2] }\n",
            "      city: \"Malmö: 2\"\n      department: null\n",
        )
        .replace(
            "    scope: in-scope\n    changes",
            "    scope: in-scope\n    keys: []\n    outcome: write\n    changes",
        )
        + "  expect:\n    scope: { out-of-scope: Left }\n";
    assert_eq!(accepted, expected);
    let again = update::updated(&file("people.yaml", &accepted), &said());
    assert_eq!(again, None, "what was accepted is as expected");
}

#[test]
fn what_passes_stays_as_it_is_written() {
    let text = "- kind: user\n  source: {}\n  expect: { scope: { out-of-scope: Left } }\n";
    let said = &said()[1..];
    assert_eq!(update::updated(&file("a.yaml", text), said), None);
}

#[test]
fn samples_in_brackets_and_in_json_are_accepted_too() {
    let text = "[{ kind: user, source: { displayName: A }, expect: { scope: in-scope } }]";
    let said = &said()[1..];
    let accepted = update::updated(&file("a.yaml", text), said).unwrap();
    let samples = parse(&accepted).unwrap();
    assert_eq!(samples[0].source["displayName"], Value::text("A"));
    assert!(
        samples[0].expected.compare(&said[0]).is_empty(),
        "{accepted}"
    );

    let json = r#"{"kind": "user", "source": {"displayName": "A"}}"#;
    let accepted = update::updated(&file("a.json", json), said).unwrap();
    let value: serde_json::Value = serde_json::from_str(&accepted).unwrap();
    assert_eq!(value["expect"]["scope"]["out-of-scope"], "Left");
    assert_eq!(value["source"]["displayName"], "A");
}

#[test]
fn what_is_written_is_read_back_the_same() {
    let awkward = [
        "null",
        "yes",
        "007",
        "1e3",
        "- a",
        "a: b",
        "a #b",
        " a",
        "a ",
        "",
        "\"q\"",
        "two\nlines",
        "\u{202e}x",
        "\u{feff}m",
        "Åsa, [x]",
        "~",
        "@x",
        "2026-11-24",
        "# c",
        "'",
        "\u{10ffff}",
        "%a",
        "a:",
        "🧑‍🚀",
        "\u{85}",
        "\u{7f}",
        "\t",
    ];
    for text in awkward {
        let mut sample = parse(PEOPLE).unwrap().remove(0);
        sample.name = format!("n{text}");
        for name in ["city", "displayName"] {
            sample
                .source
                .insert(AttributeName::new(name), Value::text(text));
        }
        sample
            .source
            .insert(AttributeName::new("otherMails"), Value::texts([text, "b"]));
        let written = written::sample(&sample);
        let read = parse(&written).unwrap_or_else(|error| panic!("{error:?}\n{written}"));
        assert_eq!(read[0].name, sample.name, "{written}");
        assert_eq!(read[0].source["city"], Value::text(text), "{written}");
        assert_eq!(
            read[0].source["otherMails"],
            Value::texts([text, "b"]),
            "{written}"
        );
        assert_eq!(read[0].expected, sample.expected, "{written}");
    }
}

#[test]
fn a_reason_is_compared_by_its_text_only_where_that_is_given() {
    let said = &said()[1];
    let expect = |text: Option<&str>| Expected {
        scope: Some(Scope::OutOfScope(Cause {
            code: "Left".to_owned(),
            text: text.map(str::to_owned),
        })),
        ..Expected::default()
    };
    assert!(expect(None).compare(said).is_empty());
    assert!(expect(Some("has left")).compare(said).is_empty());
    let differences = expect(Some("is gone")).compare(said);
    assert_eq!(differences[0].about, "scope");
    assert_eq!(differences[0].said, "out-of-scope Left (has left)");
    // What was never asked about is told as such.
    let keys = Expected {
        keys: Some(Keys::Known(Vec::new())),
        ..Expected::default()
    };
    assert!(
        keys.compare(said)[0]
            .said
            .starts_with("(not asked: out-of-scope")
    );
}
