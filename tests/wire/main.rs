//! The SIP message layer against bytes: what it reads, what it keeps, what it refuses.

#![allow(clippy::pedantic, clippy::unwrap_used, clippy::expect_used, clippy::panic)] // tests fail by panic

#[path = "../../fuzz/src/lib.rs"]
mod targets;

mod bodies;
mod cases;
mod corpus;
mod fixtures;
mod framing;
mod hostile;
mod lossless;
mod properties;
mod reading;
mod second_opinion;
mod torture;

use std::path::{Path, PathBuf};

/// The files under a folder of the package, in order of their names.
fn files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .collect()
}
