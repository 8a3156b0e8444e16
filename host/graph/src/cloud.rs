//! Where Graph and the login service are (graph.md, section 1.4).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::Uri;
use thiserror::Error;

/// The two roots of a cloud, without `/v1.0` and without a slash at the end. Tokens of one cloud
/// are worth nothing in another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cloud {
    /// Graph's root, which is also the audience of its tokens.
    pub graph: String,
    /// The login service's root.
    pub login: String,
}

/// Why an endpoint cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CloudError {
    /// It is not an absolute URL of a host.
    #[error("`{0}` is not a URL such as https://graph.microsoft.com")]
    Malformed(String),
    /// Secrets and tokens would travel in the clear.
    #[error("`{0}` must begin with https://: plain http is for this machine only")]
    Insecure(String),
    /// It has more than scheme, host, port and path.
    #[error("`{0}` must be a root: no user, no query, and without /v1.0")]
    NotRoot(String),
}

impl Cloud {
    /// Returns the cloud that settings call by this name: `global`, `usgov-l4`, `usgov-l5` or
    /// `china`.
    pub fn named(name: &str) -> Option<Self> {
        let (graph, login) = match name {
            "global" => (
                "https://graph.microsoft.com",
                "https://login.microsoftonline.com",
            ),
            "usgov-l4" => (
                "https://graph.microsoft.us",
                "https://login.microsoftonline.us",
            ),
            "usgov-l5" => (
                "https://dod-graph.microsoft.us",
                "https://login.microsoftonline.us",
            ),
            "china" => (
                "https://microsoftgraph.chinacloudapi.cn",
                "https://login.chinacloudapi.cn",
            ),
            _ => return None,
        };
        Some(Self {
            graph: graph.to_owned(),
            login: login.to_owned(),
        })
    }

    /// Returns a cloud at these roots, as of a simulator.
    ///
    /// # Errors
    ///
    /// Refuses what is not a root, and plain http to another machine.
    pub fn custom(graph: impl Into<String>, login: impl Into<String>) -> Result<Self, CloudError> {
        Ok(Self {
            graph: root(graph.into())?,
            login: root(login.into())?,
        })
    }
}

impl Cloud {
    /// Whether what is said to this URL stays private: it is https, or on this machine or its link.
    pub fn is_private_endpoint(url: &str) -> bool {
        let Ok(uri) = url.parse::<Uri>() else {
            return false;
        };
        match (uri.scheme_str(), uri.host()) {
            (Some("https"), Some(_)) => true,
            (Some("http"), Some(host)) => is_near(host),
            _ => false,
        }
    }
}

fn root(text: String) -> Result<String, CloudError> {
    let text = text.trim_end_matches('/').to_owned();
    let Ok(uri) = text.parse::<Uri>() else {
        return Err(CloudError::Malformed(text));
    };
    let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return Err(CloudError::Malformed(text));
    };
    if authority.host().is_empty() {
        return Err(CloudError::Malformed(text));
    }
    match scheme {
        "https" => {}
        "http" if is_loopback(authority.host()) => {}
        _ => return Err(CloudError::Insecure(text)),
    }
    let versioned = uri
        .path()
        .split('/')
        .next_back()
        .is_some_and(|last| last == "v1.0");
    if authority.as_str().contains('@') || uri.query().is_some() || text.contains('#') || versioned
    {
        return Err(CloudError::NotRoot(text));
    }
    Ok(text)
}

/// Whether a host is this machine or on its link, which no proxy leads to.
pub(crate) fn is_near(host: &str) -> bool {
    let link_local = host
        .parse::<Ipv4Addr>()
        .is_ok_and(|address| address.is_link_local());
    link_local || is_loopback(host)
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => address.is_loopback(),
        Ok(IpAddr::V6(address)) => address == Ipv6Addr::LOCALHOST,
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_four_clouds_have_names() {
        for name in ["global", "usgov-l4", "usgov-l5", "china"] {
            let cloud = Cloud::named(name).unwrap();
            assert_eq!(Cloud::custom(&cloud.graph, &cloud.login), Ok(cloud.clone()));
        }
        assert_eq!(Cloud::named("germany"), None);
    }

    #[test]
    fn plain_http_is_for_this_machine_only() {
        let check = |url: &str| Cloud::custom(url, url).map(|cloud| cloud.graph);
        for local in [
            "http://127.0.0.1:8080",
            "http://127.9.9.9",
            "http://[::1]:1",
            "http://localhost",
        ] {
            assert_eq!(check(local), Ok(local.to_owned()));
        }
        for remote in [
            "http://127.0.0.1.evil.example",
            "http://localhost.example",
            "http://10.0.0.1",
            "ftp://localhost",
        ] {
            assert_eq!(check(remote), Err(CloudError::Insecure(remote.to_owned())));
        }
    }

    #[test]
    fn an_endpoint_is_a_root() {
        let check = |url: &str| Cloud::custom(url, url).map(|cloud| cloud.graph);
        assert_eq!(
            check("https://graph.example/"),
            Ok("https://graph.example".to_owned())
        );
        for other in [
            "https://graph.example/v1.0",
            "https://me@graph.example",
            "https://graph.example?x=1",
        ] {
            assert_eq!(check(other), Err(CloudError::NotRoot(other.to_owned())));
        }
        for other in ["graph.example", "/v1.0", ""] {
            assert_eq!(check(other), Err(CloudError::Malformed(other.to_owned())));
        }
    }
}
