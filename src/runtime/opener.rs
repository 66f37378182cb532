//! Opening links with the program this machine has for it. No shell ever sees a link: it is one argument.

use std::process::Stdio;

use tokio::task::JoinSet;

use crate::runtime::child;

/// What opens links where the user did not say so.
const USUAL: &str = if cfg!(windows) {
    // `start` is a word of the shell, which would read the link.
    "rundll32 url.dll,FileProtocolHandler"
} else if cfg!(target_os = "macos") {
    "open"
} else {
    "xdg-open"
};

/// What stands between several programs in `BROWSER`, as between folders in `PATH`.
const BETWEEN: char = if cfg!(windows) { ';' } else { ':' };

/// Programs that open a link now.
#[derive(Debug, Default)]
pub struct LinkOpener {
    running: JoinSet<Result<(), String>>,
}

impl LinkOpener {
    /// Begins to open a link; what goes wrong comes from [`LinkOpener::next`].
    pub fn open(&mut self, link: &str) {
        let browser = std::env::var("BROWSER").ok();
        self.begin(command_line(browser.as_deref(), link));
    }

    fn begin(&mut self, words: Vec<String>) {
        self.running.spawn(async move {
            let Some((program, arguments)) = words.split_first() else { return Ok(()) };
            // Of the terminal it sees nothing: it would write over the screen.
            let mut command = child::program(program);
            command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            match command.status().await {
                Ok(status) if status.success() => Ok(()),
                Ok(_) => Err(format!("{program} could not open the link; y copies it instead")),
                Err(why) => Err(format!(
                    "{program} cannot be started ({why}); name a program that opens links in BROWSER, or copy the link with y"
                )),
            }
        });
    }

    /// What went wrong next, in words for the user.
    pub async fn next(&mut self) -> String {
        loop {
            match self.running.join_next().await {
                Some(Ok(Err(trouble))) => return trouble,
                Some(_) => {}
                None => return std::future::pending().await,
            }
        }
    }
}

/// The program and its arguments. `BROWSER` may name several with colons between (semicolons on Windows); the
/// first counts. `%s` in it stands for the link.
fn command_line(browser: Option<&str>, link: &str) -> Vec<String> {
    let chosen = browser.and_then(|names| names.split(BETWEEN).map(str::trim).find(|name| !name.is_empty())).unwrap_or(USUAL);
    let mut words: Vec<String> = chosen.split_whitespace().map(str::to_owned).collect();
    let mut named = false;
    for word in words.iter_mut().skip(1).filter(|word| word.contains("%s")) {
        *word = word.replace("%s", link);
        named = true;
    }
    if !named {
        words.push(link.to_owned());
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_one_argument() {
        let link = "https://a.test/;$(reboot)&x";
        assert_eq!(command_line(None, link), [USUAL, link]);
        assert_eq!(command_line(Some(""), link), [USUAL, link]);
        assert_eq!(command_line(Some("firefox -P work:lynx"), link), ["firefox", "-P", "work", link]);
        assert_eq!(command_line(Some("tool --open=%s --quiet"), link), ["tool", &format!("--open={link}"), "--quiet"]);
    }

    #[tokio::test]
    async fn what_goes_wrong_is_told() {
        let mut opener = LinkOpener::default();
        opener.begin(vec!["true".to_owned()]);
        opener.begin(vec!["false".to_owned(), "x".to_owned()]);
        assert!(opener.next().await.starts_with("false could not open the link"));
        opener.begin(vec!["/nowhere/to/be/found".to_owned()]);
        assert!(opener.next().await.contains("cannot be started"));
    }

    /// Whatever a shell would make of it, the program gets the link in one piece, and nothing else happens.
    #[cfg(unix)]
    #[tokio::test]
    async fn t12_what_a_shell_would_obey_is_part_of_the_link() {
        let folder = tempfile::tempdir().unwrap();
        let (seen, harm) = (folder.path().join("seen"), folder.path().join("harm"));
        let harm = harm.to_str().unwrap();
        for evil in [
            format!("https://a.test/;touch {harm}"),
            format!("https://a.test/|touch {harm}"),
            format!("https://a.test/$(touch {harm})"),
            format!("https://a.test/`touch {harm}`"),
            format!("https://a.test/\ntouch {harm}\n"),
            format!("https://a.test/'\"; touch {harm} #"),
            format!("https://a.test/ && touch {harm} > {harm} %s %u ${{HOME}} ~ * ?"),
        ] {
            // A program that tells what it was given, each argument with a line end; it is no shell that reads the link.
            let program = format!("printf '%s\\n' \"$#\" \"$1\" > {}", seen.display());
            let mut words = vec!["sh".to_owned(), "-c".to_owned(), program, "opener".to_owned()];
            words.extend(command_line(Some("x"), &evil).into_iter().skip(1));
            let mut opener = LinkOpener::default();
            opener.begin(words);
            assert!(opener.running.join_next().await.unwrap().unwrap().is_ok());
            assert_eq!(std::fs::read_to_string(&seen).unwrap(), format!("1\n{evil}\n"));
            assert!(!std::path::Path::new(harm).exists(), "{evil}");
        }
    }
}
