//! What is asked: who the user is, where the password comes from, and, where that is not enough, which
//! server; and the smallest configuration file that says it.

use crate::config::parse_server;
use crate::model::{Address, Secret};

use super::super::exit::Failure;
use super::talk::{Talk, ask_until};

/// What the person at the terminal said.
#[derive(Debug, Clone)]
pub(super) struct Answers {
    pub(super) address: Address,
    /// Empty: found by itself.
    pub(super) server: String,
    /// The word in the configuration; empty: the default.
    pub(super) transport: String,
    /// The certificate file of whoever vouches for the server; empty: those the system trusts.
    pub(super) root: String,
    /// Program and arguments that print the password; empty: asked at each start.
    pub(super) command: Vec<String>,
    /// The password that was typed; it is written to no file.
    pub(super) typed: Option<Secret>,
    /// It lies in the keyring of the desktop.
    pub(super) keyring: bool,
}

/// What the first question was answered with.
#[derive(Debug)]
pub(super) enum First {
    /// Here is the account.
    Answers(Box<Answers>),
    /// No account: show the demonstration.
    Demo,
    /// The input ended.
    End,
}

/// The first two questions.
pub(super) fn interview(talk: &mut impl Talk) -> Result<First, Failure> {
    talk.say("This is the first run: three questions, and you are signed in. Ctrl-C leaves at any time.\n")?;
    let address =
        ask_until(talk, "1. Your address, such as alice@example.test (or `demo`: look around without one): ", |said| {
            if said.eq_ignore_ascii_case("demo") {
                return Ok(None);
            }
            Address::parse(said).map(Some).map_err(|why| why.to_string())
        })?;
    let Some(address) = address else { return Ok(First::End) };
    let Some(address) = address else { return Ok(First::Demo) };
    let mut answers = Answers {
        address,
        server: String::new(),
        transport: String::new(),
        root: String::new(),
        command: Vec::new(),
        typed: None,
        keyring: false,
    };
    if !password(talk, &mut answers)? {
        return Ok(First::End);
    }
    Ok(First::Answers(Box::new(answers)))
}

/// Where the password comes from; `false` when the input ends.
pub(super) fn password(talk: &mut impl Talk, answers: &mut Answers) -> Result<bool, Failure> {
    (answers.command, answers.typed) = (Vec::new(), None);
    let question =
        "2. Your password (not shown, and written nowhere; empty if a program prints it or you have a Kerberos ticket): ";
    let Some(typed) = talk.ask_hidden(question)? else { return Ok(false) };
    if !typed.expose().is_empty() {
        answers.typed = Some(typed);
        return Ok(true);
    }
    let asked = ask_until(talk, "   The program, such as `pass show sip/alice` (empty: none, sign in by Kerberos): ", |said| {
        let words: Vec<String> = said.split_whitespace().map(str::to_owned).collect();
        let quoted = words.iter().any(|word| word.contains(['\'', '"', '\\', '|', '$', '`']));
        if quoted { Err("a program and its arguments without quotes, such as pass show sip/alice".to_owned()) } else { Ok(words) }
    })?;
    let Some(command) = asked else { return Ok(false) };
    answers.command = command;
    Ok(true)
}

/// Which server, for whom it is not found by itself; `false` when the input ends.
pub(super) fn server(talk: &mut impl Talk, answers: &mut Answers) -> Result<bool, Failure> {
    let asked = ask_until(talk, "   Server, as host or host:port (empty: found by DNS): ", |said| {
        let fine = said.is_empty() || said == "auto" || parse_server(said).is_some();
        if fine { Ok(said.to_owned()) } else { Err("that is no host or host:port, such as sip.example.test:5061".to_owned()) }
    })?;
    let Some(server) = asked else { return Ok(false) };
    let asked = ask_until(talk, "   Connection (empty: encrypted with TLS; tcp and udp are not encrypted): ", |said| {
        let word = said.to_ascii_lowercase();
        match word.as_str() {
            "" | "tls" | "tcp" | "udp" => Ok(word),
            _ => Err("tls, tcp or udp, please".to_owned()),
        }
    })?;
    let Some(transport) = asked else { return Ok(false) };
    (answers.server, answers.transport) = (server, transport);
    Ok(true)
}

