//! `[email]`
use std::path::PathBuf;

use crate::{
    section::section,
    sections::server::is_http_url,
    value::{Lifetime, Secret, SmtpSecurity},
};

section! {
    /// Sending mail: proofs that an address is somebody's, forgotten passwords, notifications. Off until
    /// `host` and `from` are set. `longhouse email test ADDRESS` tells whether it works.
    pub struct Email in "email" {
        /// The SMTP server that takes the mail: `smtp.example.org`.
        pub host: Option<String> = None,
        /// Its port. Without it: 587 for `starttls`, 465 for `tls`, 25 for `none`.
        pub port: Option<u32> = None,
        /// `starttls` (the connection becomes an encrypted one, or nothing is sent), `tls` (it is one from
        /// the beginning), or `none` (for a server on the same machine). Certificates are always checked.
        pub security: SmtpSecurity = SmtpSecurity::Starttls,
        /// With what to log in, if the server wants it.
        pub username: Option<String> = None,
        /// The password to it.
        pub password: Option<Secret> = None,
        /// The sender: `Longhouse <noreply@example.org>`, or an address alone.
        pub from: Option<String> = None,
        /// What the mail calls the service.
        pub app_name: String = "Longhouse".to_owned(),
        /// The name that this machine greets the SMTP server with. Without it: its host name.
        pub hello_name: Option<String> = None,
        /// Certificates (PEM) that are trusted beside the system's.
        pub ca_file: Option<PathBuf> = None,
        /// How long handing over one mail may take, with the connection to the SMTP server.
        pub timeout: Lifetime = Lifetime::seconds(20),
        /// A folder with templates of your own: `docs/email.md` lists their names. What is not in it is
        /// said with the built-in words. Relative to the data folder.
        pub templates: Option<PathBuf> = None,
        /// How long the link or code in a message is valid.
        pub link_lifetime: Lifetime = Lifetime::seconds(60 * 60),
        /// Whether who asks for a message is told that an address is somebody's here already, or nobody's. Off,
        /// only whoever reads the mail to the address learns it.
        pub tell_addresses_in_use: bool = false,
        /// Whether users can have mail about what notified them and they have not read: `docs/email.md` says how it works.
        pub notifications: bool = true,
        /// For how long a notification has to be unread before a mail tells it.
        pub notify_after: Lifetime = Lifetime::seconds(10 * 60),
        /// The shortest time between two such mails to one address. It doubles with each mail after which the user has
        /// read nothing, up to a week.
        pub notify_every: Lifetime = Lifetime::seconds(60 * 60),
        /// Whether such mail says what was written. What was written in encrypted rooms is in no mail in any case. Off, it
        /// names rooms and senders, with the number of messages.
        pub include_content: bool = true,
        /// The web client in which the links of such mail open rooms: `https://app.example.org`. Without it they lead to
        /// `https://matrix.to`, which asks for the client.
        pub web_client: Option<String> = None,
        /// Hosts of the web applications that people may be led on to once they have followed a link:
        /// `["app.example.org"]`.
        pub next_link_hosts: Vec<String> = Vec::new(),
    }
    check(this, complaints) {
        if this.host.is_some() && this.from.is_none() {
            complaints.push(("from", "is needed where host is set".to_owned()));
        }
        if this.host.as_deref().is_some_and(|host| host.is_empty() || host.contains([' ', '/', ':'])) {
            complaints.push(("host", "expected a host name or an address, without a port".to_owned()));
        }
        if this.port.is_some_and(|port| port == 0 || port > 65_535) {
            complaints.push(("port", "expected 1 to 65535".to_owned()));
        }
        if this.username.is_some() != this.password.is_some() {
            complaints.push(("username", "username and password belong together".to_owned()));
        }
        if this.password.is_some() && this.security == SmtpSecurity::None && !this.is_on_this_machine() {
            let what = "`none` would send the password over the network for everybody to read".to_owned();
            complaints.push(("security", what));
        }
        if this.timeout.as_ms() == 0 {
            complaints.push(("timeout", "expected more than 0".to_owned()));
        }
        if this.link_lifetime < Lifetime::seconds(60) || this.link_lifetime > Lifetime::seconds(7 * 86_400) {
            complaints.push(("link_lifetime", "expected 1m to 7d".to_owned()));
        }
        let (shortest, longest) = (Lifetime::seconds(1), Lifetime::seconds(7 * 86_400));
        for (name, time) in [("notify_after", this.notify_after), ("notify_every", this.notify_every)] {
            if time < shortest || time > longest {
                complaints.push((name, "expected 1s to 7d".to_owned()));
            }
        }
        if this.web_client.as_deref().is_some_and(|url| !is_web_address(url)) {
            complaints.push(("web_client", "expected a URL that starts with https://".to_owned()));
        }
        let texts = [&this.app_name].into_iter().chain(&this.hello_name).chain(&this.from);
        if texts.into_iter().any(|text| text.chars().any(char::is_control)) {
            complaints.push(("app_name", "a name cannot have control characters".to_owned()));
        }
    }
}

/// Whether links can be made by adding a fragment to a text.
fn is_web_address(text: &str) -> bool {
    is_http_url(text)
        && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"#\"<>".contains(&byte))
}

impl Email {
    /// Whether the SMTP server is on the node's own machine.
    fn is_on_this_machine(&self) -> bool {
        let host = self.host.as_deref().unwrap_or_default();
        host == "localhost"
            || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}
