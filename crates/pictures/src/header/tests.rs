use std::io::Cursor;

use image::ImageFormat;
use proptest::prelude::*;

use super::*;
use crate::testing::{encoded, red_and_blue};

fn parse(bytes: &[u8]) -> Option<Header> {
    read(&mut Cursor::new(bytes)).unwrap()
}

#[test]
fn real_images_have_the_size_that_they_were_made_with() {
    let image = red_and_blue(301, 17);
    for (kind, format) in [
        (ImageFormat::Png, Format::Png),
        (ImageFormat::Jpeg, Format::Jpeg),
        (ImageFormat::Gif, Format::Gif),
        (ImageFormat::WebP, Format::WebP),
    ] {
        let expected = Header { format, width: 301, height: 17 };
        assert_eq!(parse(&encoded(&image, kind)), Some(expected));
    }
}

#[test]
fn webp_has_three_kinds_of_header() {
    let chunk = |kind: &[u8; 4], data: &[u8]| {
        [b"RIFF\x1e\0\0\0WEBP".as_slice(), kind, &[10, 0, 0, 0], data].concat()
    };
    let lossy = chunk(b"VP8 ", &[0, 0, 0, 0x9d, 0x01, 0x2a, 0x2c, 0x41, 0x11, 0x00]);
    let extended = chunk(b"VP8X", &[0, 0, 0, 0, 0x2b, 0x01, 0x00, 0x10, 0x00, 0x01]);
    let size = |bytes: &[u8]| parse(bytes).map(|header| (header.width, header.height));
    // The two high bits of a lossy side are a scale.
    assert_eq!(size(&lossy), Some((300, 17)));
    assert_eq!(size(&extended), Some((300, 65_553)));
    assert_eq!(size(&chunk(b"ALPH", &[0; 10])), None);
}

#[test]
fn a_jpeg_may_have_padding_and_many_segments_but_not_endlessly_many() {
    let frame = [0xff, 0xc2, 0, 17, 8, 0, 17, 1, 45, 3];
    let comment = [0xff, 0xff, 0xfe, 0, 4, 1, 2];
    let jpeg = |segments: usize| [&[0xff, 0xd8], &*comment.repeat(segments), &frame].concat();
    let expected = Some(Header { format: Format::Jpeg, width: 301, height: 17 });
    assert_eq!(parse(&jpeg(3)), expected);
    assert_eq!(parse(&jpeg(400)), expected);
    assert_eq!(parse(&jpeg(501)), None);
    // A length below 2, data before any size, and a table that only looks like a frame.
    assert_eq!(parse(&[0xff, 0xd8, 0xff, 0xfe, 0, 1, 0xff, 0xc0]), None);
    assert_eq!(parse(&[0xff, 0xd8, 0xff, 0xda, 0, 4, 0, 0]), None);
    assert_eq!(
        parse(&[[0xff, 0xd8, 0xff, 0xc4, 0, 4, 0, 0].as_slice(), frame.as_slice()].concat()),
        expected
    );
}

#[test]
fn other_formats_and_empty_images_are_nothing() {
    for other in [
        b"".as_slice(),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7",
        b"BM\0\0\0\0",
        b"II*\0\0\0\0\0",
        b"\x00\x00\x00\x20ftypavif",
        b"GIF89a\x00\x00\x01\x00",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\0\0\0\0\x01",
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0",
    ] {
        assert_eq!(parse(other), None, "{other:?}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_harm(bytes in proptest::collection::vec(any::<u8>(), 0..2_000), kind in 0..5_usize) {
        let starts: [&[u8]; 5] =
            [b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"GIF89a", b"RIFF\0\0\0\0WEBPVP8"];
        let input = [starts[kind], &bytes].concat();
        let header = parse(&input);
        prop_assert!(header.is_none_or(|header| header.width > 0 && header.height > 0));
    }
}
