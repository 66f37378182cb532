//! From layers to the settings in force.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::model::{AccountId, Address, Dialect, InvitationRules, Pin, QuietHours, Retention, Strangers, TransportRules};
use crate::policy::{Denial, Policy};

use super::enforce::enforce;
use super::keys::{Kind, Section};
use super::layers::{Layers, Origin};
use super::notify::NotifySettings;
use super::paths::{Paths, expand_home};
use super::policies::Policies;
use super::problem::{Problem, Severity};
use super::raw::{Binding, RawAccount, RawFile, Setting, Value};
use super::resolved::{
    AccountSettings, AuthChoice, ClientFiles, ControlSettings, FileSettings, IdleSettings, KeySet, LogSettings, MarksChoice,
    MessageSettings, PasswordSource, PicturesChoice, Resolved, Scanner, ServerChoice, Timing, TransportChoice, UiSettings,
};
use super::survey::{self, SettingRow};

/// Where files of others go, and what looks at them.
fn resolve_files(general: &Layers, paths: &Paths) -> FileSettings {
    let path = |name| general.text(Section::Files, name).map(expand_home);
    let command = match general.value(Section::Files, "scan_command") {
        Some(Value::Words(words)) if !words.is_empty() => Some(Scanner::Command(words.clone())),
        _ => None,
    };
    FileSettings {
        named: path("folder"),
        otherwise: paths.data_dir.join("files"),
        scanner: path("clamd").map(Scanner::Clamd).or(command),
    }
}

/// What reading the settings gave.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The settings, unless a problem is an error.
    pub resolved: Option<Resolved>,
    /// Everything that is wrong, in the order of the file.
    pub problems: Vec<Problem>,
    /// Keys as typed, with their places: only the front that knows the actions can check them.
    pub bindings: Vec<Binding>,
    /// Every setting as it is now, and who set it.
    pub rows: Vec<SettingRow>,
    /// Policies that what the command line wants is against.
    pub denied: Vec<Denial>,
}

impl Loaded {
    /// Whether the settings cannot be used.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(|problem| problem.severity == Severity::Error)
    }
}

/// What sources other than the file set. Values were checked where they were read.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// Sign in as this address, whatever accounts the file has.
    pub aor: Option<Address>,
    /// Settings from the environment.
    pub environment: Vec<Setting>,
    /// Settings from the command line.
    pub flags: Vec<Setting>,
    /// The policies in force.
    pub policy: Policy,
}

/// The file at its place, read once: what is named in it is looked up before it is resolved.
#[derive(Debug)]
pub struct FileRead(std::io::Result<(RawFile, Vec<Problem>)>);

impl FileRead {
    /// Reads it.
    #[must_use]
    pub fn at(paths: &Paths) -> Self {
        Self(read(&paths.config).map(|text| RawFile::parse(&text, &paths.config)))
    }

    /// What is in it, if it could be read.
    pub(super) fn raw(&self) -> Option<&RawFile> {
        self.0.as_ref().ok().map(|(raw, _)| raw)
    }

    /// Resolves. A file the user did not name may be absent.
    #[must_use]
    pub fn resolve(self, paths: &Paths, overrides: &Overrides) -> Loaded {
        match self.0 {
            Ok((raw, problems)) => resolve(&raw, Some(&paths.config), problems, paths, overrides),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !paths.config_given => {
                resolve(&RawFile::default(), None, Vec::new(), paths, overrides)
            }
            Err(error) => {
                let problem = whole_file(&paths.config, format!("the file cannot be read: {error}"));
                Loaded { resolved: None, problems: vec![problem], bindings: Vec::new(), rows: Vec::new(), denied: Vec::new() }
            }
        }
    }
}

/// Reads the file at its place and resolves. A file the user did not name may be absent.
#[must_use]
pub fn load(paths: &Paths, overrides: &Overrides) -> Loaded {
    FileRead::at(paths).resolve(paths, overrides)
}

