//! Programs that hang, a desktop that fails, and what is said of each way.

use std::time::Duration;

use super::*;

fn notice(id: u32) -> Notice {
    Notice { id, kind: NoticeKind::Message, title: "Bob \u{1b}[2J".into(), body: "hi".into(), ..Notice::test() }
}

fn notifier(settings: &NotifySettings, around: Surroundings) -> (Notifier, mpsc::Receiver<Msg>) {
    let (mail, taken) = mpsc::channel(16);
    (Notifier::within(settings, around, mail), taken)
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[tokio::test]
async fn a_program_gets_the_notice_as_json() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("seen");
    let command = words(&["cp", "/dev/stdin", file.to_str().unwrap()]);
    run(&command, &json(&notice(3))).await.unwrap();
    let seen: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(
        (seen["kind"].as_str(), seen["title"].as_str(), seen["count"].as_u64()),
        (Some("message"), Some("Bob \u{241b}[2J"), Some(1))
    );
    assert!(seen["from"].is_null());
}

#[tokio::test]
async fn a_program_that_fails_hangs_or_is_not_there() {
    assert!(run(&words(&["false"]), "{}").await.unwrap_err().starts_with("false ended with"));
    assert!(run(&words(&["/nonexistent/prog"]), "{}").await.unwrap_err().contains("cannot be run"));
    // No shell: what would be one to it is a name like any other.
    assert!(run(&words(&["true; touch x"]), "{}").await.unwrap_err().contains("cannot be run"));
    let began = std::time::Instant::now();
    assert!(run(&words(&["sleep", "60"]), "{}").await.unwrap_err().contains("was ended"));
    assert!(began.elapsed() < LIMIT + Duration::from_secs(8), "{:?}", began.elapsed());
}

#[tokio::test]
async fn of_programs_that_hang_there_are_five_at_most() {
    let settings = NotifySettings { via: vec![Via::Command], command: words(&["sleep", "60"]), ..NotifySettings::default() };
    let (mut notifier, _mail) = notifier(&settings, Surroundings::default());
    for id in 0..1_000 {
        assert_eq!(notifier.tell(&notice(id)), "");
    }
    assert_eq!(notifier.programs.available_permits(), 0);
    assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), PROGRAMS);
    // They end by themselves, and their places are free again.
    let all = timeout(Duration::from_secs(30), notifier.programs.acquire_many(5)).await.unwrap().unwrap();
    drop(all);
}

#[cfg(all(unix, not(target_os = "macos")))]
#[tokio::test]
async fn a_desktop_that_fails_three_times_is_given_up_with_one_word() {
    let around = Surroundings { desktop: true, ..Surroundings::default() };
    let (mut notifier, mut mail) = notifier(&NotifySettings::default(), around);
    notifier.bus = Some("unix:path=/nonexistent/bus".into());
    for id in 0..3 {
        assert_eq!(notifier.tell(&notice(id)), "\x07");
    }
    let Some(Msg::Trouble(said)) = mail.recv().await else { panic!("nothing was said") };
    assert!(said.starts_with("notifications of the desktop failed 3 times and are off: the session bus cannot"), "{said}");
    assert_eq!(notifier.ways(), [Via::Bell]);
    for id in 0..100 {
        notifier.tell(&notice(id));
    }
    notifier.tell(&Notice { kind: NoticeKind::Test, ..notice(7) });
    let Some(Msg::Tested(lines)) = mail.recv().await else { panic!("one word is enough") };
    assert!(lines.contains(&"desktop: not used: it failed three times and is not asked again.".to_owned()), "{lines:?}");
}

#[cfg(all(unix, not(target_os = "macos")))]
#[tokio::test(start_paused = true)]
async fn a_bus_that_never_answers_holds_up_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bus");
    let _listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let around = Surroundings { desktop: true, ..Surroundings::default() };
    let (mut notifier, mut mail) = notifier(&NotifySettings::default(), around);
    notifier.bus = Some(format!("unix:path={}", path.display()));
    let began = tokio::time::Instant::now();
    for id in 0..10_000 {
        notifier.tell(&notice(id));
    }
    assert_eq!(began.elapsed(), Duration::ZERO);
    assert!(matches!(mail.recv().await, Some(Msg::Trouble(_))));
    assert!(began.elapsed() <= 3 * LIMIT + Duration::from_millis(100), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_test_says_what_was_sent_and_what_answered() {
    let around = Surroundings {
        speaks: Some(Via::Osc777),
        known_by: "TERM=foot".into(),
        between: Between::Tmux,
        over_ssh: true,
        desktop: false,
    };
    let settings = NotifySettings { via: vec![Via::Auto, Via::Command], command: words(&["true"]), ..NotifySettings::default() };
    let (mut notifier, mut mail) = notifier(&settings, around);
    let written = notifier.tell(&Notice::test());
    assert!(written.starts_with("\x1bPtmux;\x1b\x1b]777;notify;chinwag;") && written.ends_with('\x07'), "{written:?}");
    let Some(Msg::Tested(lines)) = mail.recv().await else { panic!("no answer") };
    assert_eq!(
        lines,
        [
            "Terminal: TERM=foot, within tmux, over SSH; it knows osc777; the sender is shown, not the text.",
            "osc777: sent ESC Ptmux;ESC ESC ]777;notify;chinwag;This is a test. You can read it, so it works.ESC ESC \\ESC \\. \
             Terminals do not answer: look and listen.",
            "bell: sent BEL. Terminals do not answer: look and listen.",
            "tmux passes it on only with `set -g allow-passthrough on`.",
            "desktop: not used: there is no session bus.",
            "command: true took it."
        ]
    );
}
