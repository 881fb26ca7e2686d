//! The tokens that clients carry: what is read is written the same, and says one position.
#![no_main]
use libfuzzer_sys::fuzz_target;
use rooms::token::{StreamToken, TimelineToken, WindowToken};

fuzz_target!(|text: &str| {
    if let Ok(token) = text.parse::<StreamToken>() {
        assert!(token.position >= 0);
        assert_eq!(token.to_string().parse(), Ok(token));
        let place = text.parse::<TimelineToken>().expect("a place in the stream is one in a timeline");
        assert_eq!((place.epoch, place.position), (token.epoch, token.position));
    }
    if let Ok(token) = text.parse::<TimelineToken>() {
        assert_eq!(token.to_string().parse(), Ok(token));
    }
    if let Ok(token) = text.parse::<WindowToken>() {
        assert_eq!(token.to_string().parse(), Ok(token));
    }
});
