//! The headers of images: format and size, from a few hundred bytes.
//!
//! This decides whether a decoder sees the file at all, so it reads with bounds of its own: no allocation depends on
//! what is read, and a JPEG's segments are counted.
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};

/// The formats that are decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// PNG (ISO/IEC 15948).
    Png,
    /// JPEG (ITU-T T.81).
    Jpeg,
    /// GIF 87a and 89a.
    Gif,
    /// WebP (RFC 9649).
    WebP,
}

/// What a header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The format.
    pub format: Format,
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

/// The most segments before a JPEG's size: photos have some dozens.
const JPEG_SEGMENTS_MAX: usize = 1_000;

/// How many bytes tell the format, and for all but JPEG the size.
const START_BYTES: usize = 30;

/// Reads the header from the beginning of `source`. `None` if it is none of the formats, or is cut off.
///
/// # Errors
/// Fails if reading fails.
pub fn read(source: &mut (impl Read + Seek)) -> io::Result<Option<Header>> {
    source.seek(SeekFrom::Start(0))?;
    let mut start = [0; START_BYTES];
    let mut filled = 0;
    while let Some(rest) = start.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match source.read(rest) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let start = start.get(..filled).unwrap_or_default();
    if start.starts_with(&[0xff, 0xd8, 0xff]) {
        return jpeg(source);
    }
    Ok(png(start).or_else(|| gif(start)).or_else(|| webp(start)))
}

fn header(format: Format, width: u32, height: u32) -> Option<Header> {
    (width > 0 && height > 0).then_some(Header { format, width, height })
}

fn png(start: &[u8]) -> Option<Header> {
    let rest = start.strip_prefix(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")?;
    let (width, rest) = rest.split_first_chunk()?;
    let (height, _) = rest.split_first_chunk()?;
    header(Format::Png, u32::from_be_bytes(*width), u32::from_be_bytes(*height))
}

fn gif(start: &[u8]) -> Option<Header> {
    let rest = start.strip_prefix(b"GIF87a").or_else(|| start.strip_prefix(b"GIF89a"))?;
    let (width, rest) = rest.split_first_chunk()?;
    let (height, _) = rest.split_first_chunk()?;
    header(Format::Gif, u16::from_le_bytes(*width).into(), u16::from_le_bytes(*height).into())
}

fn webp(start: &[u8]) -> Option<Header> {
    let (_, rest) = start.strip_prefix(b"RIFF")?.split_first_chunk::<4>()?;
    let (kind, rest) = rest.strip_prefix(b"WEBP")?.split_first_chunk::<4>()?;
    let (_, data) = rest.split_first_chunk::<4>()?;
    let (width, height) = match kind {
        b"VP8 " => {
            let (_, rest) = data.split_first_chunk::<3>()?;
            let (width, rest) = rest.strip_prefix(&[0x9d, 0x01, 0x2a])?.split_first_chunk()?;
            let (height, _) = rest.split_first_chunk()?;
            let side = |bytes: &[u8; 2]| u32::from(u16::from_le_bytes(*bytes) & 0x3fff);
            (side(width), side(height))
        }
        b"VP8L" => {
            let (bits, _) = data.strip_prefix(&[0x2f])?.split_first_chunk()?;
            let bits = u32::from_le_bytes(*bits);
            ((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1)
        }
        b"VP8X" => {
            let (_, rest) = data.split_first_chunk::<4>()?;
            let ([w0, w1, w2], rest) = rest.split_first_chunk()?;
            let ([h0, h1, h2], _) = rest.split_first_chunk()?;
            let side = |bytes: [u8; 4]| u32::from_le_bytes(bytes) + 1;
            (side([*w0, *w1, *w2, 0]), side([*h0, *h1, *h2, 0]))
        }
        _ => return None,
    };
    header(Format::WebP, width, height)
}

/// Walks the segments up to the first frame header (T.81, annex B).
fn jpeg(source: &mut (impl Read + Seek)) -> io::Result<Option<Header>> {
    source.seek(SeekFrom::Start(2))?;
    for _ in 0..JPEG_SEGMENTS_MAX {
        let Some([0xff, marker]) = take::<2>(source)? else { return Ok(None) };
        match marker {
            // Padding: the next marker begins with this byte.
            0xff => {
                source.seek_relative(-1)?;
                continue;
            }
            // Without a length: TEM and restarts.
            0x01 | 0xd0..=0xd7 => continue,
            // The image ends or its data begin before any size.
            0xd8..=0xda => return Ok(None),
            _ => {}
        }
        let Some(length) = take::<2>(source)?.map(u16::from_be_bytes) else { return Ok(None) };
        if is_frame_header(marker) {
            let Some([_, h0, h1, w0, w1]) = take::<5>(source)? else { return Ok(None) };
            let (width, height) = (u16::from_be_bytes([w0, w1]), u16::from_be_bytes([h0, h1]));
            return Ok(header(Format::Jpeg, width.into(), height.into()));
        }
        let Some(skipped) = length.checked_sub(2) else { return Ok(None) };
        source.seek_relative(skipped.into())?;
    }
    Ok(None)
}

/// SOF0 to SOF15 without DHT, JPG and DAC.
fn is_frame_header(marker: u8) -> bool {
    matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc)
}

/// The next bytes, or `None` at the end.
fn take<const N: usize>(source: &mut impl Read) -> io::Result<Option<[u8; N]>> {
    let mut bytes = [0; N];
    match source.read_exact(&mut bytes) {
        Ok(()) => Ok(Some(bytes)),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests;
