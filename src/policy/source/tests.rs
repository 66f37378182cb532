//! Golden files of every form, and what becomes of broken ones.

use base64::Engine as _;

use std::path::Path;

use super::*;
use crate::policy::entry::{Level, Name, Origin, Rank, Read, Scope, Typed};
use crate::policy::value::Value;

const RANK: Rank = Rank { level: Level::Managed, scope: Scope::Machine };

/// Name, value, place of every entry, a line each.
fn told(read: &Read) -> Vec<String> {
    let line = |entry: &crate::policy::Entry| {
        let name = match &entry.name {
            Name::Own(name) => name.clone(),
            Name::Legacy { value, service } => format!("old {value} {}", service.as_deref().unwrap_or("-")),
            Name::Server(name) => format!("server {name}"),
        };
        let value = match &entry.typed {
            Typed::Value(value) => value.toml(),
            Typed::Other(what) => (*what).to_owned(),
        };
        format!("{name} = {value} ({} {}, {})", entry.rank.level.word(), entry.rank.scope.word(), entry.origin)
    };
    let fault =
        |fault: &crate::policy::Fault| format!("! {}: {}{}", fault.origin, fault.what, if fault.whole { " (whole)" } else { "" });
    read.entries.iter().map(line).chain(read.faults.iter().map(fault)).collect()
}