/// Puts the layers together and checks what only shows when they are.
#[must_use]
pub fn resolve(raw: &RawFile, file: Option<&Path>, mut problems: Vec<Problem>, paths: &Paths, over: &Overrides) -> Loaded {
    let policies = Policies::new(&over.policy);
    let mut general = Layers::defaults(Section::GENERAL);
    general.push(Origin::Recommended, policies.layer(Origin::Recommended, |section| section != Section::Account));
    general.push(Origin::File, raw.general.clone());
    general.push(Origin::Environment, of(&over.environment, |section| section != Section::Account));
    general.push(Origin::Flag, of(&over.flags, |section| section != Section::Account));
    general.push(Origin::Managed, policies.layer(Origin::Managed, |section| section != Section::Account));

    let alone;
    let written = match &over.aor {
        Some(aor) => {
            alone = [RawAccount { name: aor.short().to_owned(), place: None, settings: Vec::new() }];
            alone.as_slice()
        }
        None => raw.accounts.as_slice(),
    };
    let timing = resolve_timing(&general);
    let mut rows = survey::rows(&general, &policies, None, |section| section != Section::Account);
    let mut accounts: Vec<AccountSettings> = Vec::new();
    for account in written {
        let mut layers = Layers::defaults(&[Section::Account]);
        layers.push(Origin::Recommended, policies.layer(Origin::Recommended, |section| section == Section::Account));
        layers.push(Origin::File, account.settings.clone());
        layers.push(Origin::Environment, of(&over.environment, |section| section == Section::Account));
        layers.push(Origin::Flag, of(&over.flags, |section| section == Section::Account));
        layers.push(Origin::Managed, policies.layer(Origin::Managed, |section| section == Section::Account));
        rows.extend(survey::rows(&layers, &policies, Some(&account.name), |section| section == Section::Account));
        let domain = over.policy.table().word("DefaultDomain").map(|ruled| ruled.value);
        match resolve_account(account, &layers, &timing, over.aor.clone(), domain) {
            Ok(mut settings) => {
                enforce(&mut settings, &over.policy, file, &mut problems);
                if let Some(earlier) = accounts.iter().find(|earlier| earlier.aor == settings.aor) {
                    problems.push(same_address(account, &earlier.id, file));
                }
                accounts.push(settings);
            }
            // A uri that was wrong has been reported already.
            Err(expected) if !reported(&problems, account, expected) => {
                let set = account.settings.iter().find(|setting| setting.key.name == expected.0);
                let place = set.and_then(|setting| setting.place).or(account.place);
                problems.push(Problem {
                    severity: Severity::Error,
                    file: file.map(Path::to_owned),
                    line: place.map_or(0, |place| place.line),
                    column: place.map_or(0, |place| place.column),
                    key: format!("accounts.{}.{}", account.name, expected.0),
                    expected: expected.1.to_owned(),
                    nearest: None,
                });
            }
            Err(_) => {}
        }
    }
    problems.sort_by_key(|problem| (problem.line, problem.column));
    let resolved = Resolved {
        accounts,
        ui: UiSettings {
            themes: paths.config.parent().map(|folder| folder.join("themes")),
            ..resolve_ui(&general, &raw.bindings)
        },
        notify: NotifySettings::resolve(&general),
        idle: IdleSettings {
            idle_after: seconds(&general, Section::Idle, "idle_after"),
            away_after: seconds(&general, Section::Idle, "away_after"),
            lock_after: seconds(&general, Section::Idle, "lock_after"),
            multiplexer: general.flag(Section::Idle, "multiplexer"),
        },
        messages: MessageSettings {
            drafts_offline: general.text(Section::Messages, "offline") == Some("draft"),
            queue_for: seconds(&general, Section::Messages, "queue_for"),
            strangers: general.text(Section::Messages, "strangers").and_then(Strangers::from_word).unwrap_or_default(),
        },
        keep: match general.value(Section::History, "keep") {
            Some(Value::Number(days)) => Retention::Days(u32::try_from(*days).unwrap_or(u32::MAX)),
            Some(Value::Text(text)) if text == "off" => Retention::Off,
            _ => Retention::Forever,
        },
        keyring: general.text(Section::Store, "key") == Some("keyring"),
        unlock_command: match general.value(Section::Store, "unlock_command") {
            Some(Value::Words(words)) => words.clone(),
            _ => Vec::new(),
        },
        files: resolve_files(&general, paths),
        control: ControlSettings { socket: general.flag(Section::Control, "socket") },
        log: LogSettings {
            level: general.text(Section::Log, "level").unwrap_or("warn").to_owned(),
            keep: usize::try_from(general.number(Section::Log, "keep")).unwrap_or(1),
            wire: general.flag(Section::Log, "wire"),
        },
        data_dir: paths.data_dir.clone(),
        state_dir: paths.state_dir.clone(),
        config_file: file.map(Path::to_owned),
        policy: over.policy.clone(),
        policy_dir: None,
        policy_files: Vec::new(),
    };
    let denied = policies.against(&over.flags);
    let mut loaded = Loaded { resolved: None, problems, bindings: raw.bindings.clone(), rows, denied };
    if !loaded.has_errors() {
        loaded.resolved = Some(resolved);
    }
    loaded
}

