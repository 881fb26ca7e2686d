//! BlurHash: what an image looks like from afar, in some twenty letters.
use crate::{
    DecodeError, Limits, Method, Size,
    thumbnail::{checked_header, decode, shrink},
};

/// The image is looked at in this size: the hash shows no more.
const SMALL: Size = Size { width: 32, height: 32, method: Method::Scale };

/// The longest side that is looked at: a very long image stays long, and its beginning is enough.
const SIDE_MAX: u32 = 256;

/// How many waves the hash has along the longer and along the shorter side.
const WAVES: (u32, u32) = (4, 3);

/// The [BlurHash](https://blurha.sh) of an image.
///
/// # Errors
/// See [`DecodeError`].
pub(crate) fn hash(content: &[u8], limits: Limits) -> Result<String, DecodeError> {
    let header = checked_header(content, limits)?;
    let (image, orientation) = decode(content, header, limits)?;
    let plan = SMALL.plan(header.width, header.height);
    let mut small = shrink(image, plan).ok_or(DecodeError::Unsupported)?;
    small.apply_orientation(orientation);
    let (width, height) = (small.width().min(SIDE_MAX), small.height().min(SIDE_MAX));
    let small = small.crop_imm(0, 0, width, height).into_rgba8();
    let (across, down) = if width >= height { WAVES } else { (WAVES.1, WAVES.0) };
    blurhash::encode(across, down, width, height, small.as_raw())
        .map_err(|_| DecodeError::Unsupported)
}

#[cfg(test)]
mod tests {
    use image::ImageFormat;

    use super::*;
    use crate::testing::{encoded, red_and_blue};

    const LIMITS: Limits = Limits { pixels_max: 1_000_000, bytes_max: 16 << 20 };

    #[test]
    fn a_hash_shows_what_the_image_shows() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP] {
            let hash = hash(&encoded(&red_and_blue(300, 200), format), LIMITS).unwrap();
            let pixels = blurhash::decode(&hash, 32, 32, 1.0).unwrap();
            let color = |x: usize, y: usize| &pixels[(y * 32 + x) * 4..][..3];
            assert!(color(2, 16)[0] > color(2, 16)[2], "{hash}: red on the left");
            assert!(color(29, 16)[2] > color(29, 16)[0], "{hash}: blue on the right");
        }
        assert!(hash(&encoded(&red_and_blue(1, 900), ImageFormat::Png), LIMITS).is_ok());
    }

    #[test]
    fn what_is_no_image_or_too_large_has_none() {
        assert_eq!(hash(b"no image", LIMITS), Err(DecodeError::Unsupported));
        let large = encoded(&red_and_blue(1_001, 1_000), ImageFormat::Png);
        assert_eq!(hash(&large, LIMITS), Err(DecodeError::TooLarge));
    }
}
