use std::time::Instant;

use super::*;
use crate::{
    Method,
    testing::{encoded, red_and_blue},
};

const LIMITS: Limits = Limits { pixels_max: 4_000_000, bytes_max: 32 << 20 };

fn run(bytes: &[u8], width: u32, height: u32, method: Method) -> Result<DynamicImage, DecodeError> {
    let encoded = thumbnail(bytes, Size { width, height, method }, LIMITS)?;
    Ok(image::load_from_memory(&encoded.bytes).unwrap())
}

fn side(image: &DynamicImage) -> (u32, u32) {
    (image.width(), image.height())
}

#[test]
fn every_format_shrinks() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP] {
        let bytes = encoded(&red_and_blue(640, 320), format);
        let small = run(&bytes, 160, 160, Method::Scale).unwrap();
        assert_eq!(side(&small), (320, 160), "{format:?}");
        let small = run(&bytes, 96, 96, Method::Crop).unwrap().into_rgb8();
        assert_eq!(small.dimensions(), (96, 96), "{format:?}");
        let (left, right) = (small[(5, 48)].0, small[(90, 48)].0);
        assert!(
            left[0] > 200 && left[2] < 60 && right[2] > 200 && right[0] < 60,
            "{left:?} {right:?}"
        );
        let same = run(&bytes, 1_280, 1_280, Method::Scale).unwrap();
        assert_eq!(side(&same), (640, 320), "never enlarged: {format:?}");
    }
}

#[test]
fn what_shines_through_stays_so_and_opaque_images_become_jpeg() {
    let glass = RgbaImage::from_pixel(400, 400, image::Rgba([10, 20, 30, 128]));
    let bytes = encoded(&glass.into(), ImageFormat::Png);
    let small = run(&bytes, 32, 32, Method::Crop).unwrap().into_rgba8();
    assert_eq!(small[(16, 16)].0[3], 128);
    let opaque = RgbaImage::from_pixel(400, 400, image::Rgba([10, 20, 30, 255]));
    let content = encoded(&opaque.into(), ImageFormat::Png);
    let size = Size { width: 32, height: 32, method: Method::Crop };
    assert_eq!(thumbnail(&content, size, LIMITS).unwrap().content_type, "image/jpeg");
}

#[test]
fn photos_that_were_taken_upright_are_shown_upright() {
    let plain = encoded(&red_and_blue(400, 200), ImageFormat::Jpeg);
    // An Exif segment with one entry: orientation 6, to be turned clockwise.
    let exif = [
        &[0xff, 0xe1, 0, 34],
        b"Exif\0\0".as_slice(),
        b"II*\0\x08\0\0\0",
        &[1, 0],
        &[0x12, 0x01, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0],
        &[0, 0, 0, 0],
    ]
    .concat();
    let turned = [&plain[..2], &exif, &plain[2..]].concat();
    let small = run(&turned, 96, 96, Method::Scale).unwrap().into_rgb8();
    assert_eq!(small.dimensions(), (96, 192));
    assert!(small[(48, 10)].0[0] > 200, "red is on top");
    assert!(small[(48, 180)].0[2] > 200, "blue is below");
}

/// S5.
#[test]
fn bombs_are_refused_by_their_headers() {
    let png = |width: u32, height: u32| {
        let start = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice();
        [start, &width.to_be_bytes(), &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat()
    };
    let gif = b"GIF89a\xff\xff\xff\xff\0\0\0".to_vec();
    let jpeg = [0xff, 0xd8, 0xff, 0xc0, 0, 17, 8, 0xff, 0xff, 0xff, 0xff, 3].to_vec();
    let webp = b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff".to_vec();
    for bomb in [png(60_000, 60_000), png(u32::MAX, 1), png(2_001, 2_000), gif, jpeg, webp] {
        let started = Instant::now();
        assert_eq!(run(&bomb, 96, 96, Method::Crop).err(), Some(DecodeError::TooLarge));
        assert!(started.elapsed().as_millis() < 50);
    }
}

#[test]
fn broken_and_lying_images_are_refused() {
    let good = encoded(&red_and_blue(300, 300), ImageFormat::Png);
    let mut lying = good.clone();
    // The header says 100 × 100; its checksum does not fit any more.
    lying[16..24].copy_from_slice(&[0, 0, 0, 100, 0, 0, 0, 100]);
    let cases = [b"".to_vec(), b"<svg/>".to_vec(), good[..60].to_vec(), lying];
    for bytes in cases {
        assert_eq!(run(&bytes, 96, 96, Method::Crop).err(), Some(DecodeError::Unsupported));
    }
}

#[test]
fn of_an_animation_the_first_picture_is_shown() {
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut bytes);
    for color in [[255, 0, 0, 255], [0, 0, 255, 255]] {
        let picture = RgbaImage::from_pixel(200, 200, image::Rgba(color));
        encoder.encode_frame(image::Frame::new(picture)).unwrap();
    }
    drop(encoder);
    let small = run(&bytes, 32, 32, Method::Crop).unwrap().into_rgb8();
    assert!(small[(16, 16)].0[0] > 200);
}

/// S5: what comes behind the first picture costs nothing.
#[test]
fn ten_thousand_pictures_are_not_decoded() {
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::gif::GifEncoder::new_with_speed(&mut bytes, 30);
    for number in 0..10_000_u32 {
        let color = if number == 0 { [255, 0, 0, 255] } else { [0, 0, 255, 255] };
        let picture = RgbaImage::from_pixel(8, 8, image::Rgba(color));
        encoder.encode_frame(image::Frame::new(picture)).unwrap();
    }
    drop(encoder);
    let started = Instant::now();
    let small = run(&bytes, 32, 32, Method::Crop).unwrap().into_rgb8();
    assert!(small[(4, 4)].0[0] > 200);
    assert!(started.elapsed().as_millis() < 1_000, "{:?}", started.elapsed());
}

/// S5: what is converted to eight bits a channel takes its memory twice.
#[test]
fn the_memory_of_a_conversion_counts() {
    let deep = image::ImageBuffer::from_pixel(1_200, 1_200, image::Rgba([9_u16, 9, 9, 9]));
    let bytes = encoded(&DynamicImage::ImageRgba16(deep), ImageFormat::Png);
    let with = |bytes_max| {
        let size = Size { width: 32, height: 32, method: Method::Crop };
        thumbnail(&bytes, size, Limits { pixels_max: 4_000_000, bytes_max }).err()
    };
    assert_eq!(with(1_200 * 1_200 * 11), Some(DecodeError::TooLarge));
    assert_eq!(with(1_200 * 1_200 * 13), None);
}
