//! How a server and its decoders talk, over pipes: both sides of it.
//!
//! The server sends a request of [`REQUEST_BYTES`] and the image; the decoder answers with [`ANSWER_BYTES`] and what it
//! made. Numbers are little-endian. Neither side believes the other a length that is over its limit.
use std::{
    io::{self, Read, Write},
    time::{Duration, Instant},
};

use crate::{DecodeError, Encoded, Job, Limits, Method, Size};

/// How long a request is, without the image.
pub const REQUEST_BYTES: usize = 34;

/// How long an answer is, without what was made.
pub const ANSWER_BYTES: usize = 5;

/// Larger files are not decoded: a decoder has them in memory.
pub const CONTENT_BYTES_MAX: u64 = 64 << 20;

/// Larger things are not made: the largest picture has 1,920 × 1,920 pixels of four bytes.
pub const MADE_BYTES_MAX: usize = 20 << 20;

/// A decoder that has worked for so long, or so often, makes room for a fresh one.
const WORK_MAX: Duration = Duration::from_secs(30);
const JOBS_MAX: u32 = 500;

/// In the first byte of an answer: it is the decoder's last one.
const LAST: u8 = 0x80;

/// What is asked of a decoder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// What is to be made.
    pub job: Job,
    /// What may be spent.
    pub limits: Limits,
    /// The length of the image that follows.
    pub content_bytes: u64,
}

/// What a decoder answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What it made: its type, and the length of what follows.
    pub made: Result<(&'static str, usize), DecodeError>,
    /// Whether the decoder ends now.
    pub is_last: bool,
}

/// The types of what is made, by their number.
const TYPES: [&str; 4] = ["image/jpeg", "image/png", "image/gif", "text/plain"];
const UNSUPPORTED: u8 = 0x40;
const TOO_LARGE: u8 = 0x41;

impl Request {
    /// As it is sent.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; REQUEST_BYTES] {
        let (kind, size) = match self.job {
            Job::Thumbnail { size, animated } => (u8::from(animated), Some(size)),
            Job::BlurHash => (2, None),
        };
        let method = u8::from(size.is_some_and(|size| size.method == Method::Scale));
        let (width, height) = size.map_or((0, 0), |size| (size.width, size.height));
        let mut bytes = [0; REQUEST_BYTES];
        let fields = [kind, method]
            .into_iter()
            .chain(width.to_le_bytes())
            .chain(height.to_le_bytes())
            .chain(self.limits.pixels_max.to_le_bytes())
            .chain(self.limits.bytes_max.to_le_bytes())
            .chain(self.content_bytes.to_le_bytes());
        bytes.iter_mut().zip(fields).for_each(|(byte, field)| *byte = field);
        bytes
    }

    /// From what was sent; `None` if it makes no sense.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; REQUEST_BYTES]) -> Option<Self> {
        let ([kind, method], rest) = bytes.split_first_chunk()?;
        let (width, rest) = rest.split_first_chunk()?;
        let (height, rest) = rest.split_first_chunk()?;
        let (pixels_max, rest) = rest.split_first_chunk()?;
        let (bytes_max, rest) = rest.split_first_chunk()?;
        let (content_bytes, _) = rest.split_first_chunk()?;
        let method = match method {
            0 => Method::Crop,
            1 => Method::Scale,
            _ => return None,
        };
        let (width, height) = (u32::from_le_bytes(*width), u32::from_le_bytes(*height));
        let size = Size { width, height, method };
        let job = match kind {
            0 => Job::Thumbnail { size, animated: false },
            1 => Job::Thumbnail { size, animated: true },
            2 => Job::BlurHash,
            _ => return None,
        };
        let limits = Limits {
            pixels_max: u64::from_le_bytes(*pixels_max),
            bytes_max: u64::from_le_bytes(*bytes_max),
        };
        let content_bytes = u64::from_le_bytes(*content_bytes);
        (content_bytes <= CONTENT_BYTES_MAX).then_some(Self { job, limits, content_bytes })
    }
}

impl Answer {
    fn of(result: &Result<Encoded, DecodeError>, is_last: bool) -> Self {
        let made = match result {
            Ok(made) if made.bytes.len() > MADE_BYTES_MAX => Err(DecodeError::TooLarge),
            Ok(made) => Ok((made.content_type, made.bytes.len())),
            Err(error) => Err(*error),
        };
        Self { made, is_last }
    }

    /// As it is sent.
    #[must_use]
    pub fn to_bytes(self) -> [u8; ANSWER_BYTES] {
        let (word, length) = match self.made {
            Ok((content_type, length)) => {
                let number = TYPES.iter().position(|known| *known == content_type);
                let number = number.and_then(|number| u8::try_from(number).ok());
                (number.unwrap_or(UNSUPPORTED), u32::try_from(length).unwrap_or(u32::MAX))
            }
            Err(DecodeError::Unsupported) => (UNSUPPORTED, 0),
            Err(DecodeError::TooLarge) => (TOO_LARGE, 0),
        };
        let [b0, b1, b2, b3] = length.to_le_bytes();
        [if self.is_last { word | LAST } else { word }, b0, b1, b2, b3]
    }

    /// From what was sent; `None` if it makes no sense.
    #[must_use]
    pub fn from_bytes(bytes: [u8; ANSWER_BYTES]) -> Option<Self> {
        let [word, length @ ..] = bytes;
        let (is_last, word) = (word & LAST != 0, word & !LAST);
        let length = usize::try_from(u32::from_le_bytes(length)).ok()?;
        let made = match word {
            UNSUPPORTED => Err(DecodeError::Unsupported),
            TOO_LARGE => Err(DecodeError::TooLarge),
            number => Ok((*TYPES.get(usize::from(number))?, length)),
        };
        (length <= MADE_BYTES_MAX).then_some(Self { made, is_last })
    }
}

/// The decoder's side: does what is asked until nobody asks any more, or until it has done enough.
///
/// # Errors
/// Fails if the other side breaks off, or makes no sense.
pub fn serve(input: &mut impl Read, output: &mut impl Write) -> io::Result<()> {
    let (mut jobs, mut worked) = (0, Duration::ZERO);
    loop {
        let mut request = [0; REQUEST_BYTES];
        match input.read_exact(&mut request) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            read => read?,
        }
        let senseless = || io::Error::from(io::ErrorKind::InvalidData);
        let request = Request::from_bytes(&request).ok_or_else(senseless)?;
        let mut content = Vec::new();
        input.by_ref().take(request.content_bytes).read_to_end(&mut content)?;
        if content.len() as u64 != request.content_bytes {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let begun = Instant::now();
        let result = request.job.run(&content, request.limits);
        (jobs, worked) = (jobs + 1, worked + begun.elapsed());
        let answer = Answer::of(&result, jobs >= JOBS_MAX || worked >= WORK_MAX);
        output.write_all(&answer.to_bytes())?;
        if let (Ok(made), Ok(_)) = (&result, answer.made) {
            output.write_all(&made.bytes)?;
        }
        output.flush()?;
        if answer.is_last {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests;
