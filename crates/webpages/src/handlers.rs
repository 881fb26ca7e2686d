//! What is taken from which element.
use lol_html::{
    html_content::{TextChunk, TextType},
    send::Element,
};

use crate::{page::Page, text};

/// A paragraph with fewer bytes is a caption or a button.
const PARAGRAPH_BYTES_MIN: usize = 40;

/// So many characters of paragraphs are enough for a description.
const DESCRIPTION_CHARACTERS: usize = 200;

/// What has been read so far.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Open Graph's properties.
    page: Page,
    /// What else there is, under the names that Open Graph would have.
    otherwise: Page,
    title: Once,
    heading: Once,
    paragraphs: Vec<String>,
    paragraph: String,
    characters: usize,
    is_in_body: bool,
}

/// The text of the first of some elements.
#[derive(Debug, Default)]
struct Once {
    elements: usize,
    text: String,
}

impl Once {
    fn append(&mut self, more: &str) {
        if self.elements == 1 {
            text::append(&mut self.text, more);
        }
    }
}

impl Found {
    pub(crate) fn meta(&mut self, element: &Element<'_, '_>) {
        let name = element.get_attribute("property").or_else(|| element.get_attribute("name"));
        let (Some(name), Some(content)) = (name, element.get_attribute("content")) else { return };
        let name = name.trim().to_ascii_lowercase();
        match name.as_str() {
            "og:image" | "og:image:url" | "og:image:secure_url" => self.page.add_image(&content),
            "twitter:image" | "twitter:image:src" => self.otherwise.add_image(&content),
            "twitter:title" => self.otherwise.add("og:title", &content),
            "twitter:description" | "description" => {
                self.otherwise.add("og:description", &content);
            }
            name if name.starts_with("og:") && !name.starts_with("og:image:") => {
                self.page.add(name, &content);
            }
            _ => {}
        }
    }

    pub(crate) fn link(&mut self, element: &Element<'_, '_>) {
        let attribute = |name| element.get_attribute(name).unwrap_or_default();
        let relation = attribute("rel").to_ascii_lowercase();
        let has = |name: &str| relation.split_ascii_whitespace().any(|relation| relation == name);
        if has("image_src") {
            self.otherwise.add_image(&attribute("href"));
        }
        let is_oembed = || attribute("type").trim().eq_ignore_ascii_case("application/json+oembed");
        if (has("alternate") || has("alternative")) && self.page.oembed.is_none() && is_oembed() {
            self.page.oembed = text::reference(&attribute("href"));
        }
    }

    pub(crate) fn begin_title(&mut self) {
        self.title.elements += 1;
    }

    pub(crate) fn title(&mut self, chunk: &TextChunk<'_>) {
        self.title.append(chunk.as_str());
    }

    pub(crate) fn begin_heading(&mut self) {
        self.heading.elements += 1;
    }

    pub(crate) fn heading(&mut self, chunk: &TextChunk<'_>) {
        if is_read(chunk) {
            self.heading.append(chunk.as_str());
        }
    }

    pub(crate) fn begin_body(&mut self) {
        self.is_in_body = true;
    }

    pub(crate) fn begin_paragraph(&mut self) {
        self.end_paragraph();
    }

    pub(crate) fn paragraph(&mut self, chunk: &TextChunk<'_>) {
        if is_read(chunk) && self.characters < DESCRIPTION_CHARACTERS {
            text::append(&mut self.paragraph, chunk.as_str());
        }
    }

    fn end_paragraph(&mut self) {
        let raw = std::mem::take(&mut self.paragraph);
        if let Some(text) = text::shown(&raw).filter(|text| text.len() >= PARAGRAPH_BYTES_MIN) {
            self.characters += text.chars().count();
            self.paragraphs.push(text);
        }
    }

    /// Whether the rest of the page would change nothing.
    pub(crate) fn is_complete(&self) -> bool {
        self.is_in_body && self.page.is_complete()
    }

    pub(crate) fn into_page(mut self) -> Page {
        self.end_paragraph();
        let Self { mut page, mut otherwise, title, heading, paragraphs, .. } = self;
        otherwise.add("og:title", &title.text);
        otherwise.add("og:title", &heading.text);
        page.merge_missing(otherwise);
        // Paragraphs are texts already: resolving references once more could make markup of them.
        if !paragraphs.is_empty() {
            let description = || text::cut(&paragraphs.join(" "));
            page.properties.entry("og:description".to_owned()).or_insert_with(description);
        }
        page
    }
}

/// Whether people read it: not a script, nor a style.
fn is_read(chunk: &TextChunk<'_>) -> bool {
    matches!(chunk.text_type(), TextType::Data | TextType::RCData)
}
