//! Mail addresses: what two spellings have in common, and what an invitation accepts.

use thiserror::Error;

/// Why an address cannot be invited (graph.md, section 4.1).
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AddressError {
    /// There is no `@`, or nothing on one side of it.
    #[error("`{0}` is not a mail address")]
    Malformed(String),
    /// Graph refuses this character in an invited address.
    #[error("Graph refuses the character `{character}` in the invited address `{address}`")]
    RefusedCharacter {
        /// The character.
        character: char,
        /// The address.
        address: String,
    },
    /// Graph refuses a dot or hyphen at either end of the local part.
    #[error(
        "Graph refuses the invited address `{0}`: its local part begins or ends with a dot or hyphen"
    )]
    RefusedEnd(String),
}

/// The characters that Graph refuses in an invited address (graph.md, section 4.1).
const REFUSED: &str = "~!#$%^&*()+=[]{}\\/|;:\"'<>?,";

/// Returns the form in which addresses are compared: without `SMTP:` or `smtp:`, in lower case.
pub fn comparable(address: &str) -> String {
    let bare = match address.split_at_checked(5) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case("smtp:") => rest,
        _ => address,
    };
    bare.to_lowercase()
}

/// Checks that an invitation to this address would be accepted.
///
/// # Errors
///
/// Says what Graph would refuse.
pub fn check_invitable(address: &str) -> Result<(), AddressError> {
    let (local, domain) = address
        .split_once('@')
        .ok_or_else(|| AddressError::Malformed(address.to_owned()))?;
    if local.is_empty() || domain.is_empty() || domain.contains('@') {
        return Err(AddressError::Malformed(address.to_owned()));
    }
    let refused = |character: &char| {
        REFUSED.contains(*character) || character.is_whitespace() || !character.is_ascii()
    };
    if let Some(character) = local.chars().chain(domain.chars()).find(refused) {
        return Err(AddressError::RefusedCharacter {
            character,
            address: address.to_owned(),
        });
    }
    if local.starts_with(['.', '-']) || local.ends_with(['.', '-']) {
        return Err(AddressError::RefusedEnd(address.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_address_compare_equal() {
        assert_eq!(
            comparable("SMTP:Alice@Contoso.com"),
            comparable("alice@contoso.COM")
        );
    }

    #[test]
    fn an_apostrophe_cannot_be_invited() {
        assert_eq!(
            check_invitable("o'neil@contoso.com"),
            Err(AddressError::RefusedCharacter {
                character: '\'',
                address: "o'neil@contoso.com".into()
            })
        );
        assert_eq!(check_invitable("miles_oneil@contoso.com"), Ok(()));
    }
}
