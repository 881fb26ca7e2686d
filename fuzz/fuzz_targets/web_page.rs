//! A page of a stranger is read in any pieces to its end, and tells no more than a preview has room for.
#![no_main]
use libfuzzer_sys::fuzz_target;
use webpages::{Reader, from_oembed};

/// 51 properties with their names, and some room.
const TOLD_BYTES_MAX: usize = 512 * 1_024;

fuzz_target!(|input: (Option<&str>, u8, &[u8])| {
    let (content_type, piece, bytes) = input;
    let mut reader = Reader::new(content_type);
    for piece in bytes.chunks(usize::from(piece).max(1)) {
        reader.write(piece);
    }
    let page = reader.finish();
    let told: usize = page.properties.iter().map(|(name, text)| name.len() + text.len()).sum();
    assert!(told < TOLD_BYTES_MAX);
    let _ = from_oembed(bytes);
});
