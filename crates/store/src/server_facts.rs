//! Table `server_facts`: what the server knows of itself.
use db::{Read, Result, Write, params};

/// The fact called `name`.
///
/// # Errors
/// Fails if the database fails.
pub async fn find(reader: &impl Read, name: &str) -> Result<Option<String>> {
    let row = reader
        .query_optional("SELECT value FROM server_facts WHERE name = $1", params![name])
        .await?;
    row.map(|row| row.get(0)).transpose()
}

/// Records a fact; the first value stays.
pub fn insert(write: &mut Write, name: &str, value: &str) {
    write.execute(
        "INSERT INTO server_facts (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
        params![name, value],
    );
}

/// Records a fact in the place of what was known.
pub fn set(write: &mut Write, name: &str, value: &str) {
    write.execute(
        "INSERT INTO server_facts (name, value) VALUES ($1, $2) \
         ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        params![name, value],
    );
}
