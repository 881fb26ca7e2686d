//! The unix socket of local commands: whoever may open it is the administrator.
use std::{
    fs::{self, File, Permissions},
    io,
    os::{
        fd::AsRawFd,
        unix::fs::{MetadataExt, PermissionsExt},
    },
    path::{Path, PathBuf},
};

use endpoint::Site;
use tokio::net::{UnixListener, UnixStream};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::connection::{Service, Speaks};

/// The longest path that fits a socket's address (unix(7): 108 bytes with the final NUL).
const PATH_BYTES_MAX: usize = 107;

/// Why there is no local socket.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SocketError {
    /// A node answers on it.
    #[error("another node runs in this folder: it answers on {}", path.display())]
    InUse { path: PathBuf },
    /// It cannot be made.
    #[error("cannot make the socket {}: {why}", path.display())]
    Failed { path: PathBuf, why: io::Error },
}

/// The socket, deleted when it goes.
#[derive(Debug)]
pub(crate) struct LocalSocket {
    listener: UnixListener,
    path: PathBuf,
    owner: u32,
}

/// Makes the socket. One that a killed node left behind is replaced.
pub(crate) async fn bind_local(path: &Path) -> Result<LocalSocket, SocketError> {
    if connect_local(path).await.is_ok() {
        return Err(SocketError::InUse { path: path.to_owned() });
    }
    let failed = |why| SocketError::Failed { path: path.to_owned(), why };
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let listener = with_short_path(path, |path| UnixListener::bind(path)).map_err(failed)?;
    fs::set_permissions(path, Permissions::from_mode(0o600)).map_err(failed)?;
    let owner = fs::metadata(path).map_err(failed)?.uid();
    Ok(LocalSocket { listener, path: path.to_owned(), owner })
}

/// Opens a connection to the node.
pub(crate) async fn connect_local(path: &Path) -> io::Result<UnixStream> {
    let stream = with_short_path(path, |path| std::os::unix::net::UnixStream::connect(path))?;
    stream.set_nonblocking(true)?;
    UnixStream::from_std(stream)
}

/// Calls `use_path` with `path`, or if that is too long for a socket's address, with a short name of
/// the same place: its folder as an open file of this process.
fn with_short_path<T>(path: &Path, use_path: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
    if path.as_os_str().len() <= PATH_BYTES_MAX {
        return use_path(path);
    }
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
        return use_path(path);
    };
    let folder = File::open(folder)?;
    use_path(&Path::new("/proc/self/fd").join(folder.as_raw_fd().to_string()).join(name))
}

impl LocalSocket {
    /// Takes the socket out of the folder: nobody new finds the node.
    pub(crate) fn remove(&self) {
        // Gone is gone, whoever did it.
        let _ = fs::remove_file(&self.path);
    }

    /// Accepts connections of our own user and of root until `stop`.
    pub(crate) async fn accept(
        &self,
        site: Site,
        stop: CancellationToken,
        connections: TaskTracker,
    ) {
        let service = Service { site, stop: stop.clone() };
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => return,
                accepted = self.listener.accept() => accepted,
            };
            let Ok((stream, _)) = accepted else { continue };
            // The file's mode keeps others out already; this holds where somebody has widened it.
            match stream.peer_cred() {
                Ok(peer) if peer.uid() == self.owner || peer.uid() == 0 => {
                    connections.spawn(service.clone().serve(stream, Speaks::Http1, None));
                }
                _ => tracing::warn!("a stranger on the local socket was turned away"),
            }
        }
    }
}

impl Drop for LocalSocket {
    fn drop(&mut self) {
        self.remove();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_left_over_socket_is_replaced_a_living_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("longhouse.sock");
        let first = bind_local(&path).await.unwrap();
        assert!(matches!(bind_local(&path).await, Err(SocketError::InUse { .. })));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        drop(first);
        assert!(!path.exists());
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(path.exists(), "a killed node leaves its socket behind");
        bind_local(&path).await.unwrap();
    }

    #[tokio::test]
    async fn deep_folders_work() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("d".repeat(120));
        fs::create_dir(&deep).unwrap();
        let path = deep.join("longhouse.sock");
        let _socket = bind_local(&path).await.unwrap();
        connect_local(&path).await.unwrap();
    }
}
