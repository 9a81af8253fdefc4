//! Small disks, to be filled. Root alone can mount them.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

use tempfile::TempDir;

/// A small disk of its own, until it is dropped.
pub struct Volume {
    mount: TempDir,
    /// What it is in, for one that is a file.
    _image: Option<TempDir>,
}

impl Volume {
    /// In memory. `None`, with the reason printed, where nothing can be mounted.
    pub fn in_memory(mib: u32) -> Option<Self> {
        let mount = tempfile::tempdir().unwrap();
        let option = format!("size={mib}m,mode=0700");
        Self::mounted(Command::new("mount").args(["-t", "tmpfs", "-o", &option, "tmpfs"]).arg(mount.path()))?;
        Some(Self { mount, _image: None })
    }

    /// ext4 with blocks of 1 KiB, as it is made on small disks. `None`, with the reason printed, where nothing can be mounted.
    pub fn of_small_blocks(mib: u32) -> Option<Self> {
        let (mount, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let image = folder.path().join("image");
        let size = format!("{mib}M");
        Self::mounted(Command::new("mkfs.ext4").args(["-q", "-b", "1024", "-m", "0"]).arg(&image).arg(size))?;
        Self::mounted(Command::new("mount").args(["-o", "loop"]).arg(&image).arg(mount.path()))?;
        Some(Self { mount, _image: Some(folder) })
    }

    fn mounted(command: &mut Command) -> Option<()> {
        let why = match command.output() {
            Ok(output) if output.status.success() => return Some(()),
            Ok(output) => String::from_utf8_lossy(&output.stderr).trim().to_owned(),
            Err(error) => error.to_string(),
        };
        // It speaks to a person who reads why.
        #[allow(clippy::print_stderr)]
        {
            eprintln!("skipped: {command:?} failed, and the test needs a disk of its own: {why}");
        }
        None
    }

    pub fn path(&self) -> &Path {
        self.mount.path()
    }

    fn ballast(&self) -> PathBuf {
        self.path().join("ballast")
    }

    /// Writes until nothing more can be written.
    pub fn fill(&self) {
        let mut file = fs::File::options().create(true).append(true).open(self.ballast()).unwrap();
        // Twice: room that was taken in advance and not used is given back when all is written.
        for _ in 0..2 {
            for size in [64 * 1024, 1024, 128] {
                while file.write_all(&vec![0xA5; size]).is_ok() {}
            }
            _ = file.sync_data();
        }
    }

    /// Leaves so much room.
    pub fn leave(&self, kib: u64) {
        self.fill();
        let file = fs::File::options().write(true).open(self.ballast()).unwrap();
        file.set_len(file.metadata().unwrap().len().saturating_sub(kib * 1024)).unwrap();
        file.sync_all().unwrap();
    }

    /// Makes room again.
    pub fn make_room(&self) {
        fs::remove_file(self.ballast()).unwrap();
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        // Lazily: a process that was just killed may still have files open.
        _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}
