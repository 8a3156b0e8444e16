//! A hostile file in the place of a rule costs nobody anything: no deletion, no block, nothing cleared;
//! it is said why, and whatever is right goes on (law L11).

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::{Value as Json, json};

use crate::{
    bad_input_rules::set_rules,
    support::{
        DEPARTMENT, Rehearsal, Scope, componentize, department_rule,
        graph::{id, manager, text},
    },
};

/// Puts something in the place of a rule.
type Placed = Box<dyn Fn(&Path)>;

/// Files, and what is no file, with the words in which each is refused.
fn hostile() -> Vec<(&'static str, &'static str, Placed)> {
    fn bytes(bytes: Vec<u8>) -> Placed {
        Box::new(move |path| fs::write(path, &bytes).expect("it can be written"))
    }
    let component = |text: &str| wat::parse_str(text).expect("the text is a component");
    let good = department_rule(Scope::Everybody);
    // The second layer's rule with code of its own in front of what `where` names.
    let spoiled = |place: &str, code: &str| {
        assert!(DEPARTMENT.contains(place), "{place}");
        let text = DEPARTMENT.replace("{{scopes}}", "0");
        componentize(&text.replacen(place, &format!("{place} {code}"), 1))
    };
    let forever = "(loop (br 0))";
    let bomb = (0..5).fold(
        "(component $c (core module $m) (core instance (instantiate $m)))".to_owned(),
        |inside, _| {
            let many = "(instance (instantiate $c))".repeat(20);
            format!("(component $c {inside} {many})")
        },
    );
    let mut flipped = good.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0xff;
    let mut list = vec![
        ("nothing", "the file is empty", bytes(Vec::new())),
        ("text", "the file is text", bytes(b"(component)".to_vec())),
        (
            "ELF",
            "an ELF binary",
            bytes(b"\x7fELF\x02\x01\x01\0".to_vec()),
        ),
        (
            "a core module",
            "core WebAssembly module",
            bytes(component("(module)")),
        ),
        ("cut off", "damaged", bytes(good[..good.len() / 3].to_vec())),
        ("a flipped byte", "is refused", bytes(flipped)),
        (
            "another world",
            "does not export",
            bytes(component("(component)")),
        ),
        (
            "a future contract",
            "offers",
            bytes(component(
                r#"(component (import "syncline:rules/log@7.0.0" (instance)))"#,
            )),
        ),
        (
            "a clock",
            "imports wasi:clocks/wall-clock@0.2.6",
            bytes(component(
                r#"(component (import "wasi:clocks/wall-clock@0.2.6" (instance)))"#,
            )),
        ),
        (
            "instances without end",
            "too complex",
            bytes(component(&bomb)),
        ),
        (
            "functions without end",
            "too complex",
            bytes(component(&format!(
                "(component (core module {}))",
                "(func)".repeat(60_000)
            ))),
        ),
        (
            "a start that never ends",
            "the fuel of a call",
            bytes(spoiled(
                "(module",
                &format!("(func $start {forever}) (start $start)"),
            )),
        ),
        (
            "all memory at the start",
            "bytes of memory",
            bytes(spoiled(
                "(module",
                "(func $start (loop (drop (memory.grow (i32.const 100))) (br 0))) (start $start)",
            )),
        ),
        (
            "a description that never comes",
            "cannot be configured",
            bytes(spoiled(
                "#configure\") (param i32 i32) (result i32)",
                forever,
            )),
        ),
        (
            "a trap in each answer",
            "failed their trial",
            bytes(spoiled(
                "(i32.load8_u (i32.load offset=8 (local.get $value)))",
                "unreachable",
            )),
        ),
        (
            "a folder",
            "it is a folder",
            Box::new(|path| {
                fs::create_dir(path).expect("a folder can be made");
            }),
        ),
    ];
    #[cfg(unix)]
    list.push(("a pipe", "it is a pipe", Box::new(crate::compiling::pipe)));
    list
}

/// Takes away what lies in the place of a rule.
fn clear(path: &Path) {
    if path.is_dir() {
        fs::remove_dir(path).expect("a folder can be removed");
    } else if path.symlink_metadata().is_ok() {
        fs::remove_file(path).expect("a file can be removed");
    }
}

/// A project of two jobs with five people each. The second has a second layer, `hostile`.
fn two_jobs() -> (Rehearsal, Vec<Json>, Vec<Json>) {
    let rehearsal = Rehearsal::start(60, 9);
    let users = rehearsal.holdings("contoso").users;
    let known = rehearsal.objects("fabrikam").to_string();
    let is_plain = |user: &&Json| {
        user["userType"] == "Member"
            && user["accountEnabled"] == true
            && user["creationType"].is_null()
            // The target knows some people already, who would be adopted.
            && text(user, "mail").is_some_and(|mail| !known.contains(mail))
            && text(user, "department").is_some()
            && text(user, "userPrincipalName").is_some_and(|name| !name.contains('#'))
            && !users.values().any(|other| manager(other) == Some(id(user)))
    };
    let people: Vec<Json> = users.values().filter(is_plain).cloned().collect();
    let [ours, theirs] = [people[..5].to_vec(), people[5..10].to_vec()];
    let named = |people: &[Json]| {
        let names: Vec<String> = people
            .iter()
            .map(|person| format!("{:?}", text(person, "userPrincipalName").expect("a name")))
            .collect();
        format!(
            "users = {{ scope = \"assigned\", people = [{}] }}",
            names.join(", ")
        )
    };
    let everybody = r#"users = { scope = "all" }"#;
    rehearsal.edit_project(|project| {
        let (head, job) = project.split_at(project.find("[jobs.").expect("there is a job"));
        let first = job.replace(everybody, &named(&ours));
        let second = job
            .replace(everybody, &named(&theirs))
            .replace("[jobs.contoso-to-fabrikam]", "[jobs.second]");
        let layers = r#"["entra-default", { plugin = "hostile", overrides = ["department"] }]"#;
        format!("{head}{first}\n{}", set_rules(&second, layers))
    });
    let file = rehearsal.file("plugins/hostile.wasm");
    fs::write(file, department_rule(Scope::Everybody)).expect("it can be written");
    (rehearsal, ours, theirs)
}

