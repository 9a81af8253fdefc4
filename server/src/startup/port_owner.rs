//! Finds the process that uses a port. Works on Linux, for processes that we may inspect.

use std::{fs, path::Path};

use holdfast_core::address::Listen;
use holdfast_web::listener::PortError;

/// Returns the process that listens at an address that is in use.
pub(super) fn owner(at: &Listen, cause: &PortError) -> Option<u32> {
    match (cause, at) {
        (PortError::Occupied { by: Some(process) }, _) => Some(*process),
        (PortError::Occupied { by: None }, Listen::Tcp(address)) => of(address.port()),
        _ => None,
    }
}

/// Returns whether a process has a file open.
pub(super) fn holds(process: u32, path: &Path) -> bool {
    let Ok(wanted) = fs::canonicalize(path) else { return false };
    let Ok(files) = fs::read_dir(format!("/proc/{process}/fd")) else { return false };
    files.flatten().any(|file| fs::read_link(file.path()).is_ok_and(|target| target == wanted))
}

/// Returns the process that listens on a port.
fn of(port: u16) -> Option<u32> {
    let inode = ["/proc/net/tcp", "/proc/net/tcp6"].into_iter().find_map(|table| listening(&fs::read_to_string(table).ok()?, port))?;
    let wanted = format!("socket:[{inode}]");
    fs::read_dir("/proc").ok()?.flatten().find_map(|process| {
        let number: u32 = process.file_name().to_str()?.parse().ok()?;
        let holds = |file: fs::DirEntry| fs::read_link(file.path()).is_ok_and(|target| target == Path::new(&wanted));
        fs::read_dir(process.path().join("fd")).ok()?.flatten().any(holds).then_some(number)
    })
}

/// Returns the description of a process, such as `nginx (process 812)`.
pub(super) fn named(process: u32) -> String {
    let name = fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default();
    format!("{} (process {process})", name.trim()).trim_start().to_owned()
}

/// Returns the inode of the socket that listens on a port, from the kernel's table (proc(5)).
fn listening(table: &str, port: u16) -> Option<String> {
    const LISTEN: &str = "0A";
    table.lines().skip(1).find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (local, state, inode) = (fields.get(1)?, fields.get(3)?, fields.get(9)?);
        let here = u16::from_str_radix(local.rsplit(':').next()?, 16).ok()? == port;
        (here && *state == LISTEN).then(|| (*inode).to_owned())
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn it_names_this_process() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let by = of(listener.local_addr().unwrap().port()).unwrap();
        assert_eq!(by, std::process::id());
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(holds(by, file.path()) && !holds(by, Path::new("/etc/hostname")));
        assert!(named(by).ends_with(&format!("(process {by})")));
    }
}
