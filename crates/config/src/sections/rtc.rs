//! `[rtc]`
use crate::{section::section, sections::server::is_http_url};

section! {
    /// Media servers for calls of many (MatrixRTC).
    pub struct Rtc in "rtc" {
        /// Where clients get access to LiveKit servers (the addresses of `lk-jwt-service`):
        /// `["https://rtc.example.org/livekit/jwt"]`.
        pub livekit_service_urls: Vec<String> = Vec::new(),
    }
    check(this, complaints) {
        if !this.livekit_service_urls.iter().all(|url| is_http_url(url)) {
            let what = "expected URLs that start with https://".to_owned();
            complaints.push(("livekit_service_urls", what));
        }
    }
}
