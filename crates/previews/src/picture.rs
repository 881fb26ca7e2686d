//! The picture of a page, which becomes media of this server.
use std::io::Cursor;

use bytes::{Bytes, BytesMut};
use egress::Arriving;
use futures_util::stream;
use media::Description;
use pictures::header::{self, Format};

use crate::{Previews, fetch::FetchError};

/// The format and the size of a picture are told by so many bytes, or it is taken for none.
const BEGINNING_BYTES: usize = 256 * 1_024;

/// A picture that was stored.
#[derive(Debug)]
pub(crate) struct Picture {
    pub(crate) media_id: String,
    /// Its `mxc://` URI.
    pub(crate) uri: String,
    pub(crate) content_type: &'static str,
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) bytes: u64,
}

impl Previews {
    /// Stores a picture as it arrives. What it is tell its bytes, not the server that it comes from: PNG, JPEG, GIF and
    /// WebP are stored, and nothing else.
    pub(crate) async fn store_picture(
        &self,
        mut arriving: Arriving,
    ) -> Result<Picture, FetchError> {
        let mut beginning = BytesMut::new();
        while beginning.len() < BEGINNING_BYTES
            && let Some(piece) = arriving.piece().await?
        {
            beginning.extend_from_slice(&piece);
        }
        let beginning = beginning.freeze();
        let header = header::read(&mut Cursor::new(&beginning)).ok().flatten();
        let header = header.ok_or(FetchError::NotPicture)?;
        let content_type = match header.format {
            Format::Png => "image/png",
            Format::Jpeg => "image/jpeg",
            Format::Gif => "image/gif",
            Format::WebP => "image/webp",
        };
        let description =
            Description { content_type: Some(content_type.to_owned()), ..Description::default() };
        let mut bytes = 0_u64;
        let pieces =
            stream::try_unfold((Some(beginning), arriving), |(first, mut arriving)| async {
                let piece: Option<Bytes> = match first {
                    Some(first) => Some(first),
                    None => arriving.piece().await?,
                };
                Ok::<_, egress::Error>(piece.map(|piece| (piece, (None, arriving))))
            });
        let counted =
            futures_util::TryStreamExt::inspect_ok(pieces, |piece| bytes += piece.len() as u64);
        let max = u64::try_from(self.settings.picture_bytes_max).unwrap_or(u64::MAX);
        let media_id = self.media.keep_fetched(description, max, Box::pin(counted)).await?;
        let uri = self.media.uri(&media_id);
        let (width, height) = (header.width, header.height);
        Ok(Picture { media_id, uri, content_type, width, height, bytes })
    }
}
