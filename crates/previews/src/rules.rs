//! Which URLs the server asks at all.
use url::Url;

/// What the administrator allows and denies.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// Empty: every host, at the usual ports.
    pub allow: Vec<Pattern>,
    /// Wins over `allow`.
    pub deny: Vec<Pattern>,
}

/// `HOST`, `HOST:PORT`, each with a path that URLs begin with. `*.example.org` are the hosts below `example.org`, `*` is
/// every host; the port `*` is every port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    host: Host,
    port: Port,
    path: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Port {
    /// The usual ones, or in what is denied any.
    Unsaid,
    Any,
    Exactly(u16),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Host {
    Any,
    Exactly(String),
    /// With the dot in front.
    Below(String),
}

/// A text is no pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not HOST, HOST:PORT or either with a path; HOST may be *.example.org or *")]
pub struct PatternError(String);

impl Rules {
    /// Whether the URL may be asked. Ports other than the scheme's own are asked only where `allow` names them: what
    /// listens there is more often somebody's database than a page.
    #[must_use]
    pub fn allow(&self, url: &Url) -> bool {
        let usual = matches!((url.scheme(), url.port()), ("http" | "https", None));
        let allowed = if self.allow.is_empty() {
            usual
        } else {
            self.allow
                .iter()
                .any(|pattern| pattern.fits(url) && (usual || pattern.port != Port::Unsaid))
        };
        allowed && !self.deny.iter().any(|pattern| pattern.fits(url))
    }
}

impl Pattern {
    /// Parses a pattern.
    ///
    /// # Errors
    /// If it is none.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let error = || PatternError(text.to_owned());
        if text.contains("://") {
            return Err(error());
        }
        // The star stands for a name here, so that the rest is read as URLs are: `ÉXAMPLE.org` is `xn--xample-9ua.org`.
        let (is_star, rest) = match text.strip_prefix('*') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (is_below, rest) = match rest.strip_prefix('.') {
            Some(rest) if is_star => (true, rest.to_owned()),
            None if is_star => (false, format!("any{rest}")),
            _ => (false, rest.to_owned()),
        };
        let (authority, path) = match rest.split_once('/') {
            Some((authority, path)) => (authority, format!("/{path}")),
            None => (rest.as_str(), "/".to_owned()),
        };
        let (host, is_any_port) = match authority.strip_suffix(":*") {
            Some(host) => (host, true),
            None => (authority, false),
        };
        let url = Url::parse(&format!("http://{host}{path}")).map_err(|_| error())?;
        let name = url.host_str().unwrap_or_default();
        if name.contains('*') || (is_star && !is_below && name != "any") || url.query().is_some() {
            return Err(error());
        }
        let host = match (is_star, is_below) {
            (true, true) => Host::Below(format!(".{name}")),
            (true, false) => Host::Any,
            _ => Host::Exactly(name.to_owned()),
        };
        let port = match url.port() {
            _ if is_any_port => Port::Any,
            Some(port) => Port::Exactly(port),
            // The usual port is named, too.
            None if authority.ends_with(":80") => Port::Exactly(80),
            None => Port::Unsaid,
        };
        Ok(Self { host, port, path: url.path().to_owned() })
    }

    fn fits(&self, url: &Url) -> bool {
        let name = url.host_str().unwrap_or_default().trim_end_matches('.');
        let host = match &self.host {
            Host::Any => true,
            Host::Exactly(host) => name == host.trim_end_matches('.'),
            Host::Below(end) => name.ends_with(end.as_str()),
        };
        let port = match self.port {
            Port::Unsaid | Port::Any => true,
            Port::Exactly(port) => url.port_or_known_default() == Some(port),
        };
        host && port && url.path().starts_with(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(allow: &[&str], deny: &[&str]) -> Rules {
        let parsed =
            |texts: &[&str]| texts.iter().map(|text| Pattern::parse(text).unwrap()).collect();
        Rules { allow: parsed(allow), deny: parsed(deny) }
    }

    fn allows(rules: &Rules, url: &str) -> bool {
        rules.allow(&Url::parse(url).unwrap())
    }

    #[test]
    fn without_patterns_pages_at_the_usual_ports_are_asked() {
        let rules = rules(&[], &[]);
        for url in ["http://a.example/x", "https://a.example:443/", "http://1.2.3.4:80/"] {
            assert!(allows(&rules, url), "{url}");
        }
        for url in ["http://a.example:8080/", "https://a.example:80/", "http://a.example:22/"] {
            assert!(!allows(&rules, url), "{url}");
        }
    }

    #[test]
    fn patterns_name_hosts_ports_and_paths() {
        let allowing = rules(&["Example.org", "*.example.net", "*:8080", "ÉXAMPLE.com/docs"], &[]);
        for url in [
            "https://example.org/x",
            "https://EXAMPLE.org./",
            "https://a.b.example.net/",
            "http://any.example:8080/",
            "https://xn--xample-9ua.com/docs/1",
        ] {
            assert!(allows(&allowing, url), "{url}");
        }
        for url in [
            "https://www.example.org/",
            "https://example.net/",
            "https://badexample.net/",
            "http://example.org:8008/",
            "https://éxample.com/",
        ] {
            assert!(!allows(&allowing, url), "{url}");
        }
        let denying = rules(&["*"], &["*.corp.example", "corp.example", "example.org/private"]);
        for (url, expected) in [
            ("https://wiki.corp.example/", false),
            ("https://corp.example/", false),
            ("https://corp.example./", false),
            ("https://example.org/private/1", false),
            ("https://example.org/public", true),
            ("http://example.org:81/", false),
        ] {
            assert_eq!(allows(&denying, url), expected, "{url}");
        }
        let any = rules(&["*:*"], &["*:22", "a.example:*"]);
        for (url, expected) in [
            ("http://b.example:8080/x", true),
            ("http://[::1]:1/", true),
            ("http://b.example:22/", false),
            ("https://a.example/", false),
        ] {
            assert_eq!(allows(&any, url), expected, "{url}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_told() {
        for text in
            ["", "https://example.org", "a b", "*a", "a.*.example", "**", "x:99999", "a?b", "*.*"]
        {
            assert!(Pattern::parse(text).is_err(), "{text}");
        }
    }
}
