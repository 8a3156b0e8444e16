//! The clients' projects under `examples/`, each as it lies there, on simulated tenants: what its README
//! says is looked for in the target by a reader that links nothing of the rules, and once it is there,
//! nothing is left to do.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use serde_json::{Value as Json, json};

use crate::support::{
    Rehearsal,
    graph::{Holdings, id, manager, text},
    syncline,
};

fn example(name: &str) -> PathBuf {
    let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples");
    Path::new(examples).join(name)
}

/// Puts an example's jobs, rules, settings and tables in the place of those of a rehearsal. Only the
/// tenants are the simulated ones.
pub(crate) fn adopt(rehearsal: &Rehearsal, name: &str) {
    let folder = example(name);
    let copy = |from: &Path, to: &Path| {
        std::fs::copy(from, to).expect("a file of the example can be copied");
    };
    for place in ["plugins", "tables", "."] {
        let Ok(entries) = std::fs::read_dir(folder.join(place)) else {
            continue;
        };
        let target = rehearsal.file(place);
        std::fs::create_dir_all(&target).expect("a folder can be made");
        for entry in entries {
            let path = entry.expect("the example can be listed").path();
            let ending = path.extension().and_then(|ending| ending.to_str());
            if matches!(ending, Some("wasm" | "csv" | "toml")) && !path.ends_with("syncline.toml") {
                copy(&path, &target.join(path.file_name().expect("it is a file")));
            }
        }
    }
    let project = std::fs::read_to_string(folder.join("syncline.toml")).expect("it has a project");
    let (_, jobs) = project.split_once("\n[jobs.").expect("it has jobs");
    rehearsal.edit_project(|simulated| {
        let (tenants, _) = simulated.split_once("\n[jobs.").expect("it has jobs");
        format!("{tenants}\n[jobs.{jobs}")
    });
}

#[test]
fn the_examples_rules_say_of_their_samples_what_is_expected_and_keep_the_laws() {
    for name in ["contoso-merger", "tailspin-group", "wingtip-separation"] {
        let folder = example(name);
        let output = syncline()
            .args(["plugin", "test"])
            .arg(folder.join("plugins").join(format!("{name}.wasm")))
            .arg("--samples")
            .arg(folder.join("rule/samples"))
            .output()
            .expect("the command runs");
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{name}: {told}");
        assert!(told.contains("samples as expected"), "{name}: {told}");
    }
}

/// Runs a cycle of every job, and then another, which must find nothing to do.
#[track_caller]
fn sync_and_rest(rehearsal: &Rehearsal, tenants: &[&str]) {
    rehearsal.expect(0, &["sync"]);
    let writes = || tenants.iter().map(|tenant| rehearsal.writes(tenant));
    let before: Vec<u64> = writes().collect();
    rehearsal.expect(0, &["sync"]);
    assert_eq!(
        writes().collect::<Vec<_>>(),
        before,
        "there was nothing to do"
    );
}

/// Returns a tenant's own people: nobody whom it has itself from elsewhere.
fn own_people(holdings: &Holdings) -> Vec<&Json> {
    let own = holdings.users.values().filter(|user| {
        let name = text(user, "userPrincipalName").unwrap_or_default();
        text(user, "userType") != Some("Guest")
            && text(user, "creationType") != Some("Invitation")
            && !name.contains("#EXT#")
    });
    own.collect()
}

/// Returns those of the people who can be invited: with an address that nobody else among them has.
fn invitable<'h>(people: &[&'h Json]) -> Vec<&'h Json> {
    let mut holders: BTreeMap<&str, usize> = BTreeMap::new();
    for mail in people.iter().filter_map(|user| text(user, "mail")) {
        *holders.entry(mail).or_default() += 1;
    }
    let invitable = people.iter().copied().filter(|user| {
        text(user, "mail").is_some_and(|mail| holders[mail] == 1 && !mail.contains('\''))
    });
    invitable.collect()
}

