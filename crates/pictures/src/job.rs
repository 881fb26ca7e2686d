//! What can be made of an image.
use crate::{Size, animation, blur, thumbnail};

/// What is to be made of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Job {
    /// A small picture.
    Thumbnail {
        /// How small.
        size: Size,
        /// Whether it moves if the image does.
        animated: bool,
    },
    /// Its [BlurHash](https://blurha.sh).
    BlurHash,
}

/// What may be spent on one image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most pixels.
    pub pixels_max: u64,
    /// The most memory for its pixels, in bytes.
    pub bytes_max: u64,
}

/// What was made.
#[derive(Debug, PartialEq, Eq)]
pub struct Encoded {
    /// Its type: an image's, or `text/plain` of a hash.
    pub content_type: &'static str,
    /// The file.
    pub bytes: Vec<u8>,
}

/// Why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// It is no image of the four formats, or a broken one.
    Unsupported,
    /// It has more pixels than are decoded, or they take more memory.
    TooLarge,
}

impl Job {
    /// Does it. An image with too many pixels is refused by its header, before any decoder sees it. Takes as long as it
    /// takes: to be called where that hurts nobody.
    ///
    /// # Errors
    /// See [`DecodeError`].
    pub fn run(self, content: &[u8], limits: Limits) -> Result<Encoded, DecodeError> {
        match self {
            Self::Thumbnail { size, animated } => {
                if animated && let Some(moving) = animation::thumbnail(content, size, limits)? {
                    return Ok(moving);
                }
                thumbnail::thumbnail(content, size, limits)
            }
            Self::BlurHash => {
                let hash = blur::hash(content, limits)?;
                Ok(Encoded { content_type: "text/plain", bytes: hash.into_bytes() })
            }
        }
    }
}
