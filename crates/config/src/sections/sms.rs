//! `[sms]`
use crate::{
    section::section,
    sections::server::is_http_url,
    value::{HttpMethod, Secret},
};

section! {
    /// Sending text messages with codes, by which people prove that a phone number is theirs. Off until `url` is set: the
    /// gateway of a provider, or a program of your own that passes them on.
    pub struct Sms in "sms" {
        /// The gateway. In it, and in `body`, `{{ phone }}` is the number (digits, with its country's code) and
        /// `{{ text }}` the message; `{{ phone | url }}` and `{{ text | url }}` as they stand in a URL or a
        /// form, `{{ phone | json }}` and `{{ text | json }}` as they stand in JSON.
        pub url: Option<String> = None,
        /// How the gateway is asked: `POST`, `PUT` or `GET`.
        pub method: HttpMethod = HttpMethod::Post,
        /// Headers of the request: `["Authorization: Bearer …"]`.
        pub headers: Vec<Secret> = Vec::new(),
        /// What is sent to the gateway. Its `Content-Type` is `application/json` unless a header says otherwise.
        pub body: String = r#"{"to": {{ phone | json }}, "text": {{ text | json }}}"#.to_owned(),
        /// The message. `{{ code }}` is the code, `{{ server_name }}` this server.
        pub text: String = "Your code for {{ server_name }} is {{ code }}".to_owned(),
    }
    check(this, complaints) {
        if this.url.as_deref().is_some_and(|url| !is_http_url(url)) {
            complaints.push(("url", "expected a URL that starts with https:// or http://".to_owned()));
        }
        let is_header = |header: &Secret| {
            let header = header.expose();
            header.contains(':') && header.chars().all(|c| c == ' ' || c.is_ascii_graphic())
        };
        if !this.headers.iter().all(is_header) {
            complaints.push(("headers", "expected entries such as \"Name: value\"".to_owned()));
        }
        if !this.text.contains("code") {
            complaints.push(("text", "does not say {{ code }}".to_owned()));
        }
    }
}
