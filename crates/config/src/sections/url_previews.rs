//! `[url_previews]`
use crate::{
    section::section,
    value::{Bytes, Lifetime},
};

section! {
    /// Previews of links: the server asks the page that a message links to, and clients show its title, a description
    /// and a picture.
    pub struct UrlPreviews in "url_previews" {
        /// Whether users can ask for previews. Off at first, because only you know whether it is safe in
        /// your network: addresses that are private (`egress.allow_private`) and this machine's own are
        /// never asked, but what has a *public* address and trusts this server's would be. Every linked
        /// site also learns this server's address, and when its link is read.
        pub enabled: bool = false,
        /// What is asked: `HOST`, `HOST:PORT`, or either with a path that URLs begin with; `*.example.org`
        /// are the hosts below `example.org`, `*` is every host. Empty: every host. Ports other than 80
        /// and 443 are asked only where an entry names them (`*:8080`; `*:*` is every port).
        pub allow: Vec<String> = Vec::new(),
        /// What is not asked, in the same words. Wins over `allow`, at every redirect and for pictures too.
        pub deny: Vec<String> = Vec::new(),
        /// How much of a page is read at most.
        pub page_max: Bytes = Bytes::mebibytes(4),
        /// The largest picture that is kept.
        pub picture_max: Bytes = Bytes::mebibytes(10),
        /// The languages that pages are asked for (the header `Accept-Language`).
        pub accept_language: String = "en".to_owned(),
        /// After this time a page is asked again.
        pub lifetime: Lifetime = Lifetime::seconds(12 * 60 * 60),
        /// Previews and their pictures are kept for so long after that, for who reads the messages of
        /// then.
        pub kept_for: Lifetime = Lifetime::seconds(7 * 24 * 60 * 60),
        /// How many pages are asked at the same time.
        pub fetches_max: u32 = 16,
    }
    check(this, complaints) {
        for (key, bytes) in [("page_max", this.page_max), ("picture_max", this.picture_max)] {
            if bytes.0 == 0 || bytes > Bytes::mebibytes(100) {
                complaints.push((key, "expected more than 0 and at most 100 MiB".to_owned()));
            }
        }
        if this.lifetime.as_ms() == 0 {
            complaints.push(("lifetime", "expected more than 0".to_owned()));
        }
        if this.fetches_max == 0 {
            complaints.push(("fetches_max", "expected more than 0".to_owned()));
        }
        let is_header = |text: &str| text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
        if !is_header(&this.accept_language) {
            complaints.push(("accept_language", "expected languages such as \"de, en;q=0.5\"".to_owned()));
        }
    }
}
