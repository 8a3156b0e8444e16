use std::collections::{BTreeMap, HashMap};

use syncline_sdk::{
    Program,
    native::{configure, set_tables},
    testing::Subject,
};

use super::*;

/// Gives this thread the table of waves, and returns the rule.
fn rule(settings: &str) -> Program {
    let waves = [
        ("Engineering", "1"),
        ("Sales", "2"),
        ("anna.berg@contoso.com", "3"),
        ("bo@contoso.com", "second"),
    ];
    let waves: HashMap<_, _> = waves
        .map(|(who, wave)| (who.to_owned(), vec![wave.to_owned()]))
        .into();
    drop(set_tables(BTreeMap::from([("waves".to_owned(), waves)])));
    configure::<WingtipSeparation>(settings).unwrap()
}

fn person(department: &str, name: &str) -> Subject {
    Subject::user()
        .with("displayName", "Jürgen Groß")
        .with("givenName", "Jürgen")
        .with("surname", "Groß")
        .with("mail", name)
        .with("userPrincipalName", name)
        .with("department", department)
}

#[test]
fn people_move_with_their_department_unless_they_have_a_wave_of_their_own() {
    let first = rule("");
    let juergen = |department| person(department, "juergen.gross@contoso.com");
    assert_eq!(juergen("Engineering").scope(&first), Verdict::InScope);
    let later = Verdict::out("LaterWave", "moves in wave 2");
    assert_eq!(juergen("Sales").scope(&first), later);
    let stays = Verdict::out("StaysWithContoso", "is in no wave of the separation");
    assert_eq!(juergen("Legal").scope(&first), stays);
    let anna = person("Engineering", "Anna.Berg@contoso.com");
    let later = Verdict::out("LaterWave", "moves in wave 3");
    assert_eq!(anna.scope(&first), later);

    let second = rule(r#"{"up-to-wave":2}"#);
    assert_eq!(juergen("Sales").scope(&second), Verdict::InScope);
    assert_eq!(juergen("Engineering").scope(&second), Verdict::InScope);
}

#[test]
fn a_wave_that_cannot_be_read_holds_the_person() {
    let verdict = person("Engineering", "bo@contoso.com").scope(&rule(""));
    assert!(matches!(verdict, Verdict::Hold(reason) if reason.code == "WaveUnreadable"));
}

#[test]
fn guests_of_the_source_do_not_move() {
    let guest = person("Engineering", "juergen.gross@contoso.com").with("userType", "Guest");
    assert!(matches!(guest.scope(&rule("")), Verdict::OutOfScope(_)));
}

#[test]
fn names_and_addresses_are_of_the_new_domain_and_the_old_address_stays() {
    let answer = person("Engineering", "jg@contoso.com").map(&rule(""));
    let Change::FirstFree(names) = answer.change("userPrincipalName") else {
        panic!("names are ranked")
    };
    assert_eq!(names[0], Value::from("juergen.gross@fabrikam.com"));
    assert_eq!(names[1], Value::from("juergen.gross2@fabrikam.com"));
    // The same list in the same namespace, so that both come to the same.
    assert_eq!(answer.change("mail"), answer.change("userPrincipalName"));
    let Change::FirstFree(nicknames) = answer.change("mailNickname") else {
        panic!("nicknames are ranked")
    };
    assert_eq!(nicknames[2], Value::from("juergen.gross3"));
    let old = Change::set(vec!["jg@contoso.com".to_owned()]);
    assert_eq!(answer.change("otherMails"), &old);
    assert_eq!(answer.shape(), Some(Shape::InternalMember));
    assert_eq!(answer.change("companyName"), &Change::set("Wingtip"));
}

#[test]
fn who_has_no_name_at_all_is_refused_one() {
    let nameless = Subject::user()
        .with("department", "Engineering")
        .map(&rule(""));
    let Change::Refuse(reason) = nameless.change("userPrincipalName") else {
        panic!("there is nothing to call them")
    };
    assert_eq!(reason.code, "NoName");
}
