//! From the command line and the environment to the settings in force.

use crate::app::Keymap;
use crate::config::keys::{Section, known};
use crate::config::{
    AccountSettings, AuthChoice, FileRead, GivenPaths, Loaded, Overrides, PasswordSource, Paths, Problem, RawFile, Resolved,
    Setting, Severity, UiSettings, Value, named_policies, resolve as config_of,
};
use crate::model::{Dialect, nearest};
use crate::runtime::child::withhold;

use super::args::{AuthArg, ColorArg, DialectArg, Global, TransportArg};
use super::exit::{Exit, Failure};
use super::output::Diagnostics;
use super::policies;

/// The settings in force; says every warning.
///
/// # Errors
/// Exit 7 with every problem said, when they cannot be used.
pub fn resolve(global: &Global, diagnostics: Diagnostics) -> Result<Resolved, Failure> {
    let loaded = load_all(global)?;
    for problem in &loaded.problems {
        if problem.severity == Severity::Warning {
            diagnostics.warn(&problem.to_string());
        } else {
            diagnostics.error(&problem.to_string());
        }
    }
    if let Some(denial) = loaded.denied.into_iter().next() {
        return Err(denial.into());
    }
    let Some(mut resolved) = loaded.resolved else {
        return Err(Failure::new(Exit::Configuration, "the configuration cannot be used; see above"));
    };
    resolved.policy.run()?;
    if let Some(wanted) = &global.account {
        let Some(at) = resolved.accounts.iter().position(|account| account.id.as_str() == wanted) else {
            return Err(unknown_account(wanted, &resolved));
        };
        resolved.accounts = vec![resolved.accounts.swap_remove(at)];
    }
    Ok(resolved)
}

/// The one account a command works with.
///
/// # Errors
/// Exit 7 when there is none, 2 when there are several and none was chosen.
pub fn single_account(resolved: &Resolved) -> Result<&AccountSettings, Failure> {
    match resolved.accounts.as_slice() {
        [one] => Ok(one),
        [] => Err(no_account()),
        several => {
            let names: Vec<_> = several.iter().map(|account| account.id.as_str()).collect();
            let text = format!("there are several accounts; choose one with --account ({})", names.join(", "));
            Err(Failure::new(Exit::Usage, text))
        }
    }
}

/// Nobody to sign in as.
#[must_use]
pub fn no_account() -> Failure {
    let text = "no account is configured; `chinwag demo` shows everything without one, \
                --aor sip:you@example.test names one, `chinwag config init` writes a file to fill in";
    Failure::new(Exit::Configuration, text)
}

/// Where files are, after flags and environment.
///
/// # Errors
/// Exit 7 without a home folder.
pub fn paths(global: &Global) -> Result<Paths, Failure> {
    Ok(Paths::find(GivenPaths { config: global.config.clone(), data_dir: global.data_dir.clone() })?)
}

/// Everything read, nothing said yet.
///
/// # Errors
/// Exit 7 without a home folder.
pub fn load_all(global: &Global) -> Result<Loaded, Failure> {
    let paths = paths(global)?;
    let read = FileRead::at(&paths);
    let named = named_policies(&read, &paths);
    let overrides = Overrides {
        aor: global.aor.clone(),
        environment: from_environment(|name| std::env::var(name).ok()),
        flags: from_flags(global),
        policy: policies::of(global, &read, &paths)?,
    };
    let mut loaded = read.resolve(&paths, &overrides);
    if let Some(resolved) = &mut loaded.resolved {
        resolved.policy_dir.clone_from(&global.policy_dir);
        resolved.policy_files = named;
        withhold_passwords(resolved, global);
    }
    if loaded.bindings.is_empty() {
        return Ok(loaded);
    }
    let ui = loaded.resolved.as_ref().map(|resolved| resolved.ui.clone());
    // With other settings that are wrong the lines about keys are still looked at.
    let ui = ui.unwrap_or_else(|| UiSettings { keys: loaded.bindings.clone(), ..UiSettings::default() });
    loaded.problems.extend(Keymap::new(&ui).1.into_iter().map(|problem| Problem {
        severity: problem.severity(),
        file: Some(paths.config.clone()),
        line: problem.binding.place.line,
        column: problem.binding.place.column,
        key: format!("keys.{}.{}", problem.binding.context, problem.binding.chord),
        expected: problem.fault.to_string(),
        nearest: problem.nearest().map(str::to_owned),
    }));
    loaded.problems.sort_by_key(|problem| (problem.line, problem.column));
    Ok(loaded)
}

/// Keeps passwords in variables from the programs that are started, also those that this run does not read.
fn withhold_passwords(resolved: &Resolved, global: &Global) {
    for account in &resolved.accounts {
        if let PasswordSource::Env(name) = &account.password {
            withhold(name);
        }
    }
    if let Some(name) = &global.password_env {
        withhold(name);
    }
}

