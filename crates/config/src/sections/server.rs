//! `[server]`
use crate::{section::section, value::Network};

section! {
    /// Who this server is.
    pub struct Server in "server" {
        /// The part after the colon in every user id: `@alice:example.org`. It is written into the
        /// database at the first start and **cannot change afterwards**.
        pub name: String = "localhost".to_owned(),
        /// The URL under which clients reach the server, when it stands behind a proxy or under
        /// another name than its own: `https://matrix.example.org`. Without it, `.well-known` names
        /// `https://NAME`, or for `localhost` the first client listener.
        pub public_url: Option<String> = None,
        /// The networks of proxies in front of the server, whose `X-Forwarded-For` header is believed:
        /// `["127.0.0.0/8", "::1"]`. Without it the address of the connection counts.
        pub trusted_proxies: Vec<Network> = Vec::new(),
    }
    check(this, complaints) {
        if !is_server_name(&this.name) {
            complaints.push((
                "name",
                format!("`{}` is not a host name with an optional port", this.name),
            ));
        }
        if let Some(url) = &this.public_url
            && !is_http_url(url)
        {
            complaints.push(("public_url", "expected a URL that starts with https://".to_owned()));
        }
    }
}

/// The server name grammar (specification, appendices: "Server Name").
fn is_server_name(name: &str) -> bool {
    let (host, port) = match name.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, Some(port)),
        _ => (name, None),
    };
    let port_fits = port.is_none_or(|port| {
        (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit())
    });
    let host_fits = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => host.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'.'),
    };
    !host.is_empty() && name.len() <= 230 && host_fits && port_fits
}

/// Whether `url` is an absolute HTTP URL with a host.
pub(crate) fn is_http_url(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && !rest.contains(' '))
}

#[cfg(test)]
mod tests {
    use super::is_server_name;

    #[test]
    fn server_names() {
        for name in ["localhost", "example.org", "example.org:8448", "1.2.3.4", "[::1]:80"] {
            assert!(is_server_name(name), "{name}");
        }
        for name in ["", ":80", "a b", "example.org:", "example.org:123456", "::1", "[::g]", "a/b"]
        {
            assert!(!is_server_name(name), "{name}");
        }
    }
}
