//! What is read as canonical JSON is written so that it reads the same again.
#![no_main]
use libfuzzer_sys::fuzz_target;
use protocol::canonical;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(object) = canonical::parse_object(bytes) {
        let text = canonical::to_string(&object);
        let again = canonical::parse_object(text.as_bytes()).expect("canonical text is read");
        assert_eq!(again, object);
        assert_eq!(canonical::to_string(&again), text);
    }
});
