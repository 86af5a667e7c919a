//! What a run of the tests gives: addresses of its servers, and the synthetic records beside the
//! project, where they are.

use std::path::{Path, PathBuf};

/// The value of an environment variable that `make test` sets.
pub fn required(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run the tests with `make test`, which starts the servers")
    })
}

/// The folder of Synthea Bundles beside the project; `None`, and said, in a clone alone.
pub fn synthea() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
    let folder = root.join("../shared/data/synthea");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("no ../shared/data/synthea beside the project: using the generator's own records");
    None
}
