//! Moving objects from where they are to where new ones are stored, while they are read and written.
use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
};

use futures_util::TryStreamExt as _;
use sha2::{Digest as _, Sha256};

use crate::{
    Blobs, Digest, Error, Place, Remote, blocking,
    object::{ObjectStream, PIECE_BYTES},
    upload::{TemporaryFile, Written},
};

impl Blobs {
    /// Moves an object to the place of new ones, and answers its length; `None` if it is not in the other place. It can be
    /// read all the time. It is removed from where it was only after the other place has shown it whole, so that it may be
    /// in both for a while: then the same call ends what was begun.
    ///
    /// # Errors
    /// Fails if the object is damaged in either place, or if one of them fails. It stays where it was then.
    pub async fn relocate(&self, digest: &Digest) -> Result<Option<u64>, Error> {
        let Some(remote) = &self.0.remote else { return Ok(None) };
        match self.place_of_new() {
            Place::Bucket => self.to_bucket(remote, digest).await,
            Place::Disk => self.to_disk(remote, digest).await,
        }
    }

    async fn to_bucket(&self, remote: &Remote, digest: &Digest) -> Result<Option<u64>, Error> {
        let Some((file, bytes)) = self.0.disk.find(digest).await? else { return Ok(None) };
        let of_file = *digest;
        let file = blocking(move || Ok(check_file(file, of_file))).await??;
        if remote.bucket.find(digest).await? != Some(bytes) {
            remote.bucket.store(digest, tokio::fs::File::from_std(file), bytes).await?;
        }
        if bytes > 0 {
            let gone = Error::Damaged(*digest);
            let shown = remote.bucket.read(digest, 0..bytes).await?.ok_or(gone)?;
            check(shown, digest, bytes).await?;
        }
        let (disk, moved) = (self.0.disk.clone(), *digest);
        blocking(move || disk.remove(&moved)).await?;
        Ok(Some(bytes))
    }

    async fn to_disk(&self, remote: &Remote, digest: &Digest) -> Result<Option<u64>, Error> {
        let Some(bytes) = remote.bucket.find(digest).await? else { return Ok(None) };
        let Some((file, path)) = self.download(remote, digest, bytes).await? else {
            return Ok(None);
        };
        let (this, moved) = (self.clone(), *digest);
        blocking(move || {
            file.sync_all()?;
            this.0.disk.name(&path.0, &moved)?;
            this.0.remote.as_ref().map_or(Ok(()), |remote| remote.cache.remove(&moved))
        })
        .await?;
        remote.bucket.remove(&[*digest]).await?;
        Ok(Some(bytes))
    }

    /// The object in the cache, where it is fetched to unless it is there; `None` if it is not in the bucket.
    pub(crate) async fn fetch(
        &self,
        remote: &Remote,
        digest: &Digest,
        bytes: u64,
    ) -> Result<Option<File>, Error> {
        let turn = remote.cache.turn(digest);
        let _mine = turn.lock().await;
        if let Some((file, _)) = remote.cache.find(digest).await? {
            return Ok(Some(file));
        }
        let Some((file, path)) = self.download(remote, digest, bytes).await? else {
            return Ok(None);
        };
        let (cache, fetched) = (remote.cache.clone(), *digest);
        blocking(move || {
            cache.keep(&path.0, &fetched, bytes)?;
            Ok(Some(file))
        })
        .await
    }

    /// A file of its own with the object, which is gone when it is closed.
    pub(crate) async fn fetch_to_file(&self, digest: &Digest, bytes: u64) -> Result<File, Error> {
        if let Some(remote) = &self.0.remote
            && let Some((file, _)) = self.download(remote, digest, bytes).await?
        {
            return Ok(file);
        }
        // It may have been moved here since.
        let found = self.0.disk.find(digest).await?;
        let gone = || std::io::Error::new(std::io::ErrorKind::NotFound, "the object was removed");
        Ok(found.ok_or_else(gone)?.0)
    }

    /// A temporary file with the object, at its beginning; `None` if it is not in the bucket.
    async fn download(
        &self,
        remote: &Remote,
        digest: &Digest,
        bytes: u64,
    ) -> Result<Option<(File, TemporaryFile)>, Error> {
        let path = self.temporary();
        let mut written = blocking(move || Written::begin(path)).await?;
        if bytes > 0 {
            let Some(mut content) = remote.bucket.read(digest, 0..bytes).await? else {
                return Ok(None);
            };
            while let Some(piece) = content.try_next().await? {
                written = blocking(move || {
                    written.append(&piece)?;
                    Ok(written)
                })
                .await?;
            }
        }
        let (file, found, path) = blocking(move || written.end()).await?;
        if found == *digest { Ok(Some((file, path))) } else { Err(Error::Damaged(*digest)) }
    }
}

/// The same file at its beginning, if it is what its name says. Blocks.
fn check_file(mut file: File, digest: Digest) -> Result<File, Error> {
    let (mut hash, mut piece) = (Sha256::new(), vec![0; PIECE_BYTES]);
    loop {
        let read = file.read(&mut piece)?;
        match piece.get(..read) {
            None | Some([]) => break,
            Some(read) => hash.update(read),
        }
    }
    if Digest(hash.finalize().into()) != digest {
        return Err(Error::Damaged(digest));
    }
    file.seek(SeekFrom::Start(0))?;
    Ok(file)
}

async fn check(mut content: ObjectStream, digest: &Digest, bytes: u64) -> Result<(), Error> {
    let (mut hash, mut seen) = (Sha256::new(), 0);
    while let Some(piece) = content.try_next().await? {
        seen += piece.len() as u64;
        hash.update(&piece);
    }
    let is_whole = seen == bytes && Digest(hash.finalize().into()) == *digest;
    if is_whole { Ok(()) } else { Err(Error::Damaged(*digest)) }
}
