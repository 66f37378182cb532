//! What policies do to the screen: links, the lasting error, locks, the page of policies by mouse.

use super::states::with_keys;
use super::*;
use crate::app::keys::script::play;
use crate::app::sample::{sample_policies, sample_policy};
use crate::app::{Reading, SettingAct};
use crate::config::{KeySet, Overrides, Paths, RawFile, resolve};

const SIZES: [(u16, u16); 6] = [(40, 8), (40, 12), (80, 24), (120, 40), (200, 50), (20, 4)];

fn ruled(toml: &str) -> App {
    let mut app = with_keys(KeySet::Plain);
    app.policy = sample_policy(toml);
    app
}

fn act(app: &mut App, action: Action) -> Vec<crate::app::Effect> {
    let now = app.now;
    update(app, Msg::Action(action), now)
}

fn click(app: &mut App, target: &Target) -> Vec<crate::app::Effect> {
    let drawn = sized(app, 80, 24);
    let place = drawn.hits.area_of(target).unwrap();
    let kind = MouseEventKind::Down(MouseButton::Left);
    let event = Event::Mouse(MouseEvent { kind, column: place.x + 1, row: place.y, modifiers: KeyModifiers::NONE });
    let (keys, now) = (app.keys.clone(), app.now);
    translate(event, app, &drawn.hits, &keys).into_iter().flat_map(|msg| update(app, msg, now)).collect()
}

#[test]
fn what_of_a_link_is_shown_numbered_and_told_to_the_terminal() {
    let url = "https://example.test/r/4711";
    for (policy, shown, links, leads) in [
        ("", url, 1, 1),
        ("EnableURL = \"on\"", url, 1, 1),
        ("EnableURL = \"confirm\"", url, 1, 0),
        ("EnableURL = \"defang\"", "_https://example.test/r/4711", 0, 0),
        ("EnableURL = \"off\"", url, 0, 0),
        ("AllowedUrlSchemes = [\"sip\", \"http\"]", url, 0, 0),
        ("AllowedUrlSchemes = [\"https\"]", url, 1, 1),
    ] {
        let mut app = ruled(policy);
        let drawn = sized(&mut app, 100, 30);
        assert!(drawn.text().contains(&format!(" {shown}")), "{policy}: {}", drawn.text());
        assert_eq!((drawn.hits.links.len(), drawn.hits.leads.len()), (links, leads), "{policy}");
        let underlined = drawn.styles().contains(&format!("UNDERLINED \"{url}\""));
        assert_eq!(underlined, links == 1, "{policy}: it looks as it is");
        // Everything that is known of it, and what is found everywhere, show it no other way.
        act(&mut app, Action::Reading(Reading::History(Some("log 4711".into()))));
        let found = sized(&mut app, 100, 30);
        assert!(found.text().contains(shown) && found.hits.leads.len() <= leads, "{policy}: {}", found.text());
        assert_eq!(found.text().contains("_https"), shown.starts_with('_'));
        play(&mut app, "<esc><C-s>kkki");
        let letter = sized(&mut app, 100, 30).text();
        assert!(letter.contains("kind") && letter.contains(shown) && letter.contains("_https") == shown.starts_with('_'));
    }
}

#[test]
fn that_policies_are_broken_is_always_seen() {
    for (columns, rows) in SIZES {
        let mut app = with_keys(KeySet::Plain);
        app.policy = sample_policies();
        for keys in
            ["", "<esc><esc>", "<C-c>", "<f1>", "<esc><f5>", "<esc><f10>", "<esc><C-k>", "<esc><C-x>p", "<esc><f7>", "<f7><C-x>"]
        {
            play(&mut app, keys);
            let text = sized(&mut app, columns, rows).text();
            let last = text.lines().next_back().unwrap();
            assert!(last.trim_start().starts_with("policies") && last.contains("broken"), "{keys} {columns}x{rows}:\n{text}");
            // A note of several rows changes nothing.
            let now = app.now;
            update(&mut app, Msg::Trouble("something failed, and much is to be said of it ".repeat(6)), now);
            let text = sized(&mut app, columns, rows).text();
            assert!(text.lines().next_back().unwrap().contains("broken"), "{keys} {columns}x{rows}:\n{text}");
        }
        app.policy = crate::policy::Policy::default();
        assert!(!sized(&mut app, columns, rows).text().contains("policies broken"));
    }
}

#[test]
fn rows_of_the_page_are_clicked() {
    let mut app = with_keys(KeySet::Plain);
    app.policy = sample_policies();
    act(&mut app, Action::Settings(SettingAct::Policies(None)));
    click(&mut app, &Target::Choice(2));
    let text = sized(&mut app, 80, 24).text();
    assert!(text.contains("managed, machine, /etc/chinwag/policies/managed/20-late.toml:1"), "{text}");
    play(&mut app, "zzz");
    assert!(sized(&mut app, 80, 24).text().contains("No policy holds these words."));
    play(&mut app, "<C-u>");
    play(&mut app, &"<down>".repeat(40));
    let last = match &app.screen.overlay {
        Some(Overlay::Policies(page)) => page.marked,
        other => panic!("{other:?}"),
    };
    click(&mut app, &Target::Choice(last));
    assert!(matches!(&app.screen.overlay, Some(Overlay::Policies(page)) if page.all), "the last row shows the others");
}

#[test]
fn a_locked_setting_shows_its_lock_and_a_click_says_why() {
    let policy = sample_policy("NotificationContent = \"count\"");
    let mut app = with_keys(KeySet::Plain);
    app.policy = policy.clone();
    let paths = Paths { config: "c".into(), config_given: true, data_dir: "d".into(), state_dir: "s".into() };
    app.settings = resolve(&RawFile::default(), None, Vec::new(), &paths, &Overrides { policy, ..Overrides::default() }).rows;
    act(&mut app, Action::Settings(SettingAct::Page(Some("notify.show".into()))));
    assert!(draw_with(&app, Theme::new(true, false), 80, 24).text().contains("⚿ locked"));
    assert!(draw_with(&app, Theme::new(true, true), 80, 24).text().contains("# locked"));
    let effects = click(&mut app, &Target::Choice(0));
    assert!(!effects.iter().any(|effect| matches!(effect, crate::app::Effect::Set(_))));
    assert!(app.notes.back().unwrap().text.starts_with("set by your organisation: NotificationContent"));
    let small = sized(&mut app, 40, 12).text();
    assert!(small.contains("set by your organisation:") && small.contains("10-base.toml:1)"), "{small}");
}
