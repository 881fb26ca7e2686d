use std::time::Instant;

use image::{Delay, ImageFormat, RgbaImage, codecs::gif::GifEncoder};

use super::*;
use crate::{
    Method,
    testing::{encoded, red_and_blue},
};

const LIMITS: Limits = Limits { pixels_max: 1_000_000, bytes_max: 16 << 20 };
const SIZE: Size = Size { width: 32, height: 32, method: Method::Crop };

/// A GIF whose pictures are of different greys.
fn gif_of(width: u32, height: u32, pictures: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new_with_speed(&mut bytes, 30);
    for n in 0..pictures {
        let grey = u8::try_from(n * 40 % 256).unwrap();
        let picture = RgbaImage::from_pixel(width, height, image::Rgba([grey, grey, grey, 255]));
        let delay = Delay::from_numer_denom_ms(70, 1);
        encoder.encode_frame(image::Frame::from_parts(picture, 0, 0, delay)).unwrap();
    }
    drop(encoder);
    bytes
}

fn animated(content: &[u8]) -> Result<Option<Encoded>, DecodeError> {
    thumbnail(content, SIZE, LIMITS)
}

#[test]
fn an_animation_stays_one() {
    let small = animated(&gif_of(100, 80, 5)).unwrap().unwrap();
    assert_eq!(small.content_type, "image/gif");
    let decoder = GifDecoder::new(Cursor::new(small.bytes)).unwrap();
    assert_eq!(decoder.dimensions(), (32, 32));
    let frames = decoder.into_frames().collect_frames().unwrap();
    assert_eq!(frames.len(), 5);
    for (n, frame) in frames.iter().enumerate() {
        assert_eq!(frame.delay().numer_denom_ms(), (70, 1));
        let grey = i32::try_from(n * 40).unwrap();
        assert!((i32::from(frame.buffer().get_pixel(16, 16)[0]) - grey).abs() < 12);
    }
}

#[test]
fn what_does_not_move_is_none() {
    assert!(animated(&gif_of(100, 80, 1)).unwrap().is_none());
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
        assert!(animated(&encoded(&red_and_blue(100, 80), format)).unwrap().is_none());
    }
    assert!(matches!(animated(b"nothing"), Err(DecodeError::Unsupported)));
}

/// S5.
#[test]
fn an_animation_without_end_is_shown_by_its_first_picture() {
    let (long, large) = (gif_of(8, 8, 2_000), gif_of(900, 900, 80));
    let began = Instant::now();
    assert!(animated(&long).unwrap().is_none());
    assert!(animated(&large).unwrap().is_none());
    assert!(began.elapsed().as_secs() < 60, "{:?}", began.elapsed());
    assert!(matches!(animated(&gif_of(2_000, 1_000, 2)), Err(DecodeError::TooLarge)));
    let wide = Size { width: 800, height: 800, method: Method::Scale };
    assert!(thumbnail(&gif_of(900, 900, 2), wide, LIMITS).unwrap().is_none());
    let little = Limits { bytes_max: 100_000, ..LIMITS };
    assert!(thumbnail(&gif_of(200, 200, 2), SIZE, little).unwrap().is_none());
    // A broken end makes it a picture that stands.
    let broken = gif_of(100, 80, 5);
    assert!(animated(&broken[..broken.len() / 2]).unwrap().is_none());
}
