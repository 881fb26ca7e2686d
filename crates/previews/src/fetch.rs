//! Asking a page, its oEmbed document and its picture.
use egress::{Arriving, Request};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{ACCEPT, ACCEPT_LANGUAGE, CONTENT_ENCODING, CONTENT_TYPE, LOCATION, USER_AGENT},
};
use media::UploadError;
use tokio::time::Instant;
use url::Url;
use webpages::{Page, Reader};

use crate::{Previews, answer::Preview, is_asked, picture::Picture};

/// The most redirects to a page, a picture or a document.
const REDIRECTS_MAX: usize = 5;

/// The longest oEmbed document.
const OEMBED_BYTES_MAX: usize = 128 * 1_024;

/// Who asks. Pages show programs less than people, and what calls itself a bot that previews links most of what they have
/// for such.
const CALLS_ITSELF: &str = concat!(
    "Mozilla/5.0 (compatible; Longhouse/",
    env!("CARGO_PKG_VERSION"),
    "; bot; link previews for Matrix)"
);

/// Why a page, a document or a picture is not there. For the log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    #[error(transparent)]
    Request(#[from] egress::Error),
    #[error("{0} is not asked")]
    Denied(Box<Url>),
    #[error("status {0}")]
    Status(StatusCode),
    #[error("more than {REDIRECTS_MAX} redirects")]
    Redirects,
    #[error("it is compressed though that was not asked for")]
    Compressed,
    #[error("it is not PNG, JPEG, GIF or WebP")]
    NotPicture,
    #[error("it is not an oEmbed document")]
    NotOembed,
    #[error(transparent)]
    Store(#[from] UploadError),
}

/// What is asked for.
#[derive(Clone, Copy)]
enum Wanted {
    Page,
    Oembed,
    Picture,
}

impl Wanted {
    fn accept(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Page => "text/html,application/xhtml+xml;q=0.9,image/*;q=0.8,*/*;q=0.5",
            Self::Oembed => "application/json",
            Self::Picture => "image/webp,image/png,image/jpeg,image/gif;q=0.9,image/*;q=0.5",
        })
    }
}

impl Previews {
    /// What is at `url`.
    pub(crate) async fn fetch(&self, url: &Url) -> Result<Preview, FetchError> {
        let (base, arriving) = self.get(url.clone(), Wanted::Page).await?;
        let content_type = header_text(arriving.headers(), CONTENT_TYPE);
        let essence = content_type.as_deref().unwrap_or_default();
        let essence = essence.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match essence.as_str() {
            "text/html" | "application/xhtml+xml" => {
                let page = self.read_page(arriving, content_type.as_deref()).await;
                Ok(self.complete(&base, page).await)
            }
            image if image.starts_with("image/") => {
                // A picture that can't be shown is a page that says nothing.
                let picture = match self.store_picture(arriving).await {
                    Ok(picture) => Some(picture),
                    Err(FetchError::NotPicture) => None,
                    Err(error) => return Err(error),
                };
                Ok(Preview { page: Page::default(), picture })
            }
            _ => Ok(Preview::default()),
        }
    }

    /// Reads a page up to where nothing more is needed. What it has said before it became too long, too slow or broke
    /// counts.
    async fn read_page(&self, mut arriving: Arriving, content_type: Option<&str>) -> Page {
        let mut reader = Reader::new(content_type);
        let mut left = self.settings.page_bytes_max;
        while left > 0
            && !reader.is_done()
            && let Ok(Some(piece)) = arriving.piece().await
        {
            reader.write(&piece);
            left = left.saturating_sub(piece.len());
        }
        reader.finish()
    }

    /// Adds to a page what its oEmbed document says, and its picture.
    async fn complete(&self, base: &Url, page: Page) -> Preview {
        let oembed = page.oembed.as_deref().and_then(|reference| base.join(reference).ok());
        let page = match oembed {
            None => page,
            Some(url) => match self.read_oembed(url.clone()).await {
                Ok(mut document) => {
                    // References in it are to its own place.
                    document.image = document
                        .image
                        .and_then(|reference| url.join(&reference).ok())
                        .map(String::from);
                    document.merge_missing(page);
                    document
                }
                Err(error) => {
                    tracing::debug!(%url, %error, "no oEmbed document");
                    page
                }
            },
        };
        let picture = match page.image.as_deref().and_then(|reference| base.join(reference).ok()) {
            None => None,
            Some(url) => match self.fetch_picture(url.clone()).await {
                Ok(picture) => Some(picture),
                Err(error) => {
                    tracing::debug!(%url, %error, "no picture for a preview");
                    None
                }
            },
        };
        Preview { page, picture }
    }

    async fn read_oembed(&self, url: Url) -> Result<Page, FetchError> {
        let (_, mut arriving) = self.get(url, Wanted::Oembed).await?;
        let mut document = Vec::new();
        while let Some(piece) = arriving.piece().await? {
            document.extend_from_slice(&piece);
        }
        webpages::from_oembed(&document).ok_or(FetchError::NotOembed)
    }

    async fn fetch_picture(&self, mut url: Url) -> Result<Picture, FetchError> {
        url.set_fragment(None);
        let (_, arriving) = self.get(url, Wanted::Picture).await?;
        self.store_picture(arriving).await
    }

    /// Asks, and follows redirects. Answers where it ended, too.
    async fn get(&self, mut url: Url, wanted: Wanted) -> Result<(Url, Arriving), FetchError> {
        let deadline = Instant::now() + self.settings.request_time_max;
        for _ in 0..=REDIRECTS_MAX {
            if !is_asked(&url) || !self.settings.rules.allow(&url) {
                return Err(FetchError::Denied(Box::new(url)));
            }
            let within = deadline.saturating_duration_since(Instant::now());
            let arriving = self.egress.begin(self.request(&url, wanted), within).await?;
            let status = arriving.status();
            if let Some(next) = redirect_of(&arriving, &url) {
                url = next;
                continue;
            }
            if !status.is_success() {
                return Err(FetchError::Status(status));
            }
            let encoding = header_text(arriving.headers(), CONTENT_ENCODING);
            return match encoding.as_deref() {
                None | Some("" | "identity") => Ok((url, arriving)),
                Some(_) => Err(FetchError::Compressed),
            };
        }
        Err(FetchError::Redirects)
    }

    fn request(&self, url: &Url, wanted: Wanted) -> Request {
        let max = match wanted {
            // A page may be a picture.
            Wanted::Page => self.settings.page_bytes_max.max(self.settings.picture_bytes_max),
            Wanted::Oembed => OEMBED_BYTES_MAX,
            Wanted::Picture => self.settings.picture_bytes_max,
        };
        let mut request = Request::get(url.as_str(), max);
        request.headers.insert(ACCEPT, wanted.accept());
        request.headers.insert(USER_AGENT, HeaderValue::from_static(CALLS_ITSELF));
        if let Ok(languages) = HeaderValue::from_str(&self.settings.accept_language) {
            request.headers.insert(ACCEPT_LANGUAGE, languages);
        }
        request
    }
}

fn redirect_of(arriving: &Arriving, url: &Url) -> Option<Url> {
    if !arriving.status().is_redirection() {
        return None;
    }
    let mut next = url.join(&header_text(arriving.headers(), LOCATION)?).ok()?;
    next.set_fragment(None);
    Some(next)
}

fn header_text(headers: &HeaderMap, name: http::HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}
