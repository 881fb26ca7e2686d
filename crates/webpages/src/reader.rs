//! Reading a page as it comes.
use std::sync::Arc;

use lol_html::{
    MemorySettings, OutputSink, Settings, element,
    html_content::TextChunk,
    send::{Element, HtmlRewriter},
    text,
};
use parking_lot::Mutex;

use crate::{charset::Decoding, handlers::Found, page::Page};

/// What the parser may keep: the elements that are open, and a tag that is cut in two. A page that needs more is read up
/// to there.
const PARSER_BYTES_MAX: usize = 512 * 1_024;

/// Reads one page, piece by piece.
pub struct Reader {
    decoding: Decoding,
    /// `None` once the page was more than it can read.
    parser: Option<HtmlRewriter<'static, Nowhere>>,
    found: Arc<Mutex<Found>>,
}

/// The parser is a rewriter; what it writes is of no use here.
struct Nowhere;

impl OutputSink for Nowhere {
    fn handle_chunk(&mut self, _: &[u8]) {}
}

impl Reader {
    /// A reader of a page that came with this `Content-Type`.
    #[must_use]
    pub fn new(content_type: Option<&str>) -> Self {
        let found = Arc::new(Mutex::new(Found::default()));
        let parser = Some(parser(&found));
        Self { decoding: Decoding::new(content_type), parser, found }
    }

    /// Reads on.
    pub fn write(&mut self, bytes: &[u8]) {
        let text = self.decoding.decode(bytes, false);
        self.parse(&text);
    }

    /// Whether the rest of the page would change nothing.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.parser.is_none() || self.found.lock().is_complete()
    }

    /// What was read.
    #[must_use]
    pub fn finish(mut self) -> Page {
        let text = self.decoding.decode(b"", true);
        self.parse(&text);
        if let Some(parser) = self.parser.take() {
            // A page that ends in the middle of a tag has said what it has.
            drop(parser.end());
        }
        std::mem::take(&mut *self.found.lock()).into_page()
    }

    fn parse(&mut self, text: &str) {
        let failed =
            self.parser.as_mut().is_some_and(|parser| parser.write(text.as_bytes()).is_err());
        if failed {
            self.parser = None;
        }
    }
}

type OnElement = fn(&mut Found, &Element<'_, '_>);
type OnText = fn(&mut Found, &TextChunk<'_>);

fn parser(found: &Arc<Mutex<Found>>) -> HtmlRewriter<'static, Nowhere> {
    let memory = MemorySettings::new().with_max_allowed_memory_usage(PARSER_BYTES_MAX);
    // Strict would be to give up where browsers are of two minds.
    let mut settings = Settings::new_send().with_memory_settings(memory).with_strict(false);
    let elements: [(_, OnElement); 6] = [
        ("meta", Found::meta),
        ("link", Found::link),
        ("title", |found, _| found.begin_title()),
        ("h1", |found, _| found.begin_heading()),
        ("p", |found, _| found.begin_paragraph()),
        ("body", |found, _| found.begin_body()),
    ];
    for (selector, read) in elements {
        let found = Arc::clone(found);
        let handler = move |element: &mut Element<'_, '_>| {
            read(&mut found.lock(), element);
            Ok(())
        };
        settings = settings.append_element_content_handler(element!(selector, handler));
    }
    let texts: [(_, OnText); 3] =
        [("title", Found::title), ("h1", Found::heading), ("p", Found::paragraph)];
    for (selector, read) in texts {
        let found = Arc::clone(found);
        let handler = move |chunk: &mut TextChunk<'_>| {
            read(&mut found.lock(), chunk);
            Ok(())
        };
        settings = settings.append_element_content_handler(text!(selector, handler));
    }
    HtmlRewriter::new(settings, Nowhere)
}

#[cfg(test)]
mod tests;
