//! What is said when the program breaks: where, and nothing of what others wrote.
//!
//! The words of a panic may quote anything: the text that was being cut, the value that was not expected. So only
//! those are said that stand in the source as they are; of the others the place is enough to find them. Nor is the
//! memory of a broken program written to a file, with passwords and texts in it.
//!
//! A panic in the code of others that is caught is no crash: whoever catches it says it in their own words, and the
//! terminal is neither given back nor written to.

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::Cell;
use std::fmt::Write as _;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, Location, PanicHookInfo, catch_unwind};

use crate::ui::text;

thread_local! {
    /// What panics on this thread is caught by [`caught`].
    static CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// Takes the place of what Rust says of a panic. For the whole process; hooks that are set later go before it.
pub fn report_without_words_of_others() {
    std::panic::set_hook(Box::new(tell));
}

/// No core dump of this program, nor of those it starts. Where the system hands dumps to a program of its own,
/// that one decides.
pub fn leave_no_core() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let now = getrlimit(Resource::Core);
        // Less is always permitted; were it not, there would be nothing to do about it.
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), ..now });
    }
}

/// Does what may panic by a fault of others; `None` if it did, which is the caller's to say. Only the log is told where.
pub fn caught<T>(what: impl FnOnce() -> T) -> Option<T> {
    let before = CAUGHT.replace(true);
    let done = catch_unwind(AssertUnwindSafe(what));
    CAUGHT.set(before);
    done.ok()
}

/// Whether what panics on this thread now is caught by [`caught`]: hooks ask it before they touch the terminal.
#[must_use]
pub fn is_caught() -> bool {
    CAUGHT.try_with(Cell::get).unwrap_or(false)
}

fn tell(what: &PanicHookInfo<'_>) {
    // This is good for one panic: another one, while what the first left is cleaned up, ends the program.
    if CAUGHT.try_with(Cell::take).unwrap_or(false) {
        let place = what.location().map_or_else(String::new, ToString::to_string);
        tracing::warn!(at = %place, "a panic was caught");
        return;
    }
    let mut said = report(what.location(), what.payload());
    // Only where RUST_BACKTRACE asks for it; it holds names of functions and places in the source.
    let trace = Backtrace::capture();
    if trace.status() == BacktraceStatus::Captured {
        let _ = write!(said, "{}", text::block(&trace.to_string()));
    }
    // If nobody reads it there is nobody to tell.
    let _ = std::io::stderr().lock().write_all(said.as_bytes());
}

fn report(place: Option<&Location<'_>>, payload: &(dyn Any + Send)) -> String {
    let place = place.map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    // A text put together while the program ran is a `String`.
    let words = payload
        .downcast_ref::<&'static str>()
        .map_or_else(|| "its words are left out, since they may quote what others wrote".to_owned(), |words| text::line(words));
    format!("\nchinwag has a fault, at {}: {words}.\nPlease report this line; it names nobody.\n", text::line(&place))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn only_words_of_the_source_are_said() {
        let place = Location::caller();
        let fixed = report(Some(place), &"a list has no end");
        assert!(fixed.contains("crash.rs:") && fixed.contains("a list has no end"), "{fixed}");
        let quoted = report(None, &format!("no letter ends at 1 of `{}`", "secret\u{1b}[2J"));
        assert!(quoted.contains("an unknown place") && !quoted.contains("secret") && !quoted.contains('\u{1b}'), "{quoted}");
    }

    #[test]
    fn what_is_caught_is_marked_as_long_as_it_runs() {
        assert_eq!(caught(|| (is_caught(), 1)), Some((true, 1)));
        assert!(!is_caught());
        // Within another one.
        let both = caught(|| (caught::<()>(|| panic!("inside")), is_caught()));
        assert_eq!(both, Some((None, true)));
        assert_eq!(caught::<()>(|| panic!("what nobody thought of")), None);
        assert!(!is_caught());
    }

    /// The test runs itself once more as the program in which something panics.
    #[test]
    fn a_panic_that_is_caught_is_not_told_on_the_terminal_and_the_next_one_is() {
        if std::env::var_os("CHINWAG_TEST_CATCHES").is_some() {
            report_without_words_of_others();
            assert_eq!(caught::<()>(|| panic!("of a decoder")), None);
            panic!("of our own");
        }
        let mut again = Command::new(std::env::current_exe().unwrap());
        let name = "runtime::crash::tests::a_panic_that_is_caught_is_not_told_on_the_terminal_and_the_next_one_is";
        again.args(["--exact", name, "--nocapture"]).env("CHINWAG_TEST_CATCHES", "1").env("RUST_BACKTRACE", "0");
        let done = again.output().unwrap();
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(!done.status.success() && said.contains("of our own"), "{said}");
        assert!(!said.contains("of a decoder") && said.matches("chinwag has a fault, at").count() == 1, "{said}");
    }

    /// The test runs itself once more as the program that breaks.
    #[test]
    fn a_crash_quotes_nobody() {
        const TEXT: &str = "pläne von alice@example.test\u{1b}]0;x\u{7}";
        if std::env::var_os("CHINWAG_TEST_BREAKS").is_some() {
            report_without_words_of_others();
            leave_no_core();
            #[cfg(unix)]
            assert_eq!(rustix::process::getrlimit(rustix::process::Resource::Core).current, Some(0));
            let end = TEXT.find('ä').map_or(0, |at| at + 1);
            let _ = TEXT[..end].len();
        }
        let mut again = Command::new(std::env::current_exe().unwrap());
        again.args(["--exact", "runtime::crash::tests::a_crash_quotes_nobody", "--nocapture"]);
        for trace in ["0", "1"] {
            let done = again.env("CHINWAG_TEST_BREAKS", "1").env("RUST_BACKTRACE", trace).output().unwrap();
            let said = String::from_utf8_lossy(&done.stderr);
            assert!(!done.status.success() && said.contains("chinwag has a fault, at"), "{said}");
            assert!(!said.contains("alice") && !said.contains('\u{1b}'), "{said}");
        }
    }
}