#[test]
fn contoso_merger_has_one_company_and_departments_told_apart_except_for_whom_the_table_names() {
    let rehearsal = Rehearsal::start(120, 5);
    adopt(&rehearsal, "contoso-merger");
    // The simulated tenant has no groups called waves.
    rehearsal.edit_project(|text| {
        text.lines()
            .map(|line| match line.starts_with("users = ") {
                true => "users = { scope = \"all\" }\n".to_owned(),
                false => format!("{line}\n"),
            })
            .collect()
    });
    let before = rehearsal.holdings("fabrikam");
    let source = rehearsal.holdings("contoso");
    let people = own_people(&source);
    let people = invitable(&people);
    let chief = people
        .iter()
        .find(|user| text(user, "department") == Some("Sales"))
        .expect("somebody sells");
    let name = text(chief, "userPrincipalName").expect("everybody has a name");
    // In capitals, as directories have them; the table is in small letters.
    let table = rehearsal.file("tables/exceptions.csv");
    let mut lines = std::fs::read_to_string(&table).expect("the example has the table");
    lines.push_str(&name.to_lowercase());
    lines.push_str(",\"Fabrikam, Inc\",Board\n");
    std::fs::write(&table, lines).expect("the table can be written");
    let capitals = format!("{}{}", name[..1].to_uppercase(), &name[1..]);
    rehearsal.change(
        "contoso",
        id(chief),
        json!({ "userPrincipalName": capitals }),
    );

    sync_and_rest(&rehearsal, &["fabrikam"]);

    let target = rehearsal.holdings("fabrikam");
    let strangers: BTreeSet<&str> = before
        .users
        .values()
        .filter_map(|user| text(user, "mail"))
        .collect();
    let mut seen = BTreeSet::new();
    for person in people.iter().copied() {
        let mail = text(person, "mail").expect("who can be invited has an address");
        if strangers.contains(mail) {
            continue;
        }
        let department = text(person, "department");
        let (company, wanted) = match department {
            _ if id(person) == id(chief) => ("Fabrikam, Inc", Some("Board".to_owned())),
            Some("Research & Development") => ("Contoso", Some("Fabrikam Labs".to_owned())),
            Some("Legal") => ("Fabrikam", Some("Legal".to_owned())),
            Some(other) if other.chars().count() > 56 => ("Contoso", None),
            other => ("Contoso", other.map(|other| format!("Contoso {other}"))),
        };
        let made = target.with_mail(mail);
        assert_eq!(text(made, "companyName"), Some(company), "{mail}");
        assert_eq!(text(made, "department"), wanted.as_deref(), "{mail}");
        seen.insert((company, department));
    }
    for expected in [
        ("Fabrikam, Inc", Some("Sales")),
        ("Contoso", Some("Research & Development")),
        ("Fabrikam", Some("Legal")),
        ("Contoso", Some("Finance")),
    ] {
        assert!(
            seen.contains(&expected),
            "{expected:?} is among the people: {seen:?}"
        );
    }
}

/// Returns the internal users of Wingtip's tenant that were not there before, by the address that they
/// had at Contoso.
fn moved(rehearsal: &Rehearsal, before: &Holdings) -> BTreeMap<String, Json> {
    let now = rehearsal.holdings("wingtip");
    let made = now
        .users
        .into_iter()
        .filter(|(id, _)| !before.users.contains_key(id));
    made.map(|(_, user)| {
        let old = user["otherMails"][0]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        (old, user)
    })
    .collect()
}

