//! `Registry.pol` files that Samba's own library wrote: what Group Policy brings to a machine that Samba joined to a
//! domain.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::{Value as Json, json};

use super::{PYTHON, chinwag, foreign, here};

const OURS: &str = r"Software\Policies\Chinwag";
const LIST: &str = r"Software\Policies\Chinwag\BlockedDomains";
const OLD: &str = r"Software\Policies\Microsoft\Messenger\Client";

/// Has Samba write a file: key, name, type, data of every instruction.
fn pol(folder: &Path, name: &str, instructions: &Json) -> PathBuf {
    let file = folder.join(name);
    let mut python = Command::new(PYTHON);
    let output = foreign(python.arg(here("write_pol.py")).arg(&file), &instructions.to_string(), "python3-samba");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    file
}

/// What `policy check` says: exit code, everything.
fn checked(file: &Path) -> (Option<i32>, Json) {
    let output = chinwag(&["policy", "check", "--json", file.to_str().unwrap()]);
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap())
}

/// Names and values of what is said.
fn values(told: &Json) -> Json {
    let policies = told["policies"].as_array().unwrap();
    policies
        .iter()
        .map(|one| (one["name"].as_str().unwrap().to_owned(), one["value"].clone()))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

/// Every type there is, deletions, and brackets and semicolons where a careless reader would take them for marks.
fn everything() -> Json {
    json!([
        [OURS, "DisableVideo", "DWORD", 1],
        // Its octets are a bracket, a NUL, a bracket, a NUL.
        [OURS, "FileTransferMaxBytes", "DWORD", 0x005b_005d],
        [OURS, "IMWarning", "SZ", "Secrets [of any kind]; not here"],
        [OURS, "ServerAddress", "SZ", "sip.example.test:5061"],
        [OURS, "Transport", "DWORD", 4],
        [OURS, "CustomStates", "MULTI_SZ", ["busy:On call", "away:At lunch"]],
        [LIST, "1", "SZ", "before.example"],
        [LIST, "2", "SZ", "also-before.example"],
        [LIST, "**delvals.", "SZ", " "],
        [LIST, "1", "SZ", "rival.example"],
        [LIST, "2", "SZ", "*.rival.example"],
        [OURS, "DisableIM", "DWORD", 1],
        [OURS, "**del.DisableIM", "SZ", " "],
        [r"Software\Policies\Chinwag\Recommended", "IdleAfter", "DWORD", 600],
        [OLD, "PreventAutoRun", "DWORD", 1],
        [r"Software\Policies\Other", "Blob", "BINARY", "5d005b003b005d00"],
        [r"Software\Policies\Other\Chinwag", "PreventRun", "DWORD", 1],
        [r"Software\Policies\ChinwagToo", "PreventRun", "DWORD", 1],
    ])
}

fn everything_means() -> Json {
    json!({
        "PreventAutoRun": true,
        "DisableVideo": true,
        "FileTransferMaxBytes": 0x005b_005d,
        "IMWarning": "Secrets [of any kind]; not here",
        "ServerAddress": "sip.example.test:5061",
        "Transport": "tls",
        "CustomStates": ["busy:On call", "away:At lunch"],
        "BlockedDomains": ["rival.example", "*.rival.example"],
        "IdleAfter": 600,
    })
}

#[test]
fn what_samba_writes_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let (code, told) = checked(&pol(folder.path(), "Registry.pol", &everything()));
    assert_eq!((code, &told["fine"], &told["faults"]), (Some(0), &json!(true), &json!([])), "{told:#}");
    assert_eq!(values(&told), everything_means());
    let one = |name: &str| told["policies"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap().clone();
    assert_eq!(one("IdleAfter")["level"], "recommended");
    assert_eq!(one("Transport")["level"], "managed");
    assert!(one("Transport")["source"].as_str().unwrap().ends_with("Registry.pol#5"));
}

#[test]
fn what_is_wrong_in_it_is_told_with_its_number() {
    let folder = tempfile::tempdir().unwrap();
    let file = pol(
        folder.path(),
        "Registry.pol",
        &json!([
            [OURS, "PreventFun", "DWORD", 1],
            [OURS, "DisableVideo", "BINARY", "5d005b003b00"],
            [OURS, "IMWarning", "EXPAND_SZ", "%USERNAME%"],
            [OURS, "DisableSearch", "DWORD", 2],
            [OURS, "DisableIM", "DWORD", 1],
        ]),
    );
    let (code, told) = checked(&file);
    assert_eq!((code, &told["fine"]), (Some(7), &json!(false)));
    let status = |name: &str| {
        let one = told["policies"].as_array().unwrap().iter().find(|one| one["name"] == name).unwrap();
        let source = one["source"].as_str().unwrap();
        format!("{} #{}", one["status"].as_str().unwrap(), source.rsplit('#').next().unwrap())
    };
    assert_eq!(status("PreventFun"), "unknown #1");
    assert_eq!(status("DisableVideo"), "wrong type #2");
    assert_eq!(status("IMWarning"), "wrong type #3");
    assert_eq!(status("DisableSearch"), "out of range #4");
    assert_eq!(status("DisableIM"), "ok #5");
}

#[test]
fn imported_it_is_a_file_that_says_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let mut instructions = everything();
    // Recommended and managed at once: each file has its own.
    let recommended = json!([r"Software\Policies\Chinwag\Recommended", "Transport", "SZ", "auto"]);
    instructions.as_array_mut().unwrap().push(recommended);
    let file = pol(folder.path(), "Registry.pol", &instructions);
    let (managed, recommended) = (folder.path().join("managed.toml"), folder.path().join("recommended.toml"));
    let import = |out: &Path, more: &[&str]| {
        let mut args = vec!["policy", "import", file.to_str().unwrap(), "--out", out.to_str().unwrap()];
        args.extend(more);
        assert_eq!(chinwag(&args).status.code(), Some(0));
        let (code, told) = checked(out);
        assert_eq!(code, Some(0), "{told:#}");
        values(&told)
    };
    let mut wanted = everything_means();
    let idle = wanted.as_object_mut().unwrap().remove("IdleAfter").unwrap();
    assert_eq!(import(&managed, &[]), wanted);
    assert_eq!(import(&recommended, &["--recommended"]), json!({ "Transport": "auto", "IdleAfter": idle }));
}

