//! Table `appservice_positions`: up to where each application service was told what has changed.
use db::{Read, Result, Write, params};

/// Where an application service is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppservicePosition {
    /// Everything up to here has been delivered.
    pub position: i64,
    /// Up to where the transaction reaches that is on its way.
    pub pending: Option<i64>,
}

/// Where an application service is; `None` for one that is new.
///
/// # Errors
/// Fails if the database fails.
pub async fn find(reader: &impl Read, appservice: &str) -> Result<Option<AppservicePosition>> {
    let row = reader
        .query_optional(
            "SELECT position, pending FROM appservice_positions WHERE appservice_id = $1",
            params![appservice],
        )
        .await?;
    let position =
        |row: db::Row| Ok(AppservicePosition { position: row.get(0)?, pending: row.get(1)? });
    row.map(position).transpose()
}

/// Notes where an application service is.
pub fn set(write: &mut Write, appservice: &str, place: AppservicePosition) {
    write.execute(
        "INSERT INTO appservice_positions (appservice_id, position, pending) VALUES ($1, $2, $3) \
         ON CONFLICT (appservice_id) DO UPDATE SET position = excluded.position, \
         pending = excluded.pending",
        params![appservice, place.position, place.pending],
    );
}
