//! What is known of a page.
use std::collections::BTreeMap;

use crate::text;

/// The most properties that are kept.
const PROPERTIES_MAX: usize = 50;

/// The longest name of a property, in bytes.
const NAME_BYTES_MAX: usize = 64;

/// What a page says about itself, first things first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Open Graph properties by their names ([`og:title`](https://ogp.me) and so on), pictures left out. What the page has
    /// as Twitter's properties, as its title or as its text is here too, where it has no property of Open Graph.
    pub properties: BTreeMap<String, String>,
    /// Where its picture is, as the page refers to it.
    pub image: Option<String>,
    /// Where its oEmbed document (JSON) is, as the page refers to it.
    pub oembed: Option<String>,
}

impl Page {
    /// Adds a property that the page has, unless it has it already.
    pub(crate) fn add(&mut self, name: &str, raw: &str) {
        let is_name =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b":_-".contains(&byte);
        let fits = name.len() <= NAME_BYTES_MAX && name.bytes().all(is_name);
        if !fits || self.properties.contains_key(name) || self.properties.len() >= PROPERTIES_MAX {
            return;
        }
        let start = raw.get(..raw.floor_char_boundary(text::RAW_BYTES_MAX)).unwrap_or_default();
        if let Some(value) = text::shown(start) {
            self.properties.insert(name.to_owned(), value);
        }
    }

    /// Adds where the picture is, unless that is known.
    pub(crate) fn add_image(&mut self, raw: &str) {
        if self.image.is_none() {
            self.image = text::reference(raw);
        }
    }

    /// Adds what `other` has and this page has not.
    pub fn merge_missing(&mut self, other: Self) {
        for (name, value) in other.properties {
            self.properties.entry(name).or_insert(value);
        }
        self.image = self.image.take().or(other.image);
        self.oembed = self.oembed.take().or(other.oembed);
    }

    /// Whether a preview would show nothing more if the page went on.
    pub(crate) fn is_complete(&self) -> bool {
        self.image.is_some()
            && ["og:title", "og:description"].iter().all(|name| self.properties.contains_key(*name))
    }
}