/// Two accounts have one address, by which goes what is kept of messages.
fn same_address(account: &RawAccount, earlier: &AccountId, file: Option<&Path>) -> Problem {
    Problem {
        severity: Severity::Error,
        file: file.map(Path::to_owned),
        line: account.place.map_or(0, |place| place.line),
        column: account.place.map_or(0, |place| place.column),
        key: format!("accounts.{}.uri", account.name),
        expected: format!("account {earlier} has this address already; take one of the two out"),
        nearest: None,
    }
}

/// Host and port of `host`, `host:port`, `[2001:db8::1]:port` or a bare IPv6 address.
#[must_use]
pub fn parse_server(text: &str) -> Option<(String, Option<u16>)> {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
            (host, Some(port.parse::<u16>().ok().filter(|p| *p > 0)?))
        }
        _ => (text, None),
    };
    let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    let fine = if bare.contains(':') {
        bare.parse::<std::net::Ipv6Addr>().is_ok()
    } else {
        bare == host
            && (1..=253).contains(&host.len())
            && host.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '.' | '_'))
    };
    fine.then(|| (bare.to_owned(), port))
}

/// The value as its kind wants it; `None` if it is not of that kind.
pub(super) fn check(kind: Kind, value: Value) -> Option<Value> {
    let fine = match (kind, &value) {
        (Kind::Text | Kind::Texts, Value::Text(text)) => !text.chars().any(char::is_control),
        // A bare name may get its domain from policy.
        (Kind::Address, Value::Text(text)) => Address::complete(text, Some("invalid")).is_ok(),
        (Kind::HostPort, Value::Text(text)) => parse_server(text).is_some(),
        (Kind::Path, Value::Text(text)) => !text.is_empty() && !text.contains('\0'),
        (Kind::Pins, Value::Text(text)) => Pin::parse(text).is_some(),
        (Kind::Pins, Value::Words(texts)) => !texts.is_empty() && texts.iter().all(|text| Pin::parse(text).is_some()),
        (Kind::SipUri, Value::Text(text)) => begins(text, &["sip:", "sips:"]),
        (Kind::HttpUri, Value::Text(text)) => begins(text, &["http://", "https://"]),
        (Kind::Words, Value::Words(words)) => words.first().is_some_and(|program| !program.is_empty()),
        (Kind::Choice(words) | Kind::Choices(words), Value::Text(text)) => words.contains(&text.as_str()),
        (Kind::Choices(words), Value::Words(texts)) => texts.iter().all(|text| words.contains(&text.as_str())),
        (Kind::Texts, Value::Words(texts)) => !texts.iter().any(|text| text.chars().any(char::is_control)),
        (Kind::Hours, Value::Text(text)) => QuietHours::parse([text.as_str()]).is_some(),
        (Kind::Hours, Value::Words(texts)) => QuietHours::parse(texts.iter().map(String::as_str)).is_some(),
        (Kind::Flag, Value::Flag(_)) => true,
        (Kind::Days { max }, Value::Number(days)) => (1..=max).contains(days),
        (Kind::Days { .. }, Value::Text(text)) => matches!(text.as_str(), "forever" | "off"),
        (Kind::Count { min, max } | Kind::Seconds { min, max }, Value::Number(number)) => (min..=max).contains(number),
        (Kind::Seconds { .. }, Value::Text(text)) => return check(kind, Value::Number(parse_seconds(text)?)),
        _ => false,
    };
    fine.then_some(value)
}

