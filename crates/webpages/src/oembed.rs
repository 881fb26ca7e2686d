//! [oEmbed](https://oembed.com): documents that say what a page shows.
use serde_json::{Map, Value};

use crate::{Page, Reader};

/// What an oEmbed document (JSON) says, in the words of Open Graph. `None` if it is none.
#[must_use]
pub fn from_oembed(document: &[u8]) -> Option<Page> {
    // The parser refuses what is nested deeper than 128.
    let object: Map<String, Value> = serde_json::from_slice(document).ok()?;
    // Version 1.0 is the only one; some servers send a number.
    let is_version = match object.get("version")? {
        Value::String(version) => version.starts_with('1'),
        Value::Number(version) => {
            version.as_f64().is_some_and(|version| (1.0..2.0).contains(&version))
        }
        _ => false,
    };
    let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
    let kind = text("type");
    if !is_version || kind.is_empty() {
        return None;
    }
    let mut page = Page::default();
    match kind {
        "rich" => page.merge_missing(of_fragment(text("html"))),
        "video" => page.add("og:type", "video.other"),
        "link" => page.add("og:type", "website"),
        // The picture itself, rather than its thumbnail.
        "photo" => page.add_image(text("url")),
        _ => {}
    }
    page.add("og:title", text("title"));
    page.add("og:title", text("author_name"));
    page.add("og:site_name", text("provider_name"));
    page.add_image(text("thumbnail_url"));
    Some(page)
}

/// The text of markup that other pages are to show.
fn of_fragment(html: &str) -> Page {
    let mut reader = Reader::new(Some("text/html; charset=utf-8"));
    reader.write(html.as_bytes());
    let mut page = reader.finish();
    // It stands for a page; it is none, with a title and links of its own.
    page.properties.retain(|name, _| name == "og:description");
    Page { oembed: None, ..page }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn property<'a>(page: &'a Page, name: &str) -> Option<&'a str> {
        page.properties.get(name).map(String::as_str)
    }

    #[test]
    fn each_type_is_told_in_open_graph() {
        let rich = from_oembed(
            br#"{"version": "1.0", "type": "rich", "author_name": "Alice", "provider_name": "Birds",
            "html": "<blockquote><p>It is a truth universally acknowledged &mdash; by birds.</p></blockquote><script>x()</script>"}"#,
        )
        .unwrap();
        assert_eq!(property(&rich, "og:title"), Some("Alice"));
        assert_eq!(property(&rich, "og:site_name"), Some("Birds"));
        let said = "It is a truth universally acknowledged — by birds.";
        assert_eq!(property(&rich, "og:description"), Some(said));
        let photo = from_oembed(
            br#"{"version": 1, "type": "photo", "title": "A &amp; B", "url": "/full.png", "thumbnail_url": "/small.png"}"#,
        )
        .unwrap();
        assert_eq!(photo.image.as_deref(), Some("/full.png"));
        assert_eq!(property(&photo, "og:title"), Some("A & B"));
        let video =
            from_oembed(br#"{"version": "1.0", "type": "video", "thumbnail_url": "/t.jpg"}"#);
        let video = video.unwrap();
        assert_eq!(property(&video, "og:type"), Some("video.other"));
        assert_eq!(video.image.as_deref(), Some("/t.jpg"));
    }

    #[test]
    fn what_is_no_oembed_document_says_nothing() {
        let deep = "[".repeat(1_000_000);
        for document in [
            "",
            "[]",
            "{}",
            "null",
            r#"{"version": "2.0", "type": "rich"}"#,
            r#"{"version": "1.0"}"#,
            r#"{"type": "rich"}"#,
            r#"{"version": "1.0", "type": 3}"#,
            &deep,
            &format!(r#"{{"version": "1.0", "type": "link", "x": {deep}"#),
        ] {
            assert_eq!(from_oembed(document.as_bytes()), None, "{document:.60}");
        }
    }
}
