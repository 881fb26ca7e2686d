//! `[well_known]`
use crate::{section::section, sections::server::is_http_url};

section! {
    /// What `/.well-known/matrix/` tells clients, servers and people.
    pub struct WellKnown in "well_known" {
        /// The homeserver URL for clients. Without it: `server.public_url`.
        pub client: Option<String> = None,
        /// `HOST:PORT` for other servers. Without it: the host of `server.public_url` and its port,
        /// and nothing is served if that is the server name itself.
        pub server: Option<String> = None,
        /// The e-mail address of the administrator, for `/.well-known/matrix/support`.
        pub support_email: Option<String> = None,
        /// The Matrix id of the administrator.
        pub support_matrix_id: Option<String> = None,
        /// A page with help for users.
        pub support_page: Option<String> = None,
    }
    check(this, complaints) {
        for (key, url) in [("client", &this.client), ("support_page", &this.support_page)] {
            if url.as_deref().is_some_and(|url| !is_http_url(url)) {
                complaints.push((key, "expected a URL that starts with https://".to_owned()));
            }
        }
        if this.server.as_deref().is_some_and(|server| server.contains('/')) {
            complaints.push(("server", "expected HOST:PORT without https://".to_owned()));
        }
        if this.support_matrix_id.as_deref().is_some_and(|id| !id.starts_with('@')) {
            complaints.push(("support_matrix_id", "expected an id such as @admin:example.org".to_owned()));
        }
    }
}
