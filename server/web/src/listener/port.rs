//! The listening socket: TCP, or a Unix socket.

use std::{
    fs, io,
    net::SocketAddr,
    os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::extract::connect_info::Connected;
use axum_server::{AddrListener, Address};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio_util::either::Either;

use crate::files::Files;
use holdfast_core::address::{ClientAddress, Listen};

/// A connection.
pub(super) type Stream = Either<TcpStream, UnixStream>;

/// One end of a connection: the server's address, or the client's.
#[derive(Clone, Debug)]
pub enum End {
    /// On TCP.
    Tcp(SocketAddr),
    /// On a Unix socket.
    Unix,
}

/// Why the server can't listen.
#[derive(Debug, thiserror::Error)]
pub enum PortError {
    /// The address is in use.
    #[error("in use")]
    Occupied {
        /// Id of the process that uses it, if it is known.
        by: Option<u32>,
    },
    /// The path of the Unix socket is another kind of file.
    #[error("there is a file at this path that is not a socket. Remove it")]
    NoSocket,
    /// The system refused it.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A listening socket.
#[derive(Debug)]
pub struct Port {
    pub(super) socket: Socket,
    files: Arc<Files>,
}

#[derive(Debug)]
pub(super) enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener, SocketFile),
}

impl Port {
    /// Starts listening. `mode` are the permissions of a Unix socket. `files` is told when no open files are left for a connection.
    ///
    /// # Errors
    /// The address is in use, or the system refused it.
    pub async fn bind(at: &Listen, mode: u32, files: Arc<Files>) -> Result<Self, PortError> {
        let socket = match at {
            Listen::Tcp(address) => match TcpListener::bind(address).await {
                Ok(listener) => Socket::Tcp(listener),
                Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(PortError::Occupied { by: None }),
                Err(error) => return Err(error.into()),
            },
            Listen::Unix(path) => {
                remove_stale(path).await?;
                let listener = UnixListener::bind(path)?;
                fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
                Socket::Unix(listener, SocketFile::at(path)?)
            }
        };
        Ok(Self { socket, files })
    }

    /// Returns the address with its port, or `None` for a Unix socket.
    pub fn address(&self) -> io::Result<Option<SocketAddr>> {
        match &self.socket {
            Socket::Tcp(listener) => listener.local_addr().map(Some),
            Socket::Unix(..) => Ok(None),
        }
    }
}

/// Removes the socket file of a server that was killed, if nobody listens on it.
async fn remove_stale(path: &Path) -> Result<(), PortError> {
    let kind = match fs::symlink_metadata(path) {
        Ok(data) => data.file_type(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    if !kind.is_socket() {
        return Err(PortError::NoSocket);
    }
    match UnixStream::connect(path).await {
        Ok(stream) => {
            let process = stream.peer_cred().ok().and_then(|peer| peer.pid());
            Err(PortError::Occupied { by: process.and_then(|process| u32::try_from(process).ok()) })
        }
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(fs::remove_file(path)?),
        Err(error) => Err(error.into()),
    }
}

/// The file of a Unix socket. Dropping it removes the file, unless another server has replaced it.
#[derive(Debug)]
pub(super) struct SocketFile {
    path: PathBuf,
    inode: (u64, u64),
}

impl SocketFile {
    fn at(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), inode: inode(path)? })
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if inode(&self.path).is_ok_and(|inode| inode == self.inode) {
            let _ = fs::remove_file(&self.path); // the next start removes it
        }
    }
}

fn inode(path: &Path) -> io::Result<(u64, u64)> {
    fs::symlink_metadata(path).map(|data| (data.dev(), data.ino()))
}

impl Address for End {
    type Stream = Stream;
    type Listener = Port;
}

impl AddrListener<Stream, End> for Port {
    async fn bind_to(_: End) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into()) // it is created by `bind`
    }

    async fn accept_stream(&self) -> io::Result<(Stream, End)> {
        let accepted = match &self.socket {
            Socket::Tcp(listener) => listener.accept().await.map(|(stream, peer)| (Either::Left(stream), End::Tcp(peer))),
            Socket::Unix(listener, _) => listener.accept().await.map(|(stream, _)| (Either::Right(stream), End::Unix)),
        };
        // After an error, axum-server waits a moment before it tries again.
        accepted.inspect_err(|error| self.files.look_at(error))
    }

    fn get_local_addr(&self) -> io::Result<End> {
        Ok(self.address()?.map_or(End::Unix, End::Tcp))
    }
}

impl Connected<End> for ClientAddress {
    fn connect_info(end: End) -> Self {
        match end {
            End::Tcp(peer) => peer.ip().into(),
            End::Unix => Self::Unix,
        }
    }
}

/// Returns the address of the peer.
pub(super) fn peer(stream: &Stream) -> io::Result<ClientAddress> {
    match stream {
        Either::Left(stream) => stream.peer_addr().map(|peer| peer.ip().into()),
        Either::Right(_) => Ok(ClientAddress::Unix),
    }
}

/// Turns off Nagle's algorithm, so that data is sent without waiting for acknowledgements.
pub(super) fn send_at_once(stream: &Stream) -> io::Result<()> {
    match stream {
        Either::Left(stream) => stream.set_nodelay(true),
        Either::Right(_) => Ok(()),
    }
}