#[test]
fn law_11_no_hostile_file_deletes_blocks_or_clears_anything_and_the_rest_goes_on() {
    let (rehearsal, ours, theirs) = two_jobs();
    rehearsal.expect(0, &["sync"]);
    let file = rehearsal.file("plugins/hostile.wasm");
    let made: BTreeMap<String, String> = ours
        .iter()
        .chain(&theirs)
        .map(|person| (id(person).to_owned(), rehearsal.made_for(id(person))))
        .collect();
    let source = rehearsal.administrator("contoso");
    let mut expected = rehearsal.holdings("fabrikam");
    for (round, (what, words, place)) in hostile().into_iter().enumerate() {
        clear(&file);
        place(&file);
        // Somebody changes on both sides, so that both jobs have work.
        let title = format!("Title {round}");
        for people in [&ours, &theirs] {
            let person = &people[round % 5];
            source.change(id(person), json!({ "jobTitle": title }));
            let held = expected.users.get_mut(&made[id(person)]);
            held.expect("the person was made")["jobTitle"] = json!(title);
        }
        let said = rehearsal.run(&["sync"]);
        let said = rehearsal.checked(&said);
        assert!(said.contains(words), "{what}: {said}");
        assert!(said.contains("the active ones stay"), "{what}: {said}");
        let now = rehearsal.holdings("fabrikam");
        assert!(
            now.recycled == expected.recycled,
            "{what}: somebody was deleted"
        );
        for (user, held) in &expected.users {
            assert_eq!(Some(held), now.users.get(user), "{what}: {said}");
        }
        assert_eq!(now.users.len(), expected.users.len(), "{what}");
    }
    // A leaver goes by the last good rules, although a hostile file lies there: it and nobody else.
    source.delete(id(&theirs[0]));
    rehearsal.expect(0, &["sync"]);
    let leaver = &made[id(&theirs[0])];
    expected.users.remove(leaver).expect("the leaver was there");
    let now = rehearsal.holdings("fabrikam");
    assert!(
        now.users == expected.users,
        "the leaver goes and nobody else"
    );
    assert!(now.recycled.contains_key(leaver));
}

#[test]
fn law_11_active_rules_that_fail_on_everybody_hold_everybody_and_the_other_job_ends() {
    let (rehearsal, ours, theirs) = two_jobs();
    let file = rehearsal.file("plugins/hostile.wasm");
    // It is asked at each stage, scope included: what fails there must not read as out of scope.
    fs::write(&file, department_rule(Scope::Everybody)).expect("it can be written");
    rehearsal.expect(0, &["sync"]);
    let source = rehearsal.administrator("contoso");
    let before = rehearsal.holdings("fabrikam");
    let leaver = rehearsal.made_for(id(&theirs[4]));
    let changed = rehearsal.made_for(id(&ours[0]));
    for (person, department) in theirs.iter().zip(["!", "~", "^", "!", "!"]) {
        // Cleared besides, and blocked: changes that would show.
        source.change(
            id(person),
            json!({ "department": department, "jobTitle": null, "accountEnabled": false }),
        );
    }
    source.delete(id(&theirs[4]));
    source.change(id(&ours[0]), json!({ "jobTitle": "Changed" }));
    rehearsal.expect(0, &["sync"]);

    let mut expected = before.users;
    expected.remove(&leaver).expect("the leaver was there");
    let held = expected.get_mut(&changed).expect("the person was made");
    held["jobTitle"] = json!("Changed");
    let now = rehearsal.holdings("fabrikam").users;
    for (user, held) in &expected {
        assert_eq!(Some(held), now.get(user));
    }
    assert_eq!(now.len(), expected.len(), "only the leaver is gone");
    let log = rehearsal.expect(0, &["log", "--output", "json"]);
    for code in ["RuleTrapped", "RuleTooExpensive", "RuleTooMuchMemory"] {
        assert!(log.contains(code), "{code} is said of somebody");
    }
}

#[test]
fn what_a_rule_writes_reaches_no_terminal_raw() {
    let (rehearsal, _, theirs) = two_jobs();
    let source = rehearsal.administrator("contoso");
    let marked = "Sales\u{1b}[31m\u{202e}\u{9b}2J";
    source.change(
        id(&theirs[0]),
        json!({ "department": marked, "displayName": marked }),
    );
    for command in [
        &["plan"][..],
        &["sync"],
        &["status"],
        &["log"],
        &["log", "--output", "csv"],
    ] {
        let output = rehearsal.run(command);
        for said in [&output.stdout, &output.stderr] {
            let said = String::from_utf8_lossy(said);
            let unfit = |c: char| (c.is_control() && c != '\n' && c != '\t') || c == '\u{202e}';
            assert!(!said.chars().any(unfit), "{command:?}: {said:?}");
        }
    }
}
