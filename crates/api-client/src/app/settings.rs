//! What the server says about itself.
use config::Config;
use protocol::ids::{IdParseError, OwnedServerName};

/// What the server says about itself.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The part behind the colon of its users' ids.
    pub server_name: OwnedServerName,
    /// Where clients reach it, without a slash at the end.
    pub client_url: String,
    /// `HOST:PORT` where other servers reach it; `None` where the server name itself leads there.
    pub federation_address: Option<String>,
    /// Whom people can ask.
    pub support: Support,
    /// The public Ed25519 key of the policy server of this name, in unpadded base64.
    pub policy_server_key: Option<String>,
}

/// Whom people can ask about this server.
#[derive(Clone, Debug, Default)]
pub struct Support {
    /// The administrator's e-mail address.
    pub email: Option<String>,
    /// The administrator's Matrix id.
    pub matrix_id: Option<String>,
    /// A page with help.
    pub page: Option<String>,
}

impl Settings {
    /// From the configuration. `listener_url` is the URL of the first listener for clients, where only that one is known:
    /// on a server that is called `localhost`.
    ///
    /// # Errors
    /// When the configured server name is none.
    pub fn new(config: &Config, listener_url: &str) -> Result<Self, IdParseError> {
        let name = &config.server.name;
        let well_known = &config.well_known;
        let public_url = config.server.public_url.clone();
        let federation_of_url = public_url.as_deref().and_then(|url| other_host(url, name));
        let is_local = name.as_str() == "localhost";
        let default_url =
            || if is_local { listener_url.to_owned() } else { format!("https://{name}") };
        let client_url = well_known.client.clone().or(public_url).unwrap_or_else(default_url);
        Ok(Self {
            server_name: OwnedServerName::try_from(name.as_str())?,
            client_url: client_url.trim_end_matches('/').to_owned(),
            federation_address: well_known.server.clone().or(federation_of_url),
            support: Support {
                email: well_known.support_email.clone(),
                matrix_id: well_known.support_matrix_id.clone(),
                page: well_known.support_page.clone(),
            },
            policy_server_key: well_known.policy_server_key.clone(),
        })
    }
}

/// `HOST:PORT` of an HTTP URL, unless that is the server name.
fn other_host(url: &str, server_name: &str) -> Option<String> {
    let (rest, port) = match url.strip_prefix("https://") {
        Some(rest) => (rest, 443),
        None => (url.strip_prefix("http://")?, 80),
    };
    let host = rest.split('/').next()?;
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let address = if has_port { host.to_owned() } else { format!("{host}:{port}") };
    (host != server_name && address != server_name).then_some(address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_servers_are_sent_to_the_host_of_the_public_url() {
        assert_eq!(
            other_host("https://m.example.org/", "example.org").unwrap(),
            "m.example.org:443"
        );
        assert_eq!(
            other_host("https://m.example.org:8448", "example.org").unwrap(),
            "m.example.org:8448"
        );
        assert_eq!(other_host("https://example.org", "example.org"), None);
        assert_eq!(other_host("https://example.org:8448", "example.org:8448"), None);
    }

    #[test]
    fn a_server_on_a_laptop_names_its_listener_and_any_other_its_name() {
        let mut config = Config::default();
        let settings = Settings::new(&config, "http://127.0.0.1:8008").unwrap();
        assert_eq!(settings.client_url, "http://127.0.0.1:8008");
        config.server.name = "example.org".to_owned();
        let settings = Settings::new(&config, "http://127.0.0.1:8008").unwrap();
        assert_eq!(settings.client_url, "https://example.org");
        assert_eq!(settings.federation_address, None);
    }
}