fn of(form: Form, bytes: &[u8]) -> Vec<String> {
    let name = match form {
        Form::Toml => "a.toml",
        Form::Json => "a.json",
        Form::Pol => "Registry.pol",
        Form::Reg => "a.reg",
    };
    told(&super::read(form, bytes, Path::new(name), RANK))
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// One instruction of a `Registry.pol`.
fn instruction(key: &str, name: &str, kind: u32, data: &[u8]) -> Vec<u8> {
    let mut out = wide("[");
    out.extend(wide(&format!("{key}\0;{name}\0;")));
    out.extend(kind.to_le_bytes());
    out.extend(wide(";"));
    out.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
    out.extend(wide(";"));
    out.extend(data);
    out.extend(wide("]"));
    out
}

fn pol(instructions: &[Vec<u8>]) -> Vec<u8> {
    let mut out = b"PReg\x01\0\0\0".to_vec();
    out.extend(instructions.concat());
    out
}

const OURS: &str = r"Software\Policies\Chinwag";

#[test]
fn toml_has_a_line_a_policy() {
    let text = "# ours\nPreventRun = true\n\nTransport = \"tls\"\nBlockedDomains = [\n  \"a.test\",\n]\nIdleAfter = 600\nIMWarning = 1.5\n[Table]\nx = 1\n";
    assert_eq!(
        of(Form::Toml, text.as_bytes()),
        [
            "PreventRun = true (managed machine, a.toml:2)",
            "Transport = \"tls\" (managed machine, a.toml:4)",
            "BlockedDomains = [\"a.test\"] (managed machine, a.toml:5)",
            "IdleAfter = 600 (managed machine, a.toml:8)",
            "IMWarning = a fraction (managed machine, a.toml:9)",
            "Table = a table (managed machine, a.toml:10)",
        ]
    );
}

#[test]
fn json_has_a_member_a_policy() {
    let text = "{\n  \"PreventRun\": true,\n  \"Blocked\\\"Domains\": [\"{,\\\"\", \"b\"], \"IdleAfter\": 600,\n  \"X\": {\"Y\":\n 1},\n\"PreventRun\": false}";
    assert_eq!(
        of(Form::Json, text.as_bytes()),
        [
            "PreventRun = true (managed machine, a.json:2)",
            "Blocked\"Domains = [\"{,\\\"\", \"b\"] (managed machine, a.json:3)",
            "IdleAfter = 600 (managed machine, a.json:3)",
            "X = an object (managed machine, a.json:4)",
            "PreventRun = false (managed machine, a.json:6)",
            "! a.json:6: PreventRun stands here twice; the last one counts",
        ]
    );
}

#[test]
fn broken_text_says_where() {
    assert_eq!(
        of(Form::Toml, b"A = true\nB = \n"),
        ["! a.toml:2: string values must be quoted, expected literal string (whole)"]
    );
    assert_eq!(of(Form::Json, b"{\n\"A\": true,\n}"), ["! a.json:3: trailing comma (whole)"]);
    assert_eq!(
        of(Form::Json, b"[]"),
        ["! a.json:1: invalid type: sequence, expected an object with a member for each policy (whole)"]
    );
    assert_eq!(of(Form::Toml, b"A = \"\xff\""), ["! a.toml: octet 6 is not part of UTF-8 text (whole)"]);
    assert_eq!(of(Form::Json, b""), ["! a.json:1: EOF while parsing a value (whole)"]);
    assert_eq!(of(Form::Toml, &[0xff, 0xfe, 0x41]), ["! a.toml: the text is cut off in the middle of a character (whole)"]);
    let large = vec![b' '; LARGEST + 1];
    assert!(of(Form::Json, &large)[0].contains("larger than"));
}

/// Written by Samba (`samba.dcerpc.preg`): a number that holds a bracket, a text that does, deletions, a list.
const SAMBA: &str = "UFJlZwEAAABbAFMAXABQAFwAWAAAADsAUAByAGUAdgBlAG4AdABSAHUAbgAAADsABAAAADsABAAAADsAAABdAF0AWwBTAFwAUABcAFgAAAA7AFMAcgB2AAAAOwABAAAAOwAKAAAAOwBhADsAYgBdAAAAXQBbAFMAXABQAFwAWAAAADsAKgAqAGQAZQBsAC4ATwBsAGQAAAA7AAEAAAA7AAQAAAA7ACAAAABdAFsAUwBcAFAAXABYAFwATAAAADsAKgAqAGQAZQBsAHYAYQBsAHMALgAAADsAAQAAADsABAAAADsAIAAAAF0AWwBTAFwAUABcAFgAXABMAAAAOwAxAAAAOwABAAAAOwAIAAAAOwBlAHgAZQAAAF0AWwBTAFwAUABcAFgAAAA7AE0AAAA7AAcAAAA7AAoAAAA7AGEAAABiAAAAAABdAA==";

#[test]
fn what_samba_writes_is_read_by_its_sizes() {
    let bytes = base64::engine::general_purpose::STANDARD.decode(SAMBA).unwrap();
    // About other programs: read to the end without a fault, and nothing of it kept.
    assert_eq!(of(Form::Pol, &bytes), [""; 0]);
    // The same instructions about us.
    let mut ours = b"PReg\x01\0\0\0".to_vec();
    ours.extend(instruction(OURS, "PreventRun", 4, &[0, 0, 0x5d, 0]));
    ours.extend(instruction(OURS, "IMWarning", 1, &wide("a;b]\0")));
    ours.extend(instruction(OURS, "**del.Old", 1, &wide(" \0")));
    ours.extend(instruction(&format!("{OURS}\\BlockedDomains"), "**delvals.", 1, &wide(" \0")));
    ours.extend(instruction(&format!("{OURS}\\BlockedDomains"), "1", 1, &wide("exe.test\0")));
    ours.extend(instruction(OURS, "AllowedDomains", 7, &wide("a\0b\0\0")));
    assert_eq!(
        of(Form::Pol, &ours),
        [
            "AllowedDomains = [\"a\", \"b\"] (managed machine, Registry.pol#6)",
            "IMWarning = \"a;b]\" (managed machine, Registry.pol#2)",
            "PreventRun = 6094848 (managed machine, Registry.pol#1)",
            "BlockedDomains = [\"exe.test\"] (managed machine, Registry.pol#5)",
        ]
    );
}

#[test]
fn instructions_are_carried_out_in_order() {
    let one = 1_u32.to_le_bytes();
    let list = format!("{OURS}\\BlockedDomains");
    let text = |text: &str| wide(&format!("{text}\0"));
    let file = pol(&[
        instruction(OURS, "A", 4, &one),
        instruction(OURS, "B", 4, &one),
        instruction(OURS, "C", 4, &one),
        instruction(OURS, "**DeleteValues", 1, &text("a;C")),
        instruction(OURS, "**soft.B", 4, &[0; 4]),
        instruction(OURS, "**soft.D", 4, &[0; 4]),
        instruction(&list, "1", 1, &text("x.test")),
        instruction(OURS, "**DeleteKeys", 1, &text("BlockedDomains")),
        instruction(&list, "10", 1, &text("z.test")),
        instruction(&list, "9", 1, &text("y.test")),
        instruction(OURS, "**SecureKey", 4, &one),
        instruction(&format!("{OURS}\\Recommended"), "Transport", 1, &text("tls")),
        instruction(r"SOFTWARE\policies\microsoft\messenger\CLIENT", "PreventRun", 4, &one),
        instruction(
            r"Software\Policies\Microsoft\Messenger\Client\{83D4679F-B6D7-11D2-BF36-00C04FB90A03}",
            "DisableVideo",
            4,
            &one,
        ),
        instruction(r"Software\Policies\Other", "PreventRun", 4, &one),
        instruction(OURS, "Empty", 0, &[]),
        instruction(OURS, "", 0, &[]),
        instruction(OURS, "Path", 2, &text("%TEMP%\\x")),
    ]);
    assert_eq!(
        of(Form::Pol, &file),
        [
            "B = 1 (managed machine, Registry.pol#2)",
            "D = 0 (managed machine, Registry.pol#6)",
            "Empty = binary data (managed machine, Registry.pol#16)",
            "Path = a text with variables (managed machine, Registry.pol#18)",
            "Transport = \"tls\" (recommended machine, Registry.pol#12)",
            "old PreventRun - (managed machine, Registry.pol#13)",
            "old DisableVideo {83D4679F-B6D7-11D2-BF36-00C04FB90A03} = 1 (managed machine, Registry.pol#14)",
            "BlockedDomains = [\"y.test\", \"z.test\"] (managed machine, Registry.pol#10)",
        ]
        .map(|line| line.replace("PreventRun - (", "PreventRun - = 1 ("))
    );
}

#[test]
fn a_managed_list_and_a_recommended_one_of_the_same_policy_are_two() {
    let text = |text: &str| wide(&format!("{text}\0"));
    let file = pol(&[
        instruction(&format!("{OURS}\\AllowedUrlSchemes"), "1", 1, &text("https")),
        instruction(&format!("{OURS}\\Recommended\\AllowedUrlSchemes"), "1", 1, &text("sip")),
        instruction(&format!("{OURS}\\Recommended\\AllowedUrlSchemes"), "2", 1, &text("tel")),
    ]);
    assert_eq!(
        of(Form::Pol, &file),
        [
            "AllowedUrlSchemes = [\"sip\", \"tel\"] (recommended machine, Registry.pol#2)",
            "AllowedUrlSchemes = [\"https\"] (managed machine, Registry.pol#1)",
        ]
    );
}

#[test]
fn a_broken_list_of_instructions_is_told_and_its_beginning_counts() {
    let one = 1_u32.to_le_bytes();
    let whole = pol(&[instruction(OURS, "A", 4, &one), instruction(OURS, "B", 4, &one)]);
    for cut in 9..whole.len() {
        let lines = of(Form::Pol, &whole[..cut]);
        assert!(lines.last().unwrap().starts_with('!') || cut == 8 + (whole.len() - 8) / 2, "{cut}: {lines:?}");
    }
    for (bytes, why) in
        [(&b"PReg\x02\0\0\0"[..], "begins otherwise"), (b"", "begins otherwise"), (b"REGEDIT4", "begins otherwise")]
    {
        assert!(of(Form::Pol, bytes)[0].contains(why));
    }
    let odd = pol(&[instruction(OURS, "A", 1, b"abc"), instruction(OURS, "B", 4, &one), instruction(OURS, "C", 4, b"x")]);
    assert_eq!(
        of(Form::Pol, &odd),
        [
            "B = 1 (managed machine, Registry.pol#2)",
            "! Registry.pol#1: a text of an odd number of octets",
            "! Registry.pol#3: a number of 1 octets in place of 4",
        ]
    );
    let long = pol(&[instruction(OURS, &"n".repeat(300), 4, &one)]);
    assert!(of(Form::Pol, &long)[0].contains("breaks off here"));
}

const REG: &str = "Windows Registry Editor Version 5.00\r\n\
\r\n\
; a comment\r\n\
[HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Chinwag]\r\n\
\"PreventRun\"=dword:00000001\r\n\
\"IMWarning\"=\"a \\\"quoted\\\" \\\\ text\"\r\n\
\"AllowedDomains\"=hex(7):61,00,2e,00,74,00,00,00,62,00,2e,00,74,00,00,\\\r\n\
  00,00,00\r\n\
\"Gone\"=dword:1\r\n\
\"Gone\"=-\r\n\
@=\"nothing\"\r\n\
\"Broken\"=dword:xyz\r\n\
\"Broken\r\n\
\"Long\"=hex(b):01,00,00,00,00,00,00,00\r\n\
[HKEY_CURRENT_USER\\Software\\Policies\\Chinwag\\Recommended]\r\n\
\"Transport\"=\"tls\"\r\n\
[HKEY_CURRENT_USER\\Software\\Policies\\Chinwag\\BlockedDomains]\r\n\
\"2\"=\"b.test\"\r\n\
\"1\"=\"a.test\"\r\n\
[-HKLM\\Software\\Policies\\Chinwag\\Old]\r\n\
[HKEY_USERS\\x]\r\n\
\"Garbage\r\n\
[HKEY_NOWHERE\\x]\r\n";

#[test]
fn text_of_the_registry_editor() {
    let mut utf16 = vec![0xff, 0xfe];
    utf16.extend(wide(REG));
    let lines = of(Form::Reg, &utf16);
    assert_eq!(
        lines,
        [
            "Transport = \"tls\" (recommended machine, a.reg:16)",
            "BlockedDomains = [\"a.test\", \"b.test\"] (managed machine, a.reg:19)",
            " = \"nothing\" (managed machine, a.reg:11)",
            "AllowedDomains = [\"a.t\", \"b.t\"] (managed machine, a.reg:7)",
            "IMWarning = \"a \\\"quoted\\\" \\\\ text\" (managed machine, a.reg:6)",
            "Long = 1 (managed machine, a.reg:14)",
            "PreventRun = 1 (managed machine, a.reg:5)",
            "! a.reg:12: dword: wants one to eight hexadecimal digits",
            "! a.reg:13: a value is \"Name\"=…, or @=…",
            "! a.reg:23: the key is in no hive that is known",
        ]
    );
    // The same in UTF-8: texts in hexadecimal are told.
    let lines = of(Form::Reg, REG.as_bytes());
    assert!(lines.contains(&"AllowedDomains = [\"a.t\", \"b.t\"] (managed machine, a.reg:7)".to_owned()), "{lines:?}");
    assert!(
        lines.contains(&"! a.reg:7: AllowedDomains is taken as UTF-16, which the file itself is not".to_owned()),
        "{lines:?}"
    );
}

#[test]
fn the_older_text_of_the_registry_editor_has_octets() {
    let text = b"REGEDIT4\r\n\r\n[HKEY_LOCAL_MACHINE\\Software\\Policies\\Chinwag]\r\n\"AllowedDomains\"=hex(7):61,2e,74,00,62,2e,74,00,00\r\n\"IMWarning\"=\"gr\xfc\xdfe\"\r\n";
    assert_eq!(
        of(Form::Reg, text),
        ["AllowedDomains = [\"a.t\", \"b.t\"] (managed machine, a.reg:4)", "IMWarning = \"grüße\" (managed machine, a.reg:5)",]
    );
    assert!(of(Form::Reg, b"[HKEY_LOCAL_MACHINE\\x]")[0].contains("its first line"));
}

#[test]
fn what_servers_send_is_taken_where_it_is_known() {
    let settings = [("disableFileTransfer", "true"), ("telephonyMode", "0"), ("pc2pcAVEncryption", "Require")];
    let read = from_server("work", &settings.map(|(name, text)| (name.to_owned(), text.to_owned())));
    assert_eq!(
        told(&read),
        [
            "server disableFileTransfer = true (managed server, the server of work)",
            "server pc2pcAVEncryption = \"Require\" (managed server, the server of work)",
        ]
    );
    assert_eq!(read.entries[0].typed, Typed::Value(Value::Flag(true)));
    assert!(matches!(read.entries[0].origin, Origin::Server { .. }));
}

proptest::proptest! {
    /// No octets make a reader stop, and what it tells has a place.
    #[test]
    fn any_octets(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..600), form in 0_usize..4) {
        let form = [Form::Toml, Form::Json, Form::Pol, Form::Reg][form];
        let _ = of(form, &bytes);
        let mut headed = b"PReg\x01\0\0\0".to_vec();
        headed.extend(&bytes);
        let _ = of(Form::Pol, &headed);
        let mut headed = REG.as_bytes().to_vec();
        let at = bytes.len() % headed.len();
        headed.splice(at..at, bytes);
        let _ = of(Form::Reg, &headed);
    }
}
