//! What can go wrong in a sync.

/// Why a sync failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The `pos` of a sliding sync is not, or no longer, known: the client starts again.
    #[error("the position is not known any more: start without one")]
    UnknownPosition,
    /// A room failed.
    #[error(transparent)]
    Rooms(#[from] rooms::Error),
    /// Who is there could not be told.
    #[error(transparent)]
    Presence(#[from] presence::Error),
    /// The database failed.
    #[error("storage: {0}")]
    Storage(#[from] db::Error),
    /// An answer could not be built.
    #[error("building an answer: {0}")]
    Json(#[from] serde_json::Error),
}

/// A sync's answer.
pub type Result<T> = std::result::Result<T, Error>;
