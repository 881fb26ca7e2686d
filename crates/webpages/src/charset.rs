//! Bytes to text: in which encoding a page is, as browsers find out ([encoding sniffing]).
//!
//! [encoding sniffing]: https://html.spec.whatwg.org/multipage/parsing.html#determining-the-character-encoding
use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// How many bytes a page may need to tell its encoding.
const PRESCAN_BYTES: usize = 1_024;

/// Decodes a stream of bytes.
pub(crate) enum Decoding {
    /// The beginning, while it is too short to tell.
    Undecided(Vec<u8>),
    /// What is known to be in one encoding.
    Decided(Decoder),
}

impl Decoding {
    /// `content_type` is the header of that name.
    pub(crate) fn new(content_type: Option<&str>) -> Self {
        match content_type.and_then(|header| label_in(header.as_bytes())) {
            // A byte order mark says more than any label: the decoder looks for one.
            Some(encoding) => Self::Decided(encoding.new_decoder()),
            None => Self::Undecided(Vec::new()),
        }
    }

    /// The text of `bytes`, and of those that were held back. `is_end` says that no more come.
    pub(crate) fn decode(&mut self, bytes: &[u8], is_end: bool) -> String {
        let mut text = String::new();
        match self {
            Self::Decided(decoder) => push(decoder, bytes, is_end, &mut text),
            Self::Undecided(beginning) => {
                beginning.extend_from_slice(bytes);
                if beginning.len() >= PRESCAN_BYTES || is_end {
                    let beginning = std::mem::take(beginning);
                    let mut decoder = guess(&beginning).new_decoder();
                    push(&mut decoder, &beginning, is_end, &mut text);
                    *self = Self::Decided(decoder);
                }
            }
        }
        text
    }
}

fn push(decoder: &mut Decoder, bytes: &[u8], is_end: bool, text: &mut String) {
    let mut rest = bytes;
    loop {
        text.reserve(decoder.max_utf8_buffer_length(rest.len()).unwrap_or(rest.len()));
        let (result, read, _) = decoder.decode_to_string(rest, text, is_end);
        rest = rest.get(read..).unwrap_or_default();
        if result == CoderResult::InputEmpty {
            return;
        }
    }
}

fn guess(beginning: &[u8]) -> &'static Encoding {
    let prescanned = beginning.get(..PRESCAN_BYTES).unwrap_or(beginning);
    match label_in(prescanned) {
        // What could be read as ASCII to find the label is not in sixteen bits.
        Some(encoding) if encoding == UTF_16LE || encoding == UTF_16BE => UTF_8,
        Some(encoding) => encoding,
        None if is_utf8(beginning) => UTF_8,
        None => WINDOWS_1252,
    }
}

/// Whether it is UTF-8, but for a character that is cut off at the end.
fn is_utf8(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).map_or_else(|error| error.error_len().is_none(), |_| true)
}

/// The encoding that follows the first `charset=`.
fn label_in(bytes: &[u8]) -> Option<&'static Encoding> {
    const NAME: &[u8] = b"charset";
    let at = bytes.windows(NAME.len()).position(|window| window.eq_ignore_ascii_case(NAME))?;
    let rest = bytes.get(at + NAME.len()..)?.trim_ascii_start().strip_prefix(b"=")?;
    let rest = rest.trim_ascii_start();
    let rest = rest.strip_prefix(b"\"").or_else(|| rest.strip_prefix(b"'")).unwrap_or(rest);
    let is_label = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_:.+".contains(byte);
    let length = rest.iter().take_while(|byte| is_label(byte)).count();
    Encoding::for_label(rest.get(..length)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(content_type: Option<&str>, pieces: &[&[u8]]) -> String {
        let mut decoding = Decoding::new(content_type);
        let mut text: String = pieces.iter().map(|piece| decoding.decode(piece, false)).collect();
        text.push_str(&decoding.decode(b"", true));
        text
    }

    #[test]
    fn encodings_are_found_where_browsers_find_them() {
        let header = Some("text/html; charset=ISO-8859-1");
        assert_eq!(decoded(header, &[b"caf\xe9"]), "café");
        assert_eq!(
            decoded(None, &[b"<meta charset='koi8-r'>\xd0\xd2"]),
            "<meta charset='koi8-r'>пр"
        );
        let old =
            b"<meta http-equiv=Content-Type content=\"text/html; charset=shift_jis\">\x83\x65";
        assert!(decoded(None, &[old]).ends_with('テ'));
        assert_eq!(decoded(None, &[b"\xff\xfeh\0i\0"]), "hi");
        // What says sixteen bits in eight is UTF-8, and so is what says nothing and is.
        assert_eq!(decoded(None, &[b"<meta charset=utf-16>\xc3\xa9"]), "<meta charset=utf-16>é");
        assert_eq!(decoded(None, &[b"\xc3", b"\xa9"]), "é");
        assert_eq!(decoded(None, &[b"caf\xe9 cr\xe8me"]), "café crème");
        // A label wins over the page's own, and an unknown one counts for nothing.
        assert_eq!(decoded(header, &[b"<meta charset=utf-8>\xe9"]), "<meta charset=utf-8>é");
        assert_eq!(decoded(Some("text/html; charset=x-none"), &["é".as_bytes()]), "é");
    }

    #[test]
    fn a_character_may_be_cut_anywhere() {
        let page = "é".repeat(2_000);
        for size in [1, 3, 1_023] {
            let pieces: Vec<_> = page.as_bytes().chunks(size).collect();
            assert_eq!(decoded(None, &pieces), page, "{size}");
        }
    }
}