/// The settings that a file with this text would give.
///
/// # Errors
/// Exit 7 with what is wrong.
pub fn of_text(global: &Global, text: &str, path: &std::path::Path) -> Result<Resolved, Failure> {
    let paths = paths(global)?;
    let overrides = Overrides {
        aor: None,
        environment: from_environment(|name| std::env::var(name).ok()),
        flags: from_flags(global),
        policy: policies::of(global, &FileRead::at(&paths), &paths)?,
    };
    let (raw, problems) = RawFile::parse(text, path);
    let loaded = config_of(&raw, Some(path), problems, &paths, &overrides);
    let said: Vec<String> = loaded.problems.iter().map(ToString::to_string).collect();
    loaded.resolved.ok_or_else(|| Failure::new(Exit::Configuration, said.join("; ")))
}

fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Vec<Setting> {
    // no-color.org: any value but the empty one.
    let no_color = variable("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = variable("TERM").as_deref() == Some("dumb");
    if no_color || dumb { text(Section::Ui, "color", "never").into_iter().collect() } else { Vec::new() }
}

fn from_flags(global: &Global) -> Vec<Setting> {
    let mut settings = Vec::new();
    let mut set = |name, value: Option<String>| settings.extend(value.and_then(|value| text(Section::Account, name, &value)));
    set("user", global.user.clone());
    set("server", global.server.clone());
    set("dns", global.dns.clone());
    set("ca_file", global.ca_file.as_ref().map(|file| file.to_string_lossy().into_owned()));
    set("transport", global.transport.map(|transport| transport.word().to_owned()));
    set("dialect", global.dialect.map(|dialect| dialect.word().to_owned()));
    set("auth", global.auth.map(|auth| auth.word().to_owned()));
    if global.server.as_deref().is_some_and(|server| server != "auto") {
        // Who names a server now means it, whatever the file says.
        let key = known(Section::Account, "automatic");
        settings.extend(key.map(|key| Setting { key, value: Value::Flag(false), place: None }));
    }
    settings.extend(global.color.and_then(|color| text(Section::Ui, "color", color.word())));
    settings.extend(global.plain.then(|| text(Section::Ui, "mode", "plain")).flatten());
    settings.extend(match global.verbose {
        0 => None,
        1 => text(Section::Log, "level", "debug"),
        _ => text(Section::Log, "level", "trace"),
    });
    settings
}

fn text(section: Section, name: &str, value: &str) -> Option<Setting> {
    Some(Setting { key: known(section, name)?, value: Value::Text(value.to_owned()), place: None })
}

/// What the command line and the environment change about settings that were not read from a file.
///
/// # Errors
/// Exit 5 for `--policy-dir` where an administrator has set policies.
pub fn adjust(made: &mut Resolved, global: &Global) -> Result<(), Failure> {
    made.policy_dir.clone_from(&global.policy_dir);
    made.policy = policies::of_machine(global)?.policy();
    for account in &mut made.accounts {
        account.dialect = global.dialect.and_then(DialectArg::forced);
        account.auth = match global.auth {
            Some(AuthArg::Ntlm) => AuthChoice::Ntlm,
            Some(AuthArg::Digest) => AuthChoice::Digest,
            Some(AuthArg::Kerberos) => AuthChoice::Kerberos,
            Some(AuthArg::Auto) | None => AuthChoice::Auto,
        };
        account.auth_ways.retain(|way| account.auth == AuthChoice::Auto || account.auth == *way);
    }
    made.ui.plain = global.plain;
    made.ui.always_color = global.color == Some(ColorArg::Always);
    made.ui.no_color = match global.color {
        Some(color) => color == ColorArg::Never,
        None => !from_environment(|name| std::env::var(name).ok()).is_empty(),
    };
    Ok(())
}

fn unknown_account(wanted: &str, resolved: &Resolved) -> Failure {
    let names: Vec<_> = resolved.accounts.iter().map(|account| account.id.as_str()).collect();
    let hint = match (nearest(wanted, names.iter().copied()), names.is_empty()) {
        (Some(near), _) => format!("did you mean {near}?"),
        (None, false) => format!("there are {}", names.join(", ")),
        (None, true) => "none is configured".to_owned(),
    };
    Failure::new(Exit::Usage, format!("there is no account `{}`; {hint}", wanted.escape_debug()))
}

impl TransportArg {
    /// The word in the configuration.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Tls => "tls",
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

impl DialectArg {
    /// The dialect that is forced, if one is.
    #[must_use]
    pub const fn forced(self) -> Option<Dialect> {
        match self {
            Self::Auto => None,
            Self::Lcs => Some(Dialect::Lcs),
            Self::Simple => Some(Dialect::Simple),
        }
    }

    /// The word in the configuration.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Lcs => "lcs",
            Self::Simple => "simple",
        }
    }
}

impl ColorArg {
    /// The word in the configuration.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Always => "always",
            Self::Never => "never",
        }
    }
}
