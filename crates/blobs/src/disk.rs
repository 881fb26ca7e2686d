//! Objects in a folder: `objects/ab/cd/<64 hex digits>`.
use std::{
    fs::{self, DirBuilder, File},
    io,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use crate::{Digest, Error, Listed, blocking, list};

/// The folder.
#[derive(Clone, Debug)]
pub(crate) struct Disk {
    objects: PathBuf,
}

impl Disk {
    pub(crate) fn new(root: &Path) -> Self {
        Self { objects: root.join("objects") }
    }

    /// Makes the folder. Blocks.
    pub(crate) fn make(&self) -> io::Result<()> {
        make_folder(&self.objects)
    }

    pub(crate) async fn find(&self, digest: &Digest) -> Result<Option<(File, u64)>, Error> {
        let path = self.path(digest);
        blocking(move || open(&path)).await
    }

    /// Gives a file that is on disk its name. When this returns, the name survives a crash. Blocks.
    pub(crate) fn name(&self, file: &Path, digest: &Digest) -> io::Result<()> {
        let path = self.path(digest);
        let folder = path.parent().ok_or_else(|| io::Error::other("an object without folder"))?;
        make_folder(folder)?;
        // The same content may be there already: replacing it by itself changes nothing.
        fs::rename(file, &path)?;
        sync_folder(folder)
    }

    /// Removes an object; one that is not there is no error. Blocks.
    pub(crate) fn remove(&self, digest: &Digest) -> io::Result<()> {
        remove_if_there(&self.path(digest))
    }

    pub(crate) async fn list(
        &self,
        after: Option<Digest>,
        limit: usize,
    ) -> Result<Vec<Listed>, Error> {
        let objects = self.objects.clone();
        blocking(move || list::list(&objects, after, limit)).await
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        self.objects.join(digest.path())
    }
}

/// A file and its length, if it is there. Blocks.
pub(crate) fn open(path: &Path) -> io::Result<Option<(File, u64)>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let bytes = file.metadata()?.len();
    Ok(Some((file, bytes)))
}

/// Removes a file unless it is not there. Blocks.
pub(crate) fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Makes a folder that only this user can read, and those above it. A new folder is on disk when this returns.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        make_folder(parent)?;
    }
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).map_or(Ok(()), sync_folder)
}

/// Makes a folder that is empty.
pub(crate) fn make_empty_folder(path: &Path) -> io::Result<()> {
    make_folder(path)?;
    for left in fs::read_dir(path)? {
        fs::remove_file(left?.path())?;
    }
    Ok(())
}

/// Makes the names in a folder survive a crash.
fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}