fn begins(text: &str, schemes: &[&str]) -> bool {
    let rest = schemes
        .iter()
        .find_map(|scheme| text.get(..scheme.len()).filter(|t| t.eq_ignore_ascii_case(scheme)).and(text.get(scheme.len()..)));
    rest.is_some_and(|rest| {
        !rest.is_empty() && !rest.chars().any(|c| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>' | '"'))
    })
}

fn parse_seconds(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match text.get(digits.len()..)?.trim() {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return None,
    };
    digits.trim().parse::<u64>().ok()?.checked_mul(factor)
}

fn of(settings: &[Setting], wanted: impl Fn(Section) -> bool) -> Vec<Setting> {
    settings.iter().filter(|setting| wanted(setting.key.section)).cloned().collect()
}

fn seconds(layers: &Layers, section: Section, name: &str) -> Duration {
    Duration::from_secs(layers.number(section, name))
}

fn resolve_ui(general: &Layers, bindings: &[Binding]) -> UiSettings {
    UiSettings {
        mouse: general.flag(Section::Ui, "mouse"),
        plain: general.text(Section::Ui, "mode") == Some("plain"),
        theme: general.text(Section::Ui, "theme").unwrap_or("terminal").to_owned(),
        themes: None,
        no_color: general.text(Section::Ui, "color") == Some("never"),
        always_color: general.text(Section::Ui, "color") == Some("always"),
        marks: match general.text(Section::Ui, "marks") {
            Some("unicode") => MarksChoice::Unicode,
            Some("console") => MarksChoice::Console,
            Some("ascii") => MarksChoice::Ascii,
            _ => MarksChoice::Auto,
        },
        wide: general.text(Section::Ui, "ambiguous") == Some("wide"),
        hyperlinks: match general.text(Section::Ui, "hyperlinks") {
            Some("on") => Some(true),
            Some("off") => Some(false),
            _ => None,
        },
        ask_links: general.text(Section::Ui, "ask_links") != Some("odd"),
        pictures: match general.text(Section::Ui, "pictures") {
            Some("kitty") => PicturesChoice::Kitty,
            Some("iterm") => PicturesChoice::Iterm,
            Some("sixel") => PicturesChoice::Sixel,
            Some("blocks") => PicturesChoice::Blocks,
            Some("off") => PicturesChoice::Off,
            _ => PicturesChoice::Auto,
        },
        plain_marks: general.flag(Section::Ui, "plain_marks"),
        bell: general.flag(Section::Ui, "bell"),
        hide_offline: general.flag(Section::Ui, "hide_offline"),
        accounts_apart: general.text(Section::Ui, "accounts") == Some("apart"),
        paste_lines: usize::try_from(general.number(Section::Ui, "paste_lines")).unwrap_or(usize::MAX),
        key_set: match general.text(Section::Ui, "keys") {
            Some("vim") => KeySet::Vim,
            Some("emacs") => KeySet::Emacs,
            _ => KeySet::Plain,
        },
        keys: bindings.to_vec(),
    }
}

/// Key and sentence of what keeps an account from being complete.
type Missing = (&'static str, &'static str);

impl Default for UiSettings {
    fn default() -> Self {
        resolve_ui(&Layers::defaults(&[Section::Ui]), &[])
    }
}

impl Default for Timing {
    fn default() -> Self {
        resolve_timing(&Layers::defaults(&[Section::Timing]))
    }
}

fn resolve_timing(general: &Layers) -> Timing {
    let seconds = |name| seconds(general, Section::Timing, name);
    Timing {
        ping_interval: seconds("ping_interval"),
        datagram_ping_interval: seconds("datagram_ping_interval"),
        attended_ping_interval: seconds("attended_ping_interval"),
        pong_wait: seconds("pong_wait"),
        attended_pong_wait: seconds("attended_pong_wait"),
        attended_for: seconds("attended_for"),
        request_wait: seconds("request_wait"),
        attended_request_wait: seconds("attended_request_wait"),
        probe_wait: seconds("probe_wait"),
        tcp_user_timeout: seconds("tcp_user_timeout"),
        watch_network: general.flag(Section::Timing, "watch_network"),
        look_interval: seconds("look_interval"),
        dns_answer_wait: seconds("dns_answer_wait"),
        dns_wait: seconds("dns_wait"),
        connect_wait: seconds("connect_wait"),
        handshake_wait: seconds("handshake_wait"),
        open_wait: seconds("open_wait"),
    }
}

fn resolve_account(
    account: &RawAccount,
    layers: &Layers,
    timing: &Timing,
    aor: Option<Address>,
    domain: Option<&str>,
) -> Result<AccountSettings, Missing> {
    let text = |name| layers.text(Section::Account, name);
    let owned = |name| text(name).map(str::to_owned);
    let small = |name| u32::try_from(layers.number(Section::Account, name)).unwrap_or(u32::MAX);
    let aor = aor
        .or_else(|| Address::complete(text("uri")?, domain).ok())
        .ok_or(("uri", "an account needs its address, such as uri = \"sip:alice@example.test\""))?;
    let password = resolve_password(account, layers)?;
    let client = resolve_client(text("client_cert"), text("client_key"))?;
    let pins = resolve_pins(layers);
    if !pins.is_empty() && matches!(text("transport"), Some("tcp" | "udp")) {
        return Err(("pin", "a pinned key needs TLS: take pin away, or set transport to \"tls\""));
    }
    // Automatic configuration goes before what was entered by hand.
    let unused_server = text("server").filter(|named| *named != "auto" && layers.flag(Section::Account, "automatic"));
    let server = match text("server").filter(|_| unused_server.is_none()) {
        None | Some("auto") => ServerChoice::Automatic,
        Some(server) => match parse_server(server) {
            Some((host, port)) => ServerChoice::Manual { host, port },
            None => ServerChoice::Automatic,
        },
    };
    Ok(AccountSettings {
        id: AccountId::new(&account.name),
        display_name: owned("display_name").unwrap_or_default(),
        user: owned("user").filter(|user| !user.is_empty()).unwrap_or_else(|| aor.user().to_owned()),
        password,
        server,
        unused_server: unused_server.map(str::to_owned),
        strict_server_names: layers.flag(Section::Account, "strict_server_names"),
        transport: match text("transport") {
            Some("tls") => TransportChoice::Tls,
            Some("tcp") => TransportChoice::Tcp,
            Some("udp") => TransportChoice::Udp,
            _ => TransportChoice::Auto,
        },
        allow_clear_text: layers.flag(Section::Account, "allow_clear_text"),
        ca_file: text("ca_file").map(expand_home),
        system_roots: true,
        pins,
        client,
        dns: owned("dns"),
        dialect: match text("dialect") {
            Some("lcs") => Some(Dialect::Lcs),
            Some("simple") => Some(Dialect::Simple),
            _ => None,
        },
        auth: match text("auth") {
            Some("ntlm") => AuthChoice::Ntlm,
            Some("kerberos") => AuthChoice::Kerberos,
            Some("digest") => AuthChoice::Digest,
            _ => AuthChoice::Auto,
        },
        list_uri: owned("list_uri"),
        adhoc_list_uri: owned("adhoc_list_uri"),
        xcap_root: owned("xcap_root"),
        registration_expires: small("registration_expires"),
        presence_expires: small("presence_expires"),
        subscribe_rate: small("subscribe_rate"),
        timing: *timing,
        return_after: seconds(layers, Section::Account, "return_after"),
        refuse_md5: layers.flag(Section::Account, "refuse_md5"),
        auto_sign_in: layers.flag(Section::Account, "auto_sign_in"),
        auth_ways: Vec::new(),
        ntlm_domain: None,
        rules: TransportRules::default(),
        invitations: InvitationRules::default(),
        barred: None,
        aor,
    })
}

/// Certificate and key go together.
fn resolve_client(cert: Option<&str>, key: Option<&str>) -> Result<Option<ClientFiles>, Missing> {
    match (cert, key) {
        (None, None) => Ok(None),
        (Some(cert), Some(key)) => Ok(Some(ClientFiles { cert: expand_home(cert), key: expand_home(key) })),
        (Some(_), None) => Err(("client_key", "client_cert needs its private key too: set client_key")),
        (None, Some(_)) => Err(("client_cert", "client_key needs its certificate too: set client_cert")),
    }
}

fn resolve_pins(layers: &Layers) -> Vec<Pin> {
    match layers.value(Section::Account, "pin") {
        Some(Value::Text(text)) => Pin::parse(text).into_iter().collect(),
        Some(Value::Words(texts)) => texts.iter().filter_map(|text| Pin::parse(text)).collect(),
        _ => Vec::new(),
    }
}

fn resolve_password(account: &RawAccount, layers: &Layers) -> Result<PasswordSource, Missing> {
    let says = |setting: &&Setting| setting.key.name.starts_with("password.") && setting.value != Value::Flag(false);
    if account.settings.iter().filter(says).count() > 1 {
        return Err(("password", "only one of command, file, env and keyring can be given"));
    }
    if let Some(Value::Words(command)) = layers.value(Section::Account, "password.command") {
        return Ok(PasswordSource::Command(command.clone()));
    }
    if let Some(file) = layers.text(Section::Account, "password.file") {
        return Ok(PasswordSource::File(expand_home(file)));
    }
    if layers.flag(Section::Account, "password.keyring") {
        return Ok(PasswordSource::Keyring);
    }
    Ok(layers.text(Section::Account, "password.env").map_or(PasswordSource::Ask, |name| PasswordSource::Env(name.to_owned())))
}

fn reported(problems: &[Problem], account: &RawAccount, missing: Missing) -> bool {
    let key = format!("accounts.{}.{}", account.name, missing.0);
    problems.iter().any(|problem| problem.severity == Severity::Error && problem.key == key)
}

fn whole_file(file: &Path, expected: String) -> Problem {
    let file: Option<PathBuf> = Some(file.to_owned());
    Problem { severity: Severity::Error, file, line: 0, column: 0, key: String::new(), expected, nearest: None }
}

/// A configuration of a thousand accounts is smaller.
const MAX_FILE: u64 = 1 << 20;

fn read(file: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    let taken = std::fs::File::open(file)?.take(MAX_FILE + 1).read_to_string(&mut text)?;
    if taken as u64 > MAX_FILE {
        return Err(std::io::Error::other("it is larger than 1 MiB"));
    }
    Ok(text)
}
