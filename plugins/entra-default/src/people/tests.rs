//! The mapping, attribute by attribute.

use syncline_sdk::{
    Apply, Change, Outcome, Program, Reason, Shape, Value, Verdict, native::configure,
    testing::Subject,
};

use crate::EntraDefault;

fn rule() -> Program {
    configure::<EntraDefault>("").unwrap()
}

fn keeping() -> Program {
    configure::<EntraDefault>(r#"{"nulls":"keep"}"#).unwrap()
}

/// A person with a value in every column.
fn zofia() -> Subject {
    Subject::user()
        .with("accountEnabled", true)
        .with("businessPhones", vec!["+48 58 555 01 00".to_owned()])
        .with("city", "Gdańsk")
        .with("country", "Polska")
        .with("department", "Sprzedaż")
        .with("displayName", "Zofia Łukasik")
        .with("employeeId", "10442")
        .with("givenName", "Zofia")
        .with("jobTitle", "Kierowniczka")
        .with("mail", "zofia.lukasik@contoso.com")
        .with("mailNickname", "zofia.lukasik")
        .with(
            "manager",
            Value::Reference("6b0c2f7e-62a3-4f7f-9d43-0d1f6c8e2a11".into()),
        )
        .with("mobilePhone", "+48 600 555 010")
        .with("officeLocation", "Wrzeszcz 2.14")
        .with("postalCode", "80-244")
        .with("preferredLanguage", "pl-PL")
        .with("state", "Pomorskie")
        .with("streetAddress", "Grunwaldzka 82")
        .with("surname", "Łukasik")
        .with("userPrincipalName", "zofia.lukasik@contoso.com")
        .with("userType", "Member")
}

const COPIED: [&str; 13] = [
    "city",
    "country",
    "department",
    "employeeId",
    "givenName",
    "jobTitle",
    "mobilePhone",
    "officeLocation",
    "postalCode",
    "preferredLanguage",
    "state",
    "streetAddress",
    "surname",
];

#[test]
fn a_new_person_is_an_external_member_with_every_value() {
    let answer = zofia().map(&rule());
    assert_eq!(answer.shape(), Some(Shape::ExternalMember));
    assert_eq!(answer.change("city"), &Change::set("Gdańsk"));
    assert_eq!(answer.change("displayName"), &Change::set("Zofia Łukasik"));
    assert_eq!(answer.change("accountEnabled"), &Change::set(true));
    assert_eq!(answer.change("showInAddressList"), &Change::set(true));
    assert_eq!(answer.change("userType"), &Change::set("Member"));
    assert_eq!(
        answer.change("mail"),
        &Change::set("zofia.lukasik@contoso.com")
    );
    let manager = Value::Reference("6b0c2f7e-62a3-4f7f-9d43-0d1f6c8e2a11".into());
    assert_eq!(answer.change("manager"), &Change::Set(manager));
    assert_eq!(
        answer.change("userPrincipalName"),
        &Change::set("zofia.lukasik_contoso.com#EXT#@fabrikam.onmicrosoft.com")
    );
    for attribute in COPIED {
        assert!(
            matches!(answer.change(attribute), Change::Set(_)),
            "{attribute}"
        );
    }
}

#[test]
fn of_several_telephone_numbers_the_first_counts() {
    let phones = vec!["+48 58 555 01 00".to_owned(), "+48 58 555 01 99".to_owned()];
    let answer = zofia().with("businessPhones", phones).map(&rule());
    assert_eq!(
        answer.change("businessPhones"),
        &Change::set(vec!["+48 58 555 01 00".to_owned()])
    );
}

#[test]
fn what_the_source_clears_is_cleared_or_kept_as_set() {
    let bare = Subject::user()
        .with("mail", "zofia.lukasik@contoso.com")
        .joined();
    let cleared = bare.map(&rule());
    let kept = bare.map(&keeping());
    for attribute in COPIED.into_iter().filter(|it| *it != "preferredLanguage") {
        assert_eq!(cleared.change(attribute), &Change::Clear, "{attribute}");
        assert_eq!(kept.change(attribute), &Change::Keep, "{attribute}");
    }
    for attribute in ["manager", "businessPhones"] {
        assert_eq!(cleared.change(attribute), &Change::Clear, "{attribute}");
        assert_eq!(kept.change(attribute), &Change::Keep, "{attribute}");
    }
}

/// Graph refuses a null on these, so asking for one would fail every cycle.
#[test]
fn what_graph_cannot_clear_is_kept() {
    let answer = Subject::user().joined().map(&rule());
    for attribute in [
        "accountEnabled",
        "displayName",
        "mail",
        "mailNickname",
        "userPrincipalName",
    ] {
        assert_eq!(answer.change(attribute), &Change::Keep, "{attribute}");
    }
}

#[test]
fn a_creation_default_is_for_new_objects_only() {
    let bare = zofia()
        .without("preferredLanguage")
        .without("accountEnabled");
    let new = bare.map(&rule());
    assert_eq!(new.change("preferredLanguage"), &Change::set("en-US"));
    assert_eq!(new.change("accountEnabled"), &Change::set(true));
    let linked = bare.joined().map(&rule());
    assert_eq!(linked.change("preferredLanguage"), &Change::Keep);
    assert_eq!(linked.change("accountEnabled"), &Change::Keep);
}

#[test]
fn without_an_address_nobody_is_invited() {
    let rule = rule();
    let nobody = zofia().without("mail");
    let reason = Reason::new(
        "MissingValues",
        "an external member needs an address, and mail has no value",
    );
    assert_eq!(nobody.map(&rule).outcome(), &Outcome::Skip(reason));
    let linked = nobody.joined().map(&rule);
    assert_eq!(linked.change("mail"), &Change::Keep);
    assert_eq!(linked.change("city"), &Change::set("Gdańsk"));
}

#[test]
fn a_name_that_graph_cannot_hold_is_refused_alone() {
    let rule = rule();
    let suffix = "#EXT#@fabrikam.onmicrosoft.com".len();
    let name = |length: usize| format!("{}@contoso.com", "x".repeat(length - suffix - 12));

    let longest = zofia().with("userPrincipalName", name(113));
    let Change::Set(Value::Text(written)) = longest.map(&rule).change("userPrincipalName").clone()
    else {
        panic!("113 characters are allowed")
    };
    assert_eq!(written.chars().count(), 113);
    assert_eq!(longest.keys(&rule).unwrap()[1].2, written);

    let beyond = zofia().with("userPrincipalName", name(114));
    let answer = beyond.map(&rule);
    let Change::Refuse(reason) = answer.change("userPrincipalName") else {
        panic!("114 characters are not allowed")
    };
    assert_eq!(reason.code, "ValueTooLong");
    assert!(
        reason.text.contains("has 114 characters, at most 113"),
        "{}",
        reason.text
    );
    assert_eq!(answer.change("city"), &Change::set("Gdańsk"));
    assert_eq!(beyond.keys(&rule).unwrap().len(), 1);
}

#[test]
fn people_are_found_by_address_then_by_name() {
    let key = |tier, attribute: &str, value: &str| (tier, attribute.to_owned(), value.to_owned());
    let expected = [
        key(0, "mail", "zofia.lukasik@contoso.com"),
        key(
            1,
            "userPrincipalName",
            "zofia.lukasik_contoso.com#EXT#@fabrikam.onmicrosoft.com",
        ),
    ];
    assert_eq!(zofia().keys(&rule()).unwrap(), expected);
    assert_eq!(
        zofia().without("mail").keys(&rule()).unwrap(),
        expected[1..]
    );
    assert_eq!(Subject::user().keys(&rule()).unwrap(), []);
}

#[test]
fn guests_of_the_source_stay_there() {
    assert_eq!(zofia().scope(&rule()), Verdict::InScope);
    let guest = zofia().with("userType", "Guest").scope(&rule());
    assert_eq!(
        guest,
        Verdict::out("ExternalUserFiltered", "userType is Guest")
    );
}

#[test]
fn a_value_of_another_type_is_never_taken_for_none() {
    let rule = rule();
    let odd = zofia().with("userType", 1_i64);
    let text = "userType is an integer, it is read as text";
    assert_eq!(odd.scope(&rule), Verdict::hold("UnexpectedType", text));
    let odd = zofia().with("mail", true);
    assert!(
        matches!(odd.map(&rule).outcome(), Outcome::Hold(reason) if reason.code == "UnexpectedType")
    );
    assert!(odd.keys(&rule).is_err());
    let odd = zofia()
        .with("businessPhones", "+48 58 555 01 00")
        .map(&rule);
    assert!(matches!(odd.change("businessPhones"), Change::Refuse(_)));
    assert_eq!(odd.change("city"), &Change::set("Gdańsk"));
}

#[test]
fn the_description_is_what_the_mapping_does() {
    let rule = rule();
    let users = &rule.description().rulesets[0];
    let mapping = users.mapping.as_ref().unwrap();
    assert_eq!(users.target_reads, [""; 0]);
    assert!(mapping.gives_shape);
    // Microsoft's 24 without the two that Graph does not have.
    assert_eq!(mapping.outputs.len(), 22);
    let on_create: Vec<_> = mapping
        .outputs
        .iter()
        .filter(|output| output.apply == Apply::OnCreate)
        .collect();
    assert_eq!(on_create.len(), 1);
    assert_eq!(on_create[0].attribute, "userType");
    for output in &mapping.outputs {
        let constant = ["showInAddressList", "userType"].contains(&output.attribute.as_str());
        assert_eq!(
            output.inputs.len(),
            usize::from(!constant),
            "{}",
            output.attribute
        );
    }
}

#[test]
fn wrong_settings_are_named() {
    let error = configure::<EntraDefault>(r#"{"nulls":"drop"}"#)
        .err()
        .unwrap();
    assert_eq!(error.path, "nulls");
    let error = configure::<EntraDefault>(r#"{"null":"keep"}"#)
        .err()
        .unwrap();
    assert_eq!(error.path, "null");
}
