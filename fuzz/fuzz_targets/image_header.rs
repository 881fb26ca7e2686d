//! The header of an image is read without a panic, from bytes of any kind, and names a size that is one.
#![no_main]
use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use pictures::header;

fuzz_target!(|bytes: &[u8]| {
    let read = header::read(&mut Cursor::new(bytes)).expect("memory does not fail");
    if let Some(header) = read {
        assert!(header.width > 0 && header.height > 0);
        // The same bytes say the same, and what follows the header does not matter.
        let mut longer = bytes.to_vec();
        longer.extend_from_slice(&[0; 64]);
        assert_eq!(header::read(&mut Cursor::new(longer)).expect("memory does not fail"), Some(header));
    }
});
