//! Images for tests.
use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

/// An image whose left half is red and whose right half is blue.
#[must_use]
pub fn red_and_blue(width: u32, height: u32) -> DynamicImage {
    let color = |x, _| if x < width / 2 { Rgb([255, 0, 0]) } else { Rgb([0, 0, 255]) };
    RgbImage::from_fn(width, height, color).into()
}

/// An image as a file.
///
/// # Panics
/// Panics if the format has no such images.
#[must_use]
#[expect(clippy::unwrap_used, reason = "a test fails by it")]
pub fn encoded(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}
