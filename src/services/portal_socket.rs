//! Where the portal listens: a network address, or a socket of this machine that a proxy opens.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::path::Path;

use tokio::net::{TcpListener, UnixListener};

use super::error::CannotBegin;
use crate::access;
use crate::cli::Failed;
use crate::config::parse::Listen;
use crate::config::settings::SOCKET;
use crate::web::Listener;

/// Who may open the socket: this login and its group, which the proxy's login joins.
const MODE: u32 = 0o660;

/// Begins to listen. A socket in whose place another login can put its own is refused: the proxy would hand it every code and
/// password.
pub async fn listen(at: &Listen) -> Result<Listener, Failed> {
    let listener = match at {
        Listen::Network(address) => TcpListener::bind(address).await.map(Listener::Network),
        Listen::Socket(path) => {
            access::judge(SOCKET, path)?;
            bind(path).map(Listener::Socket)
        }
    };
    Ok(listener.map_err(|source| CannotBegin::Listen { address: at.clone(), source })?)
}

fn bind(path: &Path) -> io::Result<UnixListener> {
    remove_if_stale(path)?;
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, Permissions::from_mode(MODE))?;
    Ok(listener)
}

/// Where it listens, as the log says it: a port that the system chose is named.
pub fn shown(listener: &Listener, at: &Listen) -> String {
    match listener {
        Listener::Network(listener) => {
            let address = listener.local_addr().map_or_else(|_| at.to_string(), |address| address.to_string());
            format!("http://{address}")
        }
        Listener::Socket(_) => at.to_string(),
    }
}

/// Removes the socket of a service that ended; what is no socket, or one that somebody answers, stays.
fn remove_if_stale(path: &Path) -> io::Result<()> {
    let is_socket = fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_socket());
    let refused = || std::os::unix::net::UnixStream::connect(path).map_err(|error| error.kind());
    if is_socket && refused().is_err_and(|kind| kind == io::ErrorKind::ConnectionRefused) {
        fs::remove_file(path)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_socket_that_nobody_answers_is_replaced_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("portal.sock");
        let first = bind(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, MODE);
        assert_eq!(bind(&path).unwrap_err().kind(), io::ErrorKind::AddrInUse, "somebody answers");
        drop(first);
        drop(bind(&path).unwrap());
        fs::remove_file(&path).unwrap();
        fs::write(&path, "notes").unwrap();
        assert_eq!(bind(&path).unwrap_err().kind(), io::ErrorKind::AddrInUse, "a file of somebody's");
        assert_eq!(fs::read_to_string(&path).unwrap(), "notes");
    }

    #[tokio::test]
    async fn a_socket_that_others_could_put_theirs_in_the_place_of_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let at = Listen::Socket(folder.path().join("portal.sock"));
        for mode in [0o777, 0o1777] {
            fs::set_permissions(folder.path(), Permissions::from_mode(mode)).unwrap();
            let refused = listen(&at).await.err().unwrap();
            assert!(refused.parts().0.contains("the portal's socket"), "{mode:o}: {refused:?}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was made");
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        assert!(matches!(listen(&at).await, Ok(Listener::Socket(_))));
    }
}
