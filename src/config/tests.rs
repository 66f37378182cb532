//! Whole files in, settings or problems out.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use super::keys::{KNOWN, Preset, Section};
use super::*;
use crate::model::Address;

fn paths() -> Paths {
    Paths { config: "config.toml".into(), config_given: true, data_dir: "data".into(), state_dir: "state".into() }
}

fn read(text: &str) -> Loaded {
    read_with(text, &Overrides::default())
}

fn read_with(text: &str, overrides: &Overrides) -> Loaded {
    let file = Path::new("config.toml");
    let (raw, problems) = RawFile::parse(text, file);
    resolve(&raw, Some(file), problems, &paths(), overrides)
}

/// The example with the `#` of every setting taken away.
fn uncommented(example: &str) -> String {
    let is_setting = |line: &str| line.starts_with('#') && !line.starts_with("# ");
    example
        .lines()
        .map(|line| if is_setting(line) { &line[1..] } else { line })
        .fold(String::new(), |all, line| all + line + "\n")
}

#[test]
fn example_file_is_current() {
    let file = include_str!("../../config.example.toml");
    assert_eq!(file, example(), "write it anew: chinwag config init --print > config.example.toml");
}

#[test]
fn example_as_it_stands_sets_nothing() {
    let (raw, problems) = RawFile::parse(&example(), Path::new("example"));
    assert_eq!((raw, problems), (RawFile::default(), vec![]));
}

#[test]
fn example_has_every_key_with_its_default() {
    let (raw, problems) = RawFile::parse(&uncommented(&example()), Path::new("example"));
    assert_eq!(problems, []);
    assert_eq!(raw.bindings.len(), 2);
    assert_eq!(raw.accounts.len(), 1);
    let settings: Vec<_> = raw.accounts[0].settings.iter().chain(&raw.general).collect();
    assert_eq!(settings.len(), KNOWN.len());
    for key in KNOWN {
        let setting = settings.iter().find(|setting| setting.key == key).unwrap_or_else(|| panic!("{} is missing", key.name));
        if !matches!(key.preset, Preset::Unset(_)) {
            assert_eq!(Some(&setting.value), key.preset.value().as_ref(), "{}", key.name);
        }
    }
}

#[test]
fn every_default_is_of_its_kind() {
    for key in KNOWN {
        if let Some(value) = key.preset.value() {
            assert_eq!(resolve::check(key.kind, value.clone()), Some(value), "{}", key.name);
        }
    }
}

#[test]
fn smallest_file() {
    let loaded = read("[accounts.work]\nuri = \"alice@example.test\"\n");
    assert_eq!(loaded.problems, []);
    let account = &loaded.resolved.unwrap().accounts[0];
    assert_eq!((account.id.as_str(), account.aor.as_str(), account.user.as_str()), ("work", "sip:alice@example.test", "alice"));
    assert_eq!((account.server.clone(), account.transport), (ServerChoice::Automatic, TransportChoice::Auto));
    assert!(matches!(account.password, PasswordSource::Ask));
    assert_eq!((account.timing.ping_interval, account.timing.pong_wait), (Duration::from_mins(1), Duration::from_secs(10)));
    assert!(account.auto_sign_in && !account.refuse_md5 && !account.allow_clear_text && account.dialect.is_none());
}

#[test]
fn a_password_has_one_source_and_a_keyring_that_is_off_is_none() {
    let source = |line: &str| {
        let loaded = read(&format!("[accounts.work]\nuri = \"alice@example.test\"\n{line}\n"));
        loaded.resolved.map(|resolved| resolved.accounts[0].password.clone()).ok_or(loaded.problems)
    };
    assert_eq!(source("password.keyring = true").unwrap(), PasswordSource::Keyring);
    assert_eq!(source("password.keyring = false").unwrap(), PasswordSource::Ask);
    let env = PasswordSource::Env("A".to_owned());
    assert_eq!(source("password = { keyring = false, env = \"A\" }").unwrap(), env);
    let problems = source("password = { keyring = true, env = \"A\" }").unwrap_err();
    assert!(problems[0].expected.contains("only one of command, file, env and keyring"), "{problems:?}");
}

