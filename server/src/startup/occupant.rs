//! Who has a port. Known on Linux, for processes that we may look at.

use std::{fs, path::Path};

/// The program that listens on a port, such as `nginx (process 812)`.
pub(super) fn of(port: u16) -> Option<String> {
    let inode = ["/proc/net/tcp", "/proc/net/tcp6"].into_iter().find_map(|table| listening(&fs::read_to_string(table).ok()?, port))?;
    let wanted = format!("socket:[{inode}]");
    fs::read_dir("/proc").ok()?.flatten().find_map(|process| {
        let number: u32 = process.file_name().to_str()?.parse().ok()?;
        let holds = |file: fs::DirEntry| fs::read_link(file.path()).is_ok_and(|target| target == Path::new(&wanted));
        fs::read_dir(process.path().join("fd")).ok()?.flatten().any(holds).then(|| named(number))
    })
}

/// A process as it is told, such as `nginx (process 812)`.
pub(super) fn named(process: u32) -> String {
    let name = fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default();
    format!("{} (process {process})", name.trim()).trim_start().to_owned()
}

/// The inode of the socket that listens on a port, out of the kernel's table (proc(5)).
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
        assert!(by.contains(&std::process::id().to_string()), "{by}");
    }
}
