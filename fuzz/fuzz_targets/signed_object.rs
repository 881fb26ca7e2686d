//! Keys and signatures that clients upload: nothing that somebody else made up verifies, and nothing panics.
#![no_main]
use libfuzzer_sys::fuzz_target;
use protocol::{
    canonical,
    signing::{PublicKey, verify_signed_object},
};

fuzz_target!(|input: (&str, &str, &str, &[u8])| {
    let (signer, key_id, key, json) = input;
    let Some(key) = PublicKey::from_base64(key) else { return };
    let Ok(object) = canonical::parse_object(json) else { return };
    if verify_signed_object(&object, signer, key_id, key).is_ok() {
        // Whoever verifies has looked at a signature by that name.
        let text = canonical::to_string(&object);
        assert!(text.contains("signatures"), "{text}");
    }
});
