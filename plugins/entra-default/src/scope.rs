//! The default scope: the source's own people, and nobody whom it has itself as a guest.

use syncline_sdk::Verdict;

/// The code of all that this scope leaves out, as the provisioning log has it.
const FILTERED: &str = "ExternalUserFiltered";

/// Returns whether a person is the source's own, by `userType`, `creationType` and
/// `userPrincipalName`.
pub fn internal_people(
    (user_type, creation_type, name): (Option<&str>, Option<&str>, Option<&str>),
) -> Verdict {
    let is =
        |value: Option<&str>, word: &str| value.is_some_and(|it| it.eq_ignore_ascii_case(word));
    if is(user_type, "Guest") {
        Verdict::out(FILTERED, "userType is Guest")
    } else if is(creation_type, "Invitation") {
        Verdict::out(FILTERED, "creationType is Invitation")
    } else if name.is_some_and(is_external_name) {
        Verdict::out(FILTERED, "userPrincipalName has #EXT#")
    } else {
        Verdict::InScope
    }
}

/// External users keep this mark in their name, even when they are made members.
fn is_external_name(name: &str) -> bool {
    name.as_bytes()
        .windows(5)
        .any(|part| part.eq_ignore_ascii_case(b"#EXT#"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(
        user_type: Option<&str>,
        creation_type: Option<&str>,
        name: &str,
        left_out: Option<&str>,
    ) {
        let expected = match left_out {
            Some(text) => Verdict::out("ExternalUserFiltered", text),
            None => Verdict::InScope,
        };
        assert_eq!(
            internal_people((user_type, creation_type, Some(name))),
            expected
        );
    }

    #[test]
    fn people_of_the_source_are_in() {
        check(Some("Member"), None, "alice@contoso.com", None);
        // Accounts from before userType existed have none.
        check(None, None, "alice@contoso.com", None);
        check(
            Some("Member"),
            Some("LocalAccount"),
            "dvořák@contoso.com",
            None,
        );
        check(Some("Member"), None, "#EXT@contoso.com", None);
        assert_eq!(internal_people((None, None, None)), Verdict::InScope);
    }

    #[test]
    fn people_from_elsewhere_are_out() {
        check(
            Some("Guest"),
            None,
            "alice@contoso.com",
            Some("userType is Guest"),
        );
        check(
            Some("guest"),
            None,
            "alice@contoso.com",
            Some("userType is Guest"),
        );
        check(
            Some("Member"),
            Some("Invitation"),
            "bob@contoso.com",
            Some("creationType is Invitation"),
        );
        let mark = Some("userPrincipalName has #EXT#");
        check(
            Some("Member"),
            None,
            "bob_fabrikam.com#EXT#@contoso.onmicrosoft.com",
            mark,
        );
        check(
            None,
            None,
            "bob_fabrikam.com#ext#@contoso.onmicrosoft.com",
            mark,
        );
    }
}
