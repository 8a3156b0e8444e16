//! The rule of the Tailspin group.
//!
//! Five companies, each with a tenant of its own; each is to see the people of the other four, as external
//! members with the name of their company. One rule serves all twenty directions: which company somebody
//! comes from is in the context of the call.
//!
//! In such a ring nothing may come back. What one tenant has received from another it must not pass on, so
//! only a tenant's own people go, and who counts as its own is looked at twice: not external by any sign
//! that Entra leaves, and with an address of a domain that this tenant has verified.

use serde::Deserialize;
use syncline_entra_default::people::MAIL;
use syncline_sdk::{
    Change, Nulls, Rule, Ruleset, SettingsError, SourceTenant, Tenant, Verdict, compute, constant,
};

/// The rule; a type without values, since all it knows is in its settings.
pub struct TailspinGroup;

/// What a job may set.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// Whether people are to be found in the target's address list.
    pub address_list: bool,
    /// Names of companies, by a domain of theirs, where the tenant's own name is not what people say.
    pub companies: std::collections::BTreeMap<String, String>,
    /// As in the default mapping.
    pub nulls: Nulls,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            address_list: true,
            companies: std::collections::BTreeMap::new(),
            nulls: Nulls::default(),
        }
    }
}

impl Rule for TailspinGroup {
    type Settings = Settings;
    const NAME: &str = "tailspin-group";
    const VERSION: &str = env!("CARGO_PKG_VERSION");
    const SUMMARY: &str = "Shows each company of the group the people of the others";

    fn rulesets(settings: Settings) -> Result<Vec<Ruleset>, SettingsError> {
        let Settings {
            address_list,
            companies,
            nulls,
        } = settings;
        if let Some(domain) = companies
            .keys()
            .find(|domain| **domain != domain.to_lowercase())
        {
            let path = format!("companies.{domain}");
            return Err(SettingsError::new(
                path,
                "domains are written in small letters",
            ));
        }
        let users = syncline_entra_default::users(&syncline_entra_default::Settings { nulls })
            .scope((MAIL, SourceTenant), is_of_the_house)
            .output(compute(
                "companyName",
                SourceTenant,
                move |tenant: &Tenant| {
                    let named = tenant.verified_domains.iter();
                    let mut named =
                        named.filter_map(|domain| companies.get(&domain.to_lowercase()));
                    Change::set(named.next().unwrap_or(&tenant.display_name).clone())
                },
            ))
            .output(constant("showInAddressList", address_list));
        Ok(vec![users])
    }
}

syncline_sdk::export!(TailspinGroup);

/// Returns whether a person's address is of the tenant's own. Who was received from another company and
/// then made internal has lost every sign of it but this.
fn is_of_the_house((mail, tenant): (Option<&str>, &Tenant)) -> Verdict {
    let Some((_, domain)) = mail.and_then(|mail| mail.rsplit_once('@')) else {
        // The default mapping says what becomes of people without an address.
        return Verdict::InScope;
    };
    let is_own = |own: &String| own.eq_ignore_ascii_case(domain);
    if tenant.verified_domains.iter().any(is_own) {
        return Verdict::InScope;
    }
    Verdict::out(
        "AddressOfAnother",
        format!("{domain} is no domain of {}", tenant.display_name),
    )
}

#[cfg(test)]
mod tests {
    use syncline_sdk::{Program, native::configure, testing::Subject};

    use super::*;

    fn rule(settings: &str) -> Program {
        configure::<TailspinGroup>(settings).unwrap()
    }

    fn anna() -> Subject {
        Subject::user()
            .with("displayName", "Anna Åkesson")
            .with("mail", "anna.akesson@contoso.com")
            .with("userPrincipalName", "anna.akesson@contoso.com")
            .with("companyName", "Contoso Holding AB")
    }

    #[test]
    fn people_go_under_the_name_of_their_company() {
        let answer = anna().map(&rule(""));
        assert_eq!(answer.change("companyName"), &Change::set("Contoso"));
        assert_eq!(answer.change("showInAddressList"), &Change::set(true));
        let named = rule(r#"{"companies":{"contoso.com":"Contoso Freight"}}"#);
        let answer = anna().map(&named);
        assert_eq!(
            answer.change("companyName"),
            &Change::set("Contoso Freight")
        );
    }

    #[test]
    fn nobody_comes_back_from_where_they_were_received() {
        let rule = rule("");
        assert_eq!(anna().scope(&rule), Verdict::InScope);
        let received = anna()
            .with("mail", "bo@litware.com")
            .with(
                "userPrincipalName",
                "bo_litware.com#EXT#@contoso.onmicrosoft.com",
            )
            .with("creationType", "Invitation");
        assert!(matches!(received.scope(&rule), Verdict::OutOfScope(_)));
        // Made internal by somebody, with nothing left of the invitation but the address.
        let converted = anna().with("mail", "bo@litware.com").scope(&rule);
        let of_another = "litware.com is no domain of Contoso";
        assert_eq!(converted, Verdict::out("AddressOfAnother", of_another));
    }

    #[test]
    fn a_company_may_be_left_out_of_address_lists() {
        let answer = anna().map(&rule(r#"{"address-list":false}"#));
        assert_eq!(answer.change("showInAddressList"), &Change::set(false));
    }

    #[test]
    fn a_domain_in_capitals_would_never_be_found_and_is_refused() {
        let settings = r#"{"companies":{"Contoso.com":"Contoso Freight"}}"#;
        let error = configure::<TailspinGroup>(settings).err().unwrap();
        assert_eq!(error.path, "companies.Contoso.com");
    }
}