/// Runs the script of `packaging/samba`.
fn join(out: &Path, files: &[&Path]) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/samba/chinwag-join-pol");
    foreign(Command::new(PYTHON).arg(script).arg("--out").arg(out).args(files), "", "python3")
}

#[test]
fn files_of_several_group_policies_are_joined_in_their_order() {
    let folder = tempfile::tempdir().unwrap();
    let domain = pol(folder.path(), "domain.pol", &everything());
    let unit = pol(
        folder.path(),
        "unit.pol",
        &json!([
            ["Software\\Other", "Blob", "BINARY", "5d00"],
            [OURS, "**del.DisableVideo", "SZ", " "],
            ["SOFTWARE\\POLICIES\\CHINWAG", "transport", "SZ", "auto"],
            [LIST, "**delvals.", "SZ", " "],
            [LIST, "1", "SZ", "other.example"],
            [r"Software\Policies\Microsoft\Messenger", "**DeleteKeys", "SZ", "Client"],
            ["Software\\Policies", "**DeleteKeys", "SZ", "Foreign"],
            [OURS, "DisableSearch", "DWORD", 1],
        ]),
    );
    let out = folder.path().join("50-domain.pol");
    let output = join(&out, &[&domain, &unit]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let (code, told) = checked(&out);
    assert_eq!(code, Some(0), "{told:#}");
    let mut wanted = everything_means();
    let fields = wanted.as_object_mut().unwrap();
    fields.remove("DisableVideo");
    fields.remove("PreventAutoRun");
    fields.insert("Transport".to_owned(), json!("auto"));
    fields.insert("BlockedDomains".to_owned(), json!(["other.example"]));
    fields.insert("DisableSearch".to_owned(), json!(true));
    assert_eq!(values(&told), wanted);
    let octets = String::from_utf8_lossy(&std::fs::read(&out).unwrap()).replace('\0', "");
    assert!(!octets.contains("Blob") && !octets.contains("ChinwagToo"), "what is about others is left out");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&out).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o644, "every user's chinwag reads it");
}

#[test]
fn a_file_that_breaks_off_leaves_the_joined_one_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let whole = pol(folder.path(), "whole.pol", &everything());
    let octets = std::fs::read(&whole).unwrap();
    let (broken, out) = (folder.path().join("broken.pol"), folder.path().join("50-domain.pol"));
    assert!(join(&out, &[&whole]).status.success());
    let before = std::fs::read(&out).unwrap();
    // At the beginning, within an instruction, before its last mark.
    for length in [0, 7, 9, 60, octets.len() - 100, octets.len() - 3, octets.len() - 1] {
        std::fs::write(&broken, &octets[..length]).unwrap();
        let output = join(&out, &[&whole, &broken]);
        assert_eq!(output.status.code(), Some(1), "{length}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("nothing was written"), "{length}");
        assert_eq!(std::fs::read(&out).unwrap(), before, "{length}");
    }
    assert_eq!(join(&out, &[&folder.path().join("missing.pol")]).status.code(), Some(1));
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|one| one.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "{left:?}");
}
