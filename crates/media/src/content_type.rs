//! Content types: what uploaders say, and what browsers may show.

/// Types that a browser shows without running anything ([spec]).
///
/// [spec]: https://spec.matrix.org/v1.16/client-server-api/#serving-inline-content
const INLINE: [&str; 26] = [
    "text/css",
    "text/plain",
    "text/csv",
    "application/json",
    "application/ld+json",
    "image/jpeg",
    "image/gif",
    "image/png",
    "image/apng",
    "image/webp",
    "image/avif",
    "video/mp4",
    "video/webm",
    "video/ogg",
    "video/quicktime",
    "audio/mp4",
    "audio/webm",
    "audio/aac",
    "audio/mpeg",
    "audio/ogg",
    "audio/wave",
    "audio/wav",
    "audio/x-wav",
    "audio/x-pn-wav",
    "audio/flac",
    "audio/x-flac",
];

/// Whether content of this type may be shown in place rather than saved. Parameters do not matter.
#[must_use]
pub fn is_safe_inline(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    INLINE.iter().any(|safe| safe.eq_ignore_ascii_case(essence))
}

/// The type that an uploader gave, if it is one: `type/subtype` with parameters, in visible ASCII (RFC 9110 section
/// 8.3.1), at most 255 bytes.
pub(crate) fn accepted(content_type: &str) -> Option<&str> {
    let text = content_type.trim();
    let essence = text.split(';').next().unwrap_or_default().trim_end();
    let (kind, subtype) = essence.split_once('/')?;
    let is_token = |part: &str| !part.is_empty() && part.bytes().all(is_token_byte);
    let is_visible = text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    (text.len() <= 255 && is_visible && is_token(kind) && is_token(subtype)).then_some(text)
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn active_content_is_not_shown_in_place() {
        for safe in ["image/png", "IMAGE/PNG", "text/plain; charset=utf-8", "video/mp4"] {
            assert!(is_safe_inline(safe), "{safe}");
        }
        let active = [
            "text/html",
            "image/svg+xml",
            "application/xhtml+xml",
            "text/xml",
            "application/pdf",
            "application/javascript",
            "text/javascript",
            "application/octet-stream",
            "",
            "text/html;image/png",
            "image/png,text/html",
            "image/png text/html",
        ];
        for active in active {
            assert!(!is_safe_inline(active), "{active}");
        }
    }

    #[test]
    fn what_is_no_content_type_is_dropped() {
        for good in ["image/png", " text/plain; charset=utf-8 ", "application/vnd.x+json"] {
            assert_eq!(accepted(good), Some(good.trim()));
        }
        let long = format!("a/{}", "b".repeat(300));
        let header = "image/png\r\nX-Evil: 1";
        for bad in
            ["", "image", "/png", "image/", "ima ge/png", header, "image/png; a=\u{e9}", &long]
        {
            assert_eq!(accepted(bad), None, "{bad:?}");
        }
    }
}