#[test]
fn wingtip_separation_moves_people_wave_by_wave_under_names_of_their_own() {
    let rehearsal = Rehearsal::among("contoso,wingtip", 160, 5);
    adopt(&rehearsal, "wingtip-separation");
    let source = rehearsal.holdings("contoso");
    let engineers: Vec<&Json> = own_people(&source)
        .into_iter()
        .filter(|user| text(user, "department") == Some("Engineering"))
        .collect();
    let engineers = invitable(&engineers);
    // Three namesakes move; at Wingtip one is there already, and one was until lately.
    let namesakes: Vec<&str> = engineers.iter().take(3).map(|user| id(user)).collect();
    for person in &namesakes {
        let name = json!({ "givenName": "Jürgen", "surname": "O'Groß" });
        rehearsal.change("contoso", person, name);
    }
    let wingtip = rehearsal.administrator("wingtip");
    for (name, stays) in [("Juergen.oGross", true), ("juergen.ogross3", false)] {
        let made = wingtip.ask(
            "POST",
            "/users",
            Some(json!({
                "accountEnabled": true,
                "displayName": "Jürgen O'Groß",
                "mailNickname": name,
                "userPrincipalName": format!("{name}@wingtip.com"),
                "passwordProfile": { "password": "of no account" },
            })),
        );
        if !stays {
            wingtip.delete(id(&made));
        }
    }
    let before = rehearsal.holdings("wingtip");
    sync_and_rest(&rehearsal, &["wingtip"]);

    let first = moved(&rehearsal, &before);
    let wave = |user: &Json| match text(user, "department") {
        Some("Research & Development" | "Engineering") => Some(1),
        Some("Operations" | "Sales" | "Marketing") => Some(2),
        _ => None,
    };
    let guests: BTreeSet<&str> = before
        .users
        .values()
        .filter_map(|user| text(user, "mail"))
        .collect();
    let expected = |last: i32| -> BTreeSet<String> {
        let people = own_people(&source);
        let mut holders: BTreeMap<&str, usize> = BTreeMap::new();
        for user in people
            .iter()
            .filter(|user| wave(user).is_some_and(|wave| wave <= last))
        {
            *holders
                .entry(text(user, "mail").unwrap_or_default())
                .or_default() += 1;
        }
        holders
            .into_iter()
            .filter(|(mail, count)| (*count == 1 || mail.is_empty()) && !guests.contains(mail))
            .map(|(mail, _)| mail.to_owned())
            .collect()
    };
    assert_eq!(first.keys().cloned().collect::<BTreeSet<_>>(), expected(1));
    let mut names = BTreeSet::new();
    for (old, user) in &first {
        let name = text(user, "userPrincipalName").expect("everybody has a name");
        assert!(names.insert(name), "{name} is given once");
        assert!(name.ends_with("@wingtip.com") && name.is_ascii(), "{name}");
        assert_eq!(text(user, "mail"), Some(name), "one address and name");
        assert_eq!(
            user["accountEnabled"], false,
            "{name} is blocked until the wave moves"
        );
        assert_eq!(user["creationType"], Json::Null, "{name} is internal");
        assert_eq!(text(user, "userType"), Some("Member"));
        assert_eq!(text(user, "companyName"), Some("Wingtip"));
        let person = source
            .users
            .values()
            .find(|person| text(person, "mail") == Some(old));
        if let Some(person) = person {
            assert_eq!(text(person, "jobTitle"), text(user, "jobTitle"), "{name}");
        }
    }
    let of_namesakes: BTreeSet<&str> = namesakes
        .iter()
        .map(|person| {
            let old = text(&source.users[*person], "mail").expect("they have an address");
            text(&first[old], "userPrincipalName").expect("everybody has a name")
        })
        .collect();
    assert_eq!(
        of_namesakes,
        BTreeSet::from([
            "juergen.ogross2@wingtip.com",
            "juergen.ogross4@wingtip.com",
            "juergen.ogross5@wingtip.com",
        ]),
        "the first is taken, the third is in the recycle bin"
    );
    let of_managers: Vec<&Json> = first
        .values()
        .filter(|user| manager(user).is_some())
        .collect();
    assert!(
        !of_managers.is_empty(),
        "managers of the same wave are there"
    );

    // The next wave; who is there already keeps the name.
    let settings = rehearsal.file("wingtip-separation.toml");
    let text_of = std::fs::read_to_string(&settings).expect("the example has settings");
    let second = text_of.replace("up-to-wave = 1", "up-to-wave = 2");
    std::fs::write(&settings, second).expect("settings can be written");
    sync_and_rest(&rehearsal, &["wingtip"]);
    let second = moved(&rehearsal, &before);
    assert_eq!(second.keys().cloned().collect::<BTreeSet<_>>(), expected(2));
    assert!(second.len() > first.len());
    let named = |people: &BTreeMap<String, Json>| -> BTreeSet<(String, String)> {
        // Who had no address is not told apart by it.
        let people = people.iter().filter(|(old, _)| !old.is_empty());
        people
            .map(|(_, user)| {
                (
                    user["id"].to_string(),
                    user["userPrincipalName"].to_string(),
                )
            })
            .collect()
    };
    assert!(named(&first).is_subset(&named(&second)), "names are kept");
}

