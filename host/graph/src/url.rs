//! How addresses are built, and where a token may go.

use http::Uri;

/// Returns this text as one segment of a path or one value of a query: everything but letters,
/// digits and `-._~` is escaped, so that no id or name can lead anywhere else.
pub(crate) fn escape(text: &str) -> String {
    escape_except(text, b"-._~")
}

/// Returns the value of a query option such as `$select` or `$filter`. The characters that OData
/// gives a meaning and a query permits stay legible.
pub(crate) fn escape_option(text: &str) -> String {
    escape_except(text, b"-._~,/():$")
}

fn escape_except(text: &str, kept: &[u8]) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || kept.contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push('%');
            for digit in [byte >> 4, byte & 15] {
                escaped.push(char::from(b"0123456789ABCDEF"[usize::from(digit)]));
            }
        }
    }
    escaped
}

/// Returns the OData literal of this text: in quotes, each quote within doubled (graph.md, section
/// 2.9).
pub(crate) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Whether this link, which Graph or the store gave us, leads to the configured Graph.
pub(crate) fn leads_to(root: &str, link: &str) -> bool {
    let (Ok(root), Ok(link)) = (root.parse::<Uri>(), link.parse::<Uri>()) else {
        return false;
    };
    let (Some(root_authority), Some(link_authority)) = (root.authority(), link.authority()) else {
        return false;
    };
    let port = |uri: &Uri| {
        uri.port_u16().or(match uri.scheme_str() {
            Some("https") => Some(443),
            Some("http") => Some(80),
            _ => None,
        })
    };
    let below = link
        .path()
        .strip_prefix(root.path().trim_end_matches('/'))
        .is_some_and(|rest| {
            rest.starts_with("/v1.0/") && !rest.split('/').any(|part| part == "..")
        });
    root.scheme() == link.scheme()
        // What stands before `@` is not the host, however much it looks like one.
        && !link_authority.as_str().contains('@')
        && root_authority.host().eq_ignore_ascii_case(link_authority.host())
        && port(&root) == port(&link)
        && below
}

/// Returns the host of a URL, or the whole text if it has none.
pub(crate) fn host(url: &str) -> String {
    url.parse::<Uri>()
        .ok()
        .and_then(|uri| {
            uri.authority()
                .map(|authority| authority.as_str().to_owned())
        })
        .unwrap_or_else(|| url.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_leads_elsewhere() {
        assert_eq!(escape("a/../b?c#d"), "a%2F..%2Fb%3Fc%23d");
        assert_eq!(
            escape("alice_contoso.com#EXT#@f.com"),
            "alice_contoso.com%23EXT%23%40f.com"
        );
        assert_eq!(escape("é"), "%C3%A9");
        assert_eq!(escape_option("id,displayName"), "id,displayName");
        assert_eq!(escape_option("mail eq 'a+b'"), "mail%20eq%20%27a%2Bb%27");
    }

    #[test]
    fn quotes_in_names_are_doubled() {
        assert_eq!(literal("Anna's team"), "'Anna''s team'");
    }

    #[test]
    fn a_link_leads_to_graph_or_nowhere() {
        let global = "https://graph.microsoft.com";
        let check = |root, link| leads_to(root, link);
        assert!(check(
            global,
            "https://graph.microsoft.com/v1.0/users/delta?$skiptoken=x"
        ));
        assert!(check(
            global,
            "https://GRAPH.microsoft.com:443/v1.0/users/delta?$deltatoken=x"
        ));
        assert!(check("http://127.0.0.1:80", "http://127.0.0.1/v1.0/users"));
        for link in [
            "https://graph.microsoft.com.evil.example/v1.0/users",
            "https://graph.microsoft.com@evil.example/v1.0/users",
            "http://graph.microsoft.com/v1.0/users",
            "https://graph.microsoft.com:8443/v1.0/users",
            "https://graph.microsoft.com/beta/users",
            "https://graph.microsoft.com/v1.0/../beta/users",
            "/v1.0/users",
            "",
        ] {
            assert!(!check(global, link), "{link}");
        }
    }
}