#[test]
fn times_are_in_one_table_and_hold_for_every_account() {
    let accounts = "[accounts.a]\nuri = \"a@x.test\"\n[accounts.b]\nuri = \"b@x.test\"\n";
    let loaded = read(&format!("{accounts}[timing]\nattended_ping_interval = 7\nopen_wait = \"2m\"\nwatch_network = false\n"));
    assert_eq!(loaded.problems, []);
    for account in loaded.resolved.unwrap().accounts {
        assert_eq!(account.timing.attended_ping_interval, Duration::from_secs(7));
        assert_eq!(account.timing.open_wait, Duration::from_mins(2));
        assert!(!account.timing.watch_network);
    }
    for (line, expected) in [("ping_interval = 1", "seconds from 5 to 3600"), ("tcp_user_timeout = 0", "seconds from 3 to 3600")]
    {
        let loaded = read(&format!("{accounts}[timing]\n{line}\n"));
        assert!(loaded.problems[0].expected.contains(expected), "{:?}", loaded.problems);
    }
}

/// The times by default: while somebody is at the keyboard silence is noticed within 15 seconds, by
/// pongs or by the system.
#[test]
fn the_defaults_notice_silence_in_time() {
    let loaded = read("[accounts.work]\nuri = \"alice@example.test\"\n");
    let timing = loaded.resolved.unwrap().accounts[0].timing;
    let quiet = timing.attended_ping_interval;
    assert!(quiet + timing.attended_pong_wait < Duration::from_secs(15));
    // The system counts from the first retransmission.
    assert!(quiet + timing.tcp_user_timeout + Duration::from_secs(1) < Duration::from_secs(15));
    assert!(timing.tcp_user_timeout < timing.pong_wait);
}

#[test]
fn automatic_configuration_goes_before_a_server_named_by_hand() {
    let of = |more: &str| {
        let text = format!("[accounts.work]\nuri = \"alice@example.test\"\n{more}");
        let loaded = read(&text);
        assert_eq!(loaded.problems, []);
        let account = loaded.resolved.unwrap().accounts.remove(0);
        (account.server, account.unused_server)
    };
    let named = ServerChoice::Manual { host: "sip.corp.test".into(), port: Some(5071) };
    assert_eq!(of("server = \"sip.corp.test:5071\"\n"), (named.clone(), None));
    assert_eq!(of("server = \"sip.corp.test:5071\"\nautomatic = false\n"), (named, None));
    let unused = Some("sip.corp.test:5071".to_owned());
    assert_eq!(of("server = \"sip.corp.test:5071\"\nautomatic = true\n"), (ServerChoice::Automatic, unused));
    assert_eq!(of("server = \"auto\"\nautomatic = true\n"), (ServerChoice::Automatic, None));
    assert_eq!(of("automatic = true\n"), (ServerChoice::Automatic, None));
}

#[test]
fn accounts_keep_the_order_of_the_file() {
    let loaded = read("[accounts.z]\nuri = \"z@x.test\"\n[accounts.a]\nuri = \"a@x.test\"\n");
    let names: Vec<_> = loaded.resolved.unwrap().accounts.iter().map(|account| account.id.to_string()).collect();
    assert_eq!(names, ["z", "a"]);
}

/// What is kept of messages goes by the address: of two accounts with one address neither would have its own.
#[test]
fn an_address_has_one_account() {
    let text = "[accounts.z]\nuri = \"sip:z@x.test\"\n[accounts.a]\ndisplay_name = \"A\"\nuri = \"Z@X.test\"\n";
    let told = |text: &str| read(text).problems.iter().map(ToString::to_string).collect::<Vec<_>>();
    let expected = "config.toml:3:11: error: accounts.a.uri: account z has this address already; take one of the two out";
    assert_eq!(told(&text.replace("Z@X", "z@X")), [expected]);
    assert_eq!(told(&text.replace("Z@X", "y@x")), [""; 0]);
    let over = Overrides { aor: Some(Address::parse("sip:z@x.test").unwrap()), ..Overrides::default() };
    assert_eq!(read_with(&text.replace("Z@X", "z@X"), &over).problems, [], "the command line takes neither");
}

