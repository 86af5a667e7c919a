//! A folder of one test, which goes with it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// The folder of the project.
pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the crate lies in the project")
}

/// A path that no other test of any run has: `.local/run/it-NAME-PID-NUMBER`.
pub(super) fn unique(name: &str) -> PathBuf {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    root().join(format!(
        ".local/run/it-{name}-{}-{number}",
        std::process::id()
    ))
}

/// A folder that is removed when it is dropped.
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(name: &str) -> Self {
        let path = unique(name);
        std::fs::create_dir_all(&path).expect("the folder of runs can be written");
        Self(path)
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// The text of every file of this folder whose name ends so.
    pub(super) fn text_of(&self, suffix: &str) -> String {
        let mut files: Vec<_> = std::fs::read_dir(&self.0)
            .expect("the folder is there")
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.to_string_lossy().ends_with(suffix))
            .collect();
        files.sort();
        files.iter().map(|path| text(path)).collect()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is no reason to fail a test that is over.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The text of a file that a process writes.
pub(super) fn text(path: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned()
}