/// Whose certificate vouches for the server, for whom the system's are not enough; `false` when the input ends.
pub(super) fn root(talk: &mut impl Talk, answers: &mut Answers) -> Result<bool, Failure> {
    let asked = ask_until(talk, "   The root certificate of your organisation, as a file (PEM; empty: none): ", |said| {
        if said.is_empty() {
            return Ok(String::new());
        }
        let found = std::path::absolute(said).ok().filter(|file| file.is_file());
        found.map(|file| file.to_string_lossy().into_owned()).ok_or_else(|| format!("there is no file {said}"))
    })?;
    let Some(root) = asked else { return Ok(false) };
    answers.root = root;
    Ok(true)
}

/// The smallest configuration that says this.
pub(super) fn file(answers: &Answers) -> String {
    // A JSON string is a TOML string too.
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let mut lines = vec![
        "# `chinwag config init --print` shows everything that can be set here.".to_owned(),
        "[accounts.main]".to_owned(),
        format!("uri = {}", quoted(answers.address.as_str())),
    ];
    for (key, value) in [("server", &answers.server), ("transport", &answers.transport), ("ca_file", &answers.root)] {
        if !value.is_empty() {
            lines.push(format!("{key} = {}", quoted(value)));
        }
    }
    if !answers.command.is_empty() {
        let words: Vec<String> = answers.command.iter().map(|word| quoted(word)).collect();
        lines.push(format!("password.command = [{}]", words.join(", ")));
    }
    if answers.keyring {
        lines.push("password.keyring = true".to_owned());
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::super::talk::script::Script;
    use super::*;
    use crate::config::{Overrides, PasswordSource, Paths, RawFile, ServerChoice, TransportChoice, resolve};

    fn answers(said: &[&str]) -> (First, String) {
        let mut script = Script::of(said);
        let first = interview(&mut script).unwrap();
        (first, script.heard)
    }

    #[test]
    fn two_answers_make_the_smallest_file_and_the_password_is_not_in_it() {
        let (First::Answers(answers), _) = answers(&["alice@example.test", "planted-secret"]) else { panic!("no answers") };
        let written = file(&answers);
        assert!(written.ends_with("[accounts.main]\nuri = \"sip:alice@example.test\"\n"), "{written}");
        assert!(!written.contains("planted-secret") && !format!("{answers:?}").contains("planted-secret"));
    }

    #[test]
    fn wrong_answers_are_asked_again() {
        let (First::Answers(mut answers), said) =
            answers(&["alice", "alice@example.test", "", "pass 'x y'", "pass show sip/alice"])
        else {
            panic!("no answers")
        };
        assert!(said.contains("without quotes"), "{said}");
        let mut script = Script::of(&["no host", "[::1]:5070", "sctp", "TCP"]);
        assert!(server(&mut script, &mut answers).unwrap());
        assert_eq!(script.heard.matches("  tls, tcp or udp, please").count(), 1);
        let path = std::path::Path::new("config.toml");
        let (raw, problems) = RawFile::parse(&file(&answers), path);
        let paths = Paths { config: path.into(), config_given: true, data_dir: "data".into(), state_dir: "state".into() };
        let loaded = resolve(&raw, Some(path), problems, &paths, &Overrides::default());
        assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
        let accounts = loaded.resolved.unwrap().accounts;
        assert_eq!(accounts[0].server, ServerChoice::Manual { host: "::1".into(), port: Some(5070) });
        assert_eq!(accounts[0].transport, TransportChoice::Tcp);
        assert!(matches!(&accounts[0].password, PasswordSource::Command(words) if words.len() == 3));
    }

    #[test]
    fn the_demonstration_is_offered_and_an_end_is_an_end() {
        assert!(matches!(answers(&["Demo"]).0, First::Demo));
        for said in [&[][..], &["alice@example.test"], &["alice@example.test", ""]] {
            assert!(matches!(answers(said).0, First::End), "{said:?}");
        }
    }
}
