//! What administrators are given and what they bring, held against other people's programs: templates against an
//! XML and a JSON validator, `Registry.pol` against Samba's own library. A tool that is missing fails its tests.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod samba;
mod templates;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The Python of Debian, which has Debian's packages.
const PYTHON: &str = "/usr/bin/python3";

/// A file of this test.
fn here(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/policies").join(name)
}

/// The program.
fn chinwag(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_chinwag")).args(args).output().unwrap()
}

/// What the program writes, when all is well.
fn written(args: &[&str]) -> String {
    let output = chinwag(args);
    assert!(output.status.success(), "{args:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Runs another program; `package` is where Debian has it.
fn foreign(command: &mut Command, input: &str, package: &str) -> Output {
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.unwrap_or_else(|fault| panic!("{command:?}: {fault}; install Debian's {package}"));
    // A program that fails may end before it has read everything; what it says of that is what counts.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(!errors.contains("ModuleNotFoundError"), "install Debian's {package}: {errors}");
    output
}
