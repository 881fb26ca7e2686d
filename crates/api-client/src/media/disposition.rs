//! `Content-Disposition` (RFC 6266): whether a browser shows or saves, and under which name.
use std::fmt::Write as _;

use http::HeaderValue;

/// What a browser does with the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Disposition {
    /// Show it in place.
    Inline,
    /// Save it.
    Attachment,
}

impl Disposition {
    /// What is safe for content of this type.
    pub(crate) fn of(content_type: &str) -> Self {
        if media::is_safe_inline(content_type) { Self::Inline } else { Self::Attachment }
    }

    /// The header's value. A name with other than ASCII characters is written as RFC 8187 has it, which all clients of
    /// this century read.
    pub(crate) fn header(self, file_name: Option<&str>) -> HeaderValue {
        let kind = match self {
            Self::Inline => "inline",
            Self::Attachment => "attachment",
        };
        let Some(name) = file_name.filter(|name| !name.is_empty()) else {
            return HeaderValue::from_static(kind);
        };
        let value = if name.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
            format!("{kind}; filename=\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
        } else {
            format!("{kind}; filename*=utf-8''{}", percent_encoded(name))
        };
        // Both forms have visible ASCII only.
        HeaderValue::try_from(value).unwrap_or(HeaderValue::from_static(kind))
    }
}

/// RFC 8187 section 3.2.1: all but `attr-char` as `%XX`.
fn percent_encoded(name: &str) -> String {
    let mut out = String::with_capacity(name.len() * 3);
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted_or_encoded() {
        let header = |name| Disposition::Inline.header(name).to_str().unwrap().to_owned();
        assert_eq!(header(None), "inline");
        assert_eq!(header(Some("")), "inline");
        assert_eq!(header(Some("a cat.jpg")), r#"inline; filename="a cat.jpg""#);
        assert_eq!(header(Some(r#"a"b\c"#)), r#"inline; filename="a\"b\\c""#);
        assert_eq!(header(Some("Bär (1).png")), "inline; filename*=utf-8''B%C3%A4r%20%281%29.png");
        assert_eq!(header(Some("a\r\nX-Evil: 1")), "inline; filename*=utf-8''a%0D%0AX-Evil%3A%201");
        let saved = Disposition::Attachment.header(Some("x"));
        assert_eq!(saved, r#"attachment; filename="x""#);
    }
}
