//! Looking through all objects.
use std::{
    fs::{self, DirEntry},
    io,
    path::Path,
    time::UNIX_EPOCH,
};

use crate::Digest;

/// An object, as it is found in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub digest: Digest,
    /// When it was written (Unix ms).
    pub modified_ms: i64,
}

/// Up to `limit` objects behind `after` in order of their digests. What has another name is passed over.
pub(crate) fn list(objects: &Path, after: Option<Digest>, limit: usize) -> io::Result<Vec<Listed>> {
    let after = after.map(|digest| digest.to_string()).unwrap_or_default();
    let mut found = Vec::new();
    for (first, path) in entries(objects, after.get(..2))? {
        let is_first = after.starts_with(&first);
        for (second, path) in entries(&path, after.get(2..4).filter(|_| is_first))? {
            let is_same = is_first && after.get(2..4) == Some(second.as_str());
            for (name, path) in entries(&path, Some(after.as_str()).filter(|_| is_same))? {
                let Some(digest) = Digest::parse(&name).filter(|_| name > after) else { continue };
                // It may have been removed since.
                let Ok(metadata) = fs::metadata(path) else { continue };
                let modified = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
                let modified_ms = i64::try_from(modified.as_millis()).unwrap_or(i64::MAX);
                found.push(Listed { digest, modified_ms });
                if found.len() == limit {
                    return Ok(found);
                }
            }
        }
    }
    Ok(found)
}

/// The entries of a folder in order of their names, from a name on.
fn entries(folder: &Path, from: Option<&str>) -> io::Result<Vec<(String, std::path::PathBuf)>> {
    let read = match fs::read_dir(folder) {
        Err(error) if is_no_folder(&error) => return Ok(Vec::new()),
        read => read?,
    };
    let mut found = Vec::new();
    for entry in read {
        let entry: DirEntry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if from.is_none_or(|from| name.as_str() >= from) {
            found.push((name, entry.path()));
        }
    }
    found.sort();
    Ok(found)
}

fn is_no_folder(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}
