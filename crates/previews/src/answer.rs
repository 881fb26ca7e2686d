//! What clients are answered.
use serde_json::{Map, Value};
use webpages::Page;

use crate::picture::Picture;

/// What is known of a URL.
#[derive(Debug, Default)]
pub(crate) struct Preview {
    pub(crate) page: Page,
    pub(crate) picture: Option<Picture>,
}

impl Preview {
    /// Open Graph's properties, the picture as media of this server ([spec]).
    ///
    /// [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv1mediapreview_url
    pub(crate) fn to_json(&self) -> String {
        let mut answer: Map<String, Value> = self
            .page
            .properties
            .iter()
            .map(|(name, value)| (name.clone(), value.as_str().into()))
            .collect();
        if let Some(picture) = &self.picture {
            let mut add = |name: &str, value: Value| answer.insert(name.to_owned(), value);
            add("og:image", picture.uri.as_str().into());
            add("og:image:type", picture.content_type.into());
            add("og:image:width", picture.width.into());
            add("og:image:height", picture.height.into());
            add("matrix:image:size", picture.bytes.into());
        }
        Value::Object(answer).to_string()
    }
}
