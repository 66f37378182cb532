//! The first run: a few questions at the terminal, and the smallest configuration from the answers.

use std::io::{self, BufRead, IsTerminal as _, Write};

use crate::config::parse_server;
use crate::model::Address;

use super::args::Global;
use super::exit::{Exit, Failure};
use super::housekeeping::write_new;
use super::settings;

/// Longest answer taken.
const LONGEST: u64 = 1024;

/// What the person at the terminal said.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Answers {
    address: Address,
    /// Empty: found by itself.
    server: String,
    /// The word in the configuration; empty: the default.
    transport: String,
    /// Program and arguments that print the password; empty: asked at each start.
    password: Vec<String>,
}

/// Asks who the user is and writes the configuration file; `false` if this is no place for
/// questions: no terminal, or a file that is there already.
///
/// # Errors
/// Exit 7 when the person gives up or the file cannot be written.
pub fn first_run(global: &Global) -> Result<bool, Failure> {
    let paths = settings::paths(global)?;
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() || paths.config.exists() {
        return Ok(false);
    }
    let mut out = io::stderr().lock();
    let Some(answers) = interview(&mut io::stdin().lock(), &mut out)? else {
        return Err(Failure::new(Exit::Configuration, "nothing was written; `chinwag demo` shows everything without an account"));
    };
    write_new(&paths.config, &file(&answers))?;
    writeln!(out, "\nWritten to {}. `chinwag config init --print` shows what else can be set there.", paths.config.display())?;
    Ok(true)
}

/// The questions; `None` when the input ends before the answers do.
fn interview(input: &mut impl BufRead, out: &mut impl Write) -> io::Result<Option<Answers>> {
    writeln!(out, "This is the first run: chinwag needs to know who you are. Ctrl-C leaves;")?;
    writeln!(out, "`chinwag demo` shows everything without any account.\n")?;
    let address = ask(input, out, "Your address, such as alice@example.test: ", |said| {
        Address::parse(said).map_err(|why| why.to_string())
    })?;
    let Some(address) = address else { return Ok(None) };
    let server = ask(input, out, "Server, as host or host:port (empty: found by DNS): ", |said| {
        let fine = said.is_empty() || said == "auto" || parse_server(said).is_some();
        if fine { Ok(said.to_owned()) } else { Err("that is no host or host:port, such as sip.example.test:5061".to_owned()) }
    })?;
    let Some(server) = server else { return Ok(None) };
    let mut transport = String::new();
    if !server.is_empty() {
        let asked = ask(input, out, "Connection (empty: encrypted with TLS; tcp or udp are not encrypted): ", |said| {
            let word = said.to_ascii_lowercase();
            match word.as_str() {
                "" | "tls" | "tcp" | "udp" => Ok(word),
                _ => Err("tls, tcp or udp, please".to_owned()),
            }
        })?;
        let Some(word) = asked else { return Ok(None) };
        transport = word;
    }
    let password = ask(input, out, "Command that prints your password (empty: you are asked at each start): ", |said| {
        let words: Vec<String> = said.split_whitespace().map(str::to_owned).collect();
        let quoted = words.iter().any(|word| word.contains(['\'', '"', '\\', '|', '$']));
        if quoted { Err("a program and its arguments without quotes, such as pass show sip/alice".to_owned()) } else { Ok(words) }
    })?;
    Ok(password.map(|password| Answers { address, server, transport, password }))
}

/// Asks until the answer is one; `None` when the input ends.
fn ask<T>(
    input: &mut impl BufRead,
    out: &mut impl Write,
    question: &str,
    read: impl Fn(&str) -> Result<T, String>,
) -> io::Result<Option<T>> {
    loop {
        write!(out, "{question}")?;
        out.flush()?;
        let mut line = String::new();
        if io::Read::take(&mut *input, LONGEST).read_line(&mut line)? == 0 {
            writeln!(out)?;
            return Ok(None);
        }
        match read(line.trim()) {
            Ok(answer) => return Ok(Some(answer)),
            Err(why) => writeln!(out, "  {}", crate::ui::text::line(&why))?,
        }
    }
}

/// The smallest configuration that says this.
fn file(answers: &Answers) -> String {
    // A JSON string is a TOML string too.
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let mut lines = vec![
        "# `chinwag config init --print` shows everything that can be set here.".to_owned(),
        "[accounts.main]".to_owned(),
        format!("uri = {}", quoted(answers.address.as_str())),
    ];
    for (key, value) in [("server", &answers.server), ("transport", &answers.transport)] {
        if !value.is_empty() {
            lines.push(format!("{key} = {}", quoted(value)));
        }
    }
    if !answers.password.is_empty() {
        let words: Vec<String> = answers.password.iter().map(|word| quoted(word)).collect();
        lines.push(format!("password.command = [{}]", words.join(", ")));
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Overrides, PasswordSource, Paths, RawFile, ServerChoice, TransportChoice, resolve};

    fn talk(typed: &str) -> (Option<Answers>, String) {
        let mut out = Vec::new();
        let answers = interview(&mut typed.as_bytes(), &mut out).unwrap();
        (answers, String::from_utf8(out).unwrap())
    }

    #[test]
    fn two_empty_answers_make_the_smallest_file() {
        let (answers, _) = talk("alice@example.test\n\n\n");
        let written = file(&answers.unwrap());
        assert!(written.ends_with("[accounts.main]\nuri = \"sip:alice@example.test\"\n"), "{written}");
    }

    #[test]
    fn wrong_answers_are_asked_again() {
        let (answers, said) =
            talk("alice\nalice@example.test\nno host\n[::1]:5070\nsctp\nTCP\npass 'x y'\npass show sip/alice\n");
        assert_eq!(said.matches("  tls, tcp or udp, please").count(), 1);
        let written = file(&answers.unwrap());
        let path = std::path::Path::new("config.toml");
        let (raw, problems) = RawFile::parse(&written, path);
        let paths = Paths { config: path.into(), config_given: true, data_dir: "data".into(), state_dir: "state".into() };
        let loaded = resolve(&raw, Some(path), problems, &paths, &Overrides::default());
        assert!(loaded.problems.is_empty(), "{:?}", loaded.problems);
        let accounts = loaded.resolved.unwrap().accounts;
        assert_eq!(accounts.len(), 1);
        assert_eq!(accounts[0].aor.as_str(), "sip:alice@example.test");
        assert_eq!(accounts[0].server, ServerChoice::Manual { host: "::1".into(), port: Some(5070) });
        assert_eq!(accounts[0].transport, TransportChoice::Tcp);
        assert!(matches!(&accounts[0].password, PasswordSource::Command(words) if words.len() == 3));
    }

    #[test]
    fn an_end_before_the_answers_writes_nothing() {
        assert_eq!(talk("").0, None);
        assert_eq!(talk("alice@example.test\nsip.example.test").0, None);
    }
}
