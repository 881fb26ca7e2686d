//! From an image to the bytes of a thumbnail.
use std::io::Cursor;

use fast_image_resize::{
    FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer,
    images::{Image, ImageRef},
};
use image::{
    ColorType, DynamicImage, ImageDecoder, ImageFormat, ImageReader, RgbImage, RgbaImage,
    codecs::{jpeg::JpegEncoder, png::PngEncoder},
    metadata::Orientation,
};

use crate::{
    DecodeError, Encoded, Limits,
    header::{self, Format, Header},
    size::{Plan, Size},
};

/// Quality of JPEG thumbnails, of 100.
const JPEG_QUALITY: u8 = 82;

/// The largest width or height.
const SIDE_MAX: u32 = 65_535;

/// Makes a thumbnail. Of an animated image the first picture is taken.
///
/// # Errors
/// See [`DecodeError`].
pub(crate) fn thumbnail(
    content: &[u8],
    size: Size,
    limits: Limits,
) -> Result<Encoded, DecodeError> {
    let header = checked_header(content, limits)?;
    let (image, orientation) = decode(content, header, limits)?;
    let size = if is_turned(orientation) { size.turned() } else { size };
    let plan = size.plan(header.width, header.height);
    let mut small = shrink(image, plan).ok_or(DecodeError::Unsupported)?;
    small.apply_orientation(orientation);
    encode(&small).ok_or(DecodeError::Unsupported)
}

/// The header of an image that is within the limits.
pub(crate) fn checked_header(content: &[u8], limits: Limits) -> Result<Header, DecodeError> {
    let header = header::read(&mut Cursor::new(content));
    let header = header.ok().flatten().ok_or(DecodeError::Unsupported)?;
    let pixels = u64::from(header.width) * u64::from(header.height);
    if pixels > limits.pixels_max || header.width > SIDE_MAX || header.height > SIDE_MAX {
        return Err(DecodeError::TooLarge);
    }
    Ok(header)
}

/// What a decoder may take, and which size it has to find.
pub(crate) fn decoder_limits(header: Header, limits: Limits) -> image::Limits {
    let mut decoder_limits = image::Limits::no_limits();
    decoder_limits.max_image_width = Some(header.width);
    decoder_limits.max_image_height = Some(header.height);
    decoder_limits.max_alloc = Some(limits.bytes_max);
    decoder_limits
}

/// The pixels, and how they are to be turned.
pub(crate) fn decode(
    content: &[u8],
    header: Header,
    limits: Limits,
) -> Result<(DynamicImage, Orientation), DecodeError> {
    let format = match header.format {
        Format::Png => ImageFormat::Png,
        Format::Jpeg => ImageFormat::Jpeg,
        Format::Gif => ImageFormat::Gif,
        Format::WebP => ImageFormat::WebP,
    };
    let mut reader = ImageReader::with_format(Cursor::new(content), format);
    reader.limits(decoder_limits(header, limits));
    let mut decoder = reader.into_decoder().map_err(|_| DecodeError::Unsupported)?;
    if decoder.dimensions() != (header.width, header.height) {
        return Err(DecodeError::Unsupported);
    }
    if bytes_needed(&decoder) > limits.bytes_max {
        return Err(DecodeError::TooLarge);
    }
    // Metadata that can't be read does not make the picture worse.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let image = DynamicImage::from_decoder(decoder).map_err(|_| DecodeError::Unsupported)?;
    Ok((image, orientation))
}

/// What the pixels take: as they are decoded, and once more if they have to be converted to eight bits a channel.
fn bytes_needed(decoder: &impl ImageDecoder) -> u64 {
    let (width, height) = decoder.dimensions();
    let color = decoder.color_type();
    let converted = match color {
        ColorType::Rgb8 | ColorType::Rgba8 => 0,
        _ if color.has_alpha() => 4,
        _ => 3,
    };
    let converted = u64::from(width) * u64::from(height) * converted;
    decoder.total_bytes().saturating_add(converted)
}

fn is_turned(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    )
}

/// Cuts out the middle and shrinks it, with eight bits a channel.
pub(crate) fn shrink(image: DynamicImage, plan: Plan) -> Option<DynamicImage> {
    let (width, height) = (image.width(), image.height());
    let (pixel_type, pixels) = if image.color().has_alpha() {
        (PixelType::U8x4, image.into_rgba8().into_raw())
    } else {
        (PixelType::U8x3, image.into_rgb8().into_raw())
    };
    let source = ImageRef::new(width, height, &pixels, pixel_type).ok()?;
    let mut output = Image::new(plan.output.0, plan.output.1, pixel_type);
    let middle = |whole: u32, kept: u32| f64::from(whole.saturating_sub(kept)) / 2.0;
    let options =
        ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom)).crop(
            middle(width, plan.kept.0),
            middle(height, plan.kept.1),
            plan.kept.0.into(),
            plan.kept.1.into(),
        );
    Resizer::new().resize(&source, &mut output, &options).ok()?;
    let (width, height) = plan.output;
    match pixel_type {
        PixelType::U8x4 => RgbaImage::from_raw(width, height, output.into_vec()).map(Into::into),
        _ => RgbImage::from_raw(width, height, output.into_vec()).map(Into::into),
    }
}

/// JPEG, or PNG where something shines through.
fn encode(image: &DynamicImage) -> Option<Encoded> {
    let mut bytes = Vec::new();
    let is_opaque =
        image.as_rgba8().is_none_or(|pixels| pixels.pixels().all(|pixel| pixel[3] == 255));
    let content_type = if is_opaque {
        let encoder = JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY);
        image.to_rgb8().write_with_encoder(encoder).ok()?;
        "image/jpeg"
    } else {
        image.write_with_encoder(PngEncoder::new(&mut bytes)).ok()?;
        "image/png"
    };
    Some(Encoded { content_type, bytes })
}

#[cfg(test)]
mod tests;
