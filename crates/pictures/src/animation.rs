//! Thumbnails that move (specification v1.11, MSC2705).
use std::io::{BufRead, Cursor, Seek};

use gif::{DisposalMethod, Encoder, Repeat};
use image::{
    AnimationDecoder as _, DynamicImage, Frames, ImageDecoder as _, ImageResult,
    codecs::{gif::GifDecoder, png::PngDecoder, webp::WebPDecoder},
};

use crate::{
    DecodeError, Encoded, Limits, Size,
    header::{Format, Header},
    size::Plan,
    thumbnail::{checked_header, decoder_limits, shrink},
};

/// A longer animation is shown by its first picture.
const FRAMES_MAX: u64 = 150;

/// As is one whose pictures have more pixels together: decoding takes about a second a hundred million.
const PIXELS_MAX: u64 = 48_000_000;

/// And one whose thumbnail would be larger.
const BYTES_MAX: usize = 4 << 20;

/// How much care the encoder takes with colours, from 1 (most) to 30.
const SPEED: i32 = 20;

/// The largest side: an animation is sent to who looks at a list of pictures.
const SIDE_MAX: u32 = 640;

/// Makes a thumbnail that moves (a GIF) of an animated GIF, PNG or WebP. `None` if the image does not move, or is more
/// than this takes on: then its first picture is to be shown.
///
/// # Errors
/// See [`DecodeError`].
pub(crate) fn thumbnail(
    content: &[u8],
    size: Size,
    limits: Limits,
) -> Result<Option<Encoded>, DecodeError> {
    let header = checked_header(content, limits)?;
    let plan = size.plan(header.width, header.height);
    // The decoder keeps the picture before, and the one that it makes of it.
    let canvas = u64::from(header.width) * u64::from(header.height) * 4;
    let is_large = plan.output.0 > SIDE_MAX || plan.output.1 > SIDE_MAX;
    if is_large || canvas.saturating_mul(3) > limits.bytes_max {
        return Ok(None);
    }
    // What is broken behind its first picture may still have that one.
    let frames = frames(Cursor::new(content), header, limits).ok().flatten();
    Ok(frames.and_then(|frames| shrunk(frames, header, plan)))
}

/// The pictures; `None` if there is only one.
fn frames<'a>(
    content: impl BufRead + Seek + 'a,
    header: Header,
    limits: Limits,
) -> ImageResult<Option<Frames<'a>>> {
    Ok(match header.format {
        Format::Jpeg => None,
        Format::Gif => {
            let mut decoder = GifDecoder::new(content)?;
            decoder.set_limits(decoder_limits(header, limits))?;
            Some(decoder.into_frames())
        }
        Format::Png => {
            let decoder = PngDecoder::with_limits(content, decoder_limits(header, limits))?;
            if decoder.is_apng()? { Some(decoder.apng()?.into_frames()) } else { None }
        }
        Format::WebP => {
            let decoder = WebPDecoder::new(content)?;
            decoder.has_animation().then(|| decoder.into_frames())
        }
    })
}

/// One picture after the other, so that only one is in memory.
fn shrunk(frames: Frames<'_>, header: Header, plan: Plan) -> Option<Encoded> {
    let (width, height) = (u16::try_from(plan.output.0).ok()?, u16::try_from(plan.output.1).ok()?);
    let pixels = u64::from(header.width) * u64::from(header.height);
    let (mut bytes, mut count) = (Vec::new(), 0);
    let mut encoder = Encoder::new(&mut bytes, width, height, &[]).ok()?;
    encoder.set_repeat(Repeat::Infinite).ok()?;
    for frame in frames {
        let frame = frame.ok()?;
        count += 1;
        if count > FRAMES_MAX || pixels.saturating_mul(count) > PIXELS_MAX {
            return None;
        }
        let (delay, picture) = (frame.delay(), frame.into_buffer());
        if (picture.width(), picture.height()) != (header.width, header.height) {
            return None;
        }
        let mut small = shrink(DynamicImage::ImageRgba8(picture), plan)?.into_rgba8().into_raw();
        let mut moving = gif::Frame::from_rgba_speed(width, height, &mut small, SPEED);
        // Each is a whole picture: what shines through must not show the one before.
        moving.dispose = DisposalMethod::Background;
        let (ms, of) = delay.numer_denom_ms();
        moving.delay = u16::try_from(ms / of.max(1) / 10).unwrap_or(u16::MAX);
        encoder.write_frame(&moving).ok()?;
    }
    drop(encoder);
    let moves = count > 1 && bytes.len() <= BYTES_MAX;
    moves.then_some(Encoded { content_type: "image/gif", bytes })
}

#[cfg(test)]
mod tests;