#[test]
fn flags_over_environment_over_file_over_defaults() {
    let setting = |section, name, text: &str| Setting {
        key: keys::known(section, name).unwrap(),
        value: Value::Text(text.into()),
        place: None,
    };
    let text = "[accounts.work]\nuri = \"a@x.test\"\ntransport = \"tls\"\n[ui]\ncolor = \"always\"\n[log]\nlevel = \"info\"\n";
    let overrides = Overrides {
        policy: crate::policy::Policy::default(),
        aor: None,
        environment: vec![setting(Section::Ui, "color", "never"), setting(Section::Log, "level", "warn")],
        flags: vec![setting(Section::Account, "transport", "udp"), setting(Section::Log, "level", "debug")],
    };
    let resolved = read_with(text, &overrides).resolved.unwrap();
    assert_eq!(resolved.accounts[0].transport, TransportChoice::Udp);
    assert!(resolved.ui.no_color);
    assert_eq!(resolved.log.level, "debug");
    assert_eq!(resolved.idle.idle_after, Duration::from_mins(5));
    assert_eq!(resolved.messages.queue_for, Duration::from_hours(24));
    assert!(!resolved.messages.drafts_offline);
}

#[test]
fn address_on_the_command_line_replaces_the_accounts() {
    let overrides = Overrides { aor: Some(Address::parse("bob@y.test").unwrap()), ..Overrides::default() };
    let resolved = read_with("[accounts.work]\nuri = \"a@x.test\"\n[ui]\nbell = false\n", &overrides).resolved.unwrap();
    let names: Vec<_> = resolved.accounts.iter().map(|account| account.id.as_str()).collect();
    assert_eq!(names, ["bob@y.test"]);
    assert!(!resolved.ui.bell);
}

#[test]
fn times_with_units() {
    let resolved = read("[messages]\noffline = \"draft\"\nqueue_for = \"2h\"\n").resolved.unwrap();
    assert!(resolved.messages.drafts_offline && resolved.messages.queue_for == Duration::from_hours(2));
    let resolved = read("[idle]\nidle_after = \"2m\"\naway_after = \"1h\"\n").resolved.unwrap();
    assert_eq!((resolved.idle.idle_after.as_secs(), resolved.idle.away_after.as_secs()), (120, 3600));
}

#[test]
fn servers() {
    for (text, wanted) in [
        ("sip.example.test", Some(("sip.example.test", None))),
        ("127.0.0.1:5061", Some(("127.0.0.1", Some(5061)))),
        ("[::1]:5061", Some(("::1", Some(5061)))),
        ("::1", Some(("::1", None))),
        ("host:0", None),
        ("host:70000", None),
        ("host:", None),
        (":5060", None),
        ("a b", None),
        ("", None),
        ("[host]", None),
    ] {
        let wanted = wanted.map(|(host, port): (&str, _)| (host.to_owned(), port));
        assert_eq!(parse_server(text), wanted, "{text}");
    }
}

#[test]
fn passwords_never_stand_in_the_file_nor_in_a_problem() {
    let loaded = read("[accounts.work]\nuri = \"a@x.test\"\npassword = \"hunter2\"\n");
    assert!(loaded.resolved.is_none());
    assert!(loaded.problems[0].expected.contains("password.command"));
    assert!(!format!("{:?}", loaded.problems).contains("hunter2"));
}

#[test]
fn a_file_that_was_named_must_exist() {
    let mut paths = Paths { config: "does/not/exist.toml".into(), ..paths() };
    assert!(load(&paths, &Overrides::default()).has_errors());
    paths.config_given = false;
    let loaded = load(&paths, &Overrides::default());
    assert_eq!(loaded.problems, []);
    assert!(loaded.resolved.unwrap().accounts.is_empty());
}

/// Every file under `tests/fixtures/configs/valid` is read without a problem.
#[test]
fn valid_files() {
    for (name, text) in fixtures("valid") {
        let loaded = read(&text);
        assert_eq!(loaded.problems, [], "{name}");
        assert!(loaded.resolved.is_some(), "{name}");
    }
}

/// What is said about every file under `tests/fixtures/configs/invalid`.
#[test]
fn invalid_files() {
    let mut said = String::new();
    for (name, text) in fixtures("invalid") {
        let loaded = read(&text);
        assert!(!loaded.problems.is_empty(), "{name}");
        assert_eq!(loaded.resolved.is_none(), loaded.has_errors(), "{name}");
        writeln!(said, "== {name}").unwrap();
        for problem in &loaded.problems {
            writeln!(said, "{problem}").unwrap();
        }
    }
    insta::assert_snapshot!(said);
}

fn fixtures(kind: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/configs").join(kind);
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            (entry.file_name().into_string().unwrap(), std::fs::read_to_string(entry.path()).unwrap())
        })
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files
}