#[test]
fn law_07_an_account_whose_answer_is_lost_is_found_and_not_made_again_under_another_name() {
    let rehearsal = Rehearsal::among("contoso,wingtip", 24, 9);
    adopt(&rehearsal, "wingtip-separation");
    let before = rehearsal.holdings("wingtip");
    // What was made cannot be seen at first, nor can it be made again: its name is taken.
    rehearsal.control(
        "PATCH",
        "tenants/wingtip/behaviour",
        Some(json!({ "replication_lag_s": 3600 })),
    );
    rehearsal.fault(json!({
        "tenant": "wingtip", "method": "POST", "path_contains": "/users", "drop": "after",
    }));
    rehearsal.expect(4, &["sync"]);
    rehearsal.no_faults();
    rehearsal.expect(0, &["sync"]);
    assert!(rehearsal.planned().is_empty(), "first it is found out");
    rehearsal.control("POST", "clock", Some(json!({ "advance_seconds": 3600 })));
    rehearsal.expect(0, &["sync"]);
    let made = moved(&rehearsal, &before);
    let numbered = |user: &&Json| {
        let name = text(user, "userPrincipalName").unwrap_or_default();
        name.trim_end_matches("@wingtip.com")
            .ends_with(|end: char| end.is_ascii_digit())
    };
    assert_eq!(
        made.values().filter(numbered).count(),
        0,
        "everybody got the first name"
    );
    let now = rehearsal.holdings("wingtip");
    assert_eq!(
        now.users.len(),
        before.users.len() + made.len(),
        "nobody was made twice"
    );
    assert_eq!(rehearsal.invited().len(), made.len(), "everybody is linked");
    assert!(rehearsal.planned().is_empty());
}

#[test]
fn a_name_that_somebody_unseen_has_is_refused_once_and_the_next_is_tried() {
    let rehearsal = Rehearsal::among("contoso,wingtip", 60, 9);
    adopt(&rehearsal, "wingtip-separation");
    let before = rehearsal.holdings("wingtip");
    // As a mailbox, a group or a tenant's own rule may refuse it that no listing of users shows.
    rehearsal.fault(json!({
        "tenant": "wingtip", "method": "POST", "path_contains": "/users", "skip": 2, "times": 1,
        "status": 400, "code": "ObjectConflict",
        "message": "Another object with the same value for property userPrincipalName already exists.",
    }));
    rehearsal.expect(4, &["sync"]);
    let made = moved(&rehearsal, &before);
    rehearsal.expect(0, &["sync"]);
    let all = moved(&rehearsal, &before);
    assert_eq!(all.len(), made.len() + 1);
    let (_, late) = all
        .iter()
        .find(|(old, _)| !made.contains_key(*old))
        .expect("one came late");
    let name = text(late, "userPrincipalName").expect("everybody has a name");
    assert!(name.ends_with("2@wingtip.com"), "{name}");
    assert_eq!(text(late, "mail"), Some(name));
    assert!(rehearsal.planned().is_empty());
}

#[test]
fn tailspin_group_shows_each_company_the_people_of_the_others_and_no_echo() {
    let tenants = ["contoso", "fabrikam", "northwind", "wingtip", "litware"];
    let rehearsal = Rehearsal::among(&tenants.join(","), 24, 3);
    adopt(&rehearsal, "tailspin-group");
    let before: BTreeMap<&str, Holdings> = tenants
        .iter()
        .map(|tenant| (*tenant, rehearsal.holdings(tenant)))
        .collect();

    sync_and_rest(&rehearsal, &tenants);

    let mut shown = 0;
    for to in tenants {
        let now = rehearsal.holdings(to);
        let mut expected: BTreeSet<&str> = before[to].users.keys().map(String::as_str).collect();
        for from in tenants.into_iter().filter(|from| *from != to) {
            let company = format!("{}{}", from[..1].to_uppercase(), &from[1..]);
            let people = own_people(&before[from]);
            for person in invitable(&people) {
                let mail = text(person, "mail").expect("who can be invited has an address");
                let user = now.with_mail(mail);
                if !expected.insert(id(user)) {
                    // Invited by hand long ago; left alone.
                    continue;
                }
                shown += 1;
                assert_eq!(
                    text(user, "creationType"),
                    Some("Invitation"),
                    "{mail} in {to}"
                );
                assert_eq!(text(user, "userType"), Some("Member"), "{mail} in {to}");
                assert_eq!(
                    text(user, "companyName"),
                    Some(company.as_str()),
                    "{mail} in {to}"
                );
                assert_eq!(user["showInAddressList"], to != "litware", "{mail} in {to}");
            }
        }
        let found: BTreeSet<&str> = now.users.keys().map(String::as_str).collect();
        assert_eq!(
            found, expected,
            "nobody comes back to {to}, and nobody comes twice"
        );
    }
    assert!(shown > 100, "{shown}");
}
