//! Thin: the library does everything.

fn main() -> std::process::ExitCode {
    chinwag::cli::run(std::env::args_os())
}
