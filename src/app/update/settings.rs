//! The page of settings, and settings that changed.

use super::{locking, overlay, policies};
use crate::app::settings::{Turn, named, turn};
use crate::app::{App, Composer, Effect, Effects, NewSettings, Overlay, SettingAct, SettingChange, SettingsPage};
use crate::backend::NoticeLevel;
use crate::config::{SettingRow, Value, typed};

/// Does what the user wants with the settings.
pub(super) fn act(app: &mut App, what: SettingAct, effects: &mut Effects) {
    match what {
        SettingAct::Page(words) => {
            let line = Composer::with(words.as_deref().unwrap_or_default());
            overlay::show(app, Overlay::Settings(SettingsPage { line, ..SettingsPage::default() }));
        }
        SettingAct::Set(None) => act(app, SettingAct::Page(None), effects),
        SettingAct::Set(Some(words)) => set(app, &words, effects),
        SettingAct::Default => to_default(app, effects),
        SettingAct::Reload => effects.push(Effect::Reload),
        SettingAct::Policies(words) => policies::page(app, words.as_deref()),
        SettingAct::AllPolicies => policies::show_all(app),
    }
}

/// `/set ui.mouse true`; without a value the setting is told.
fn set(app: &mut App, words: &str, effects: &mut Effects) {
    let (path, value) = words.split_once(char::is_whitespace).unwrap_or((words, ""));
    let said = match named(app, path) {
        Ok(row) if value.trim().is_empty() => Ok(format!("{} is {}", row.path(), value_words(row))),
        Ok(row) => change(&row.clone(), value, effects).map(|()| String::new()),
        Err(why) => Err(why),
    };
    match said {
        Ok(said) if said.is_empty() => {}
        Ok(said) => app.note(None, NoticeLevel::Info, said, effects),
        Err(why) => app.note(None, NoticeLevel::Warning, why, effects),
    }
}

fn value_words(row: &SettingRow) -> String {
    let shown = row.shown();
    if shown.is_empty() { "not set".to_owned() } else { shown }
}

/// Orders a typed value to be written into the file.
fn change(row: &SettingRow, words: &str, effects: &mut Effects) -> Result<(), String> {
    if let Turn::Fixed(why) = turn(row) {
        return Err(why);
    }
    let value = typed(row.key, words).map_err(|why| format!("{}: {why}", row.path()))?;
    order(row, Some(value), effects);
    Ok(())
}

fn order(row: &SettingRow, value: Option<Value>, effects: &mut Effects) {
    effects.push(Effect::Set(SettingChange { account: row.account.clone(), key: row.key, value }));
}

/// Enter on the page.
pub(super) fn accept(app: &mut App, mut page: SettingsPage, effects: &mut Effects) {
    let Some(row) = app.setting_rows(page.line.text()).get(page.marked).map(|row| (*row).clone()) else {
        app.screen.overlay = Some(Overlay::Settings(page));
        return;
    };
    let said = match page.editing.take() {
        Some(mut line) => {
            let words = line.take();
            let outcome = change(&row, &words, effects);
            if outcome.is_err() {
                page.editing = Some(Composer::with(&words));
            }
            outcome.err()
        }
        None => match turn(&row) {
            Turn::To(value) => {
                order(&row, Some(value), effects);
                None
            }
            Turn::Type => {
                page.editing = Some(Composer::with(&row.shown()));
                None
            }
            Turn::Fixed(why) => Some(why),
        },
    };
    app.screen.overlay = Some(Overlay::Settings(page));
    if let Some(said) = said {
        app.note(None, NoticeLevel::Warning, said, effects);
    }
}

/// The marked setting is what it is when nobody sets it.
fn to_default(app: &mut App, effects: &mut Effects) {
    let Some(Overlay::Settings(page)) = &app.screen.overlay else { return };
    let Some(row) = app.setting_rows(page.line.text()).get(page.marked).map(|row| (*row).clone()) else { return };
    if let Some(why) = row.fixed() {
        return app.note(None, NoticeLevel::Warning, why, effects);
    }
    order(&row, None, effects);
}

/// The settings were read anew.
pub(super) fn changed(app: &mut App, new: NewSettings, effects: &mut Effects) {
    let NewSettings { rows, general, problems, said, policy } = new;
    app.settings = rows;
    let ruled = policy.and_then(|policy| policies::put_in_force(app, app.policy.renewed(&policy), app.now, effects));
    if let Some((ui, idle, messages)) = general {
        app.configure(&ui, &idle);
        app.queue_for = messages.queue_for;
        app.drafts_offline = messages.drafts_offline;
        app.strangers = messages.strangers;
    }
    app.rows_changed();
    for said in said.into_iter().chain(ruled) {
        app.note(None, NoticeLevel::Info, said, effects);
    }
    for problem in problems {
        app.note(None, NoticeLevel::Warning, problem, effects);
    }
    locking::doubt(app, effects);
}

#[cfg(test)]
mod tests {
    use super::super::update;
    use super::*;
    use crate::app::sample::sample_app;
    use crate::app::{Action, Msg, Step};
    use crate::config::{Overrides, Paths, RawFile, Setting, resolve};

    fn app() -> App {
        let mut app = sample_app();
        let path = std::path::Path::new("c.toml");
        let (raw, _) = RawFile::parse("[accounts.work]\nuri = \"sip:a@example.test\"\n[ui]\nmouse = true\n", path);
        let paths = Paths { config: path.into(), config_given: true, data_dir: "d".into(), state_dir: "s".into() };
        let key = crate::config::keys::known(crate::config::keys::Section::Log, "level").unwrap();
        let flags = vec![Setting { key, value: Value::Text("debug".into()), place: None }];
        app.settings = resolve(&raw, Some(path), Vec::new(), &paths, &Overrides { flags, ..Overrides::default() }).rows;
        app
    }

    fn ordered(effects: &[Effect]) -> Option<(String, Option<Value>)> {
        effects.iter().find_map(|effect| match effect {
            Effect::Set(change) => Some((change.key.name.to_owned(), change.value.clone())),
            _ => None,
        })
    }

    fn play(app: &mut App, actions: &[Action]) -> Vec<Effect> {
        let now = app.now;
        actions.iter().flat_map(|action| update(app, Msg::Action(action.clone()), now)).collect()
    }

    #[test]
    fn enter_turns_a_flag_and_types_a_number() {
        let mut app = app();
        let page = |words: &str| Action::Settings(SettingAct::Page(Some(words.into())));
        assert_eq!(ordered(&play(&mut app, &[page("ui.mouse"), Action::Open])), Some(("mouse".into(), Some(Value::Flag(false)))));
        assert_eq!(ordered(&play(&mut app, &[page("idle_after"), Action::Open])), None);
        let typed: Vec<Action> = "soon".chars().map(|c| Action::Edit(crate::app::Edit::Insert(c))).collect();
        play(&mut app, &[Action::Edit(crate::app::Edit::KillToStart)]);
        play(&mut app, &typed);
        assert_eq!(ordered(&play(&mut app, &[Action::Open])), None);
        assert!(app.notes.back().unwrap().text.contains("expected seconds"));
        let Some(Overlay::Settings(page)) = &app.screen.overlay else { panic!("the page is gone") };
        assert_eq!(page.editing.as_ref().unwrap().text(), "soon", "what was typed stays to be mended");
        play(&mut app, &[Action::Back]);
        assert!(matches!(&app.screen.overlay, Some(Overlay::Settings(page)) if page.editing.is_none()));
        play(&mut app, &[Action::Move(Step::Down), Action::Back]);
        assert_eq!(app.screen.overlay, None);
    }

    #[test]
    fn what_a_policy_set_is_locked_and_says_why() {
        let policy = crate::app::sample::sample_policy("NotificationContent = \"count\"\nIdleAfter = 5");
        let mut app = sample_app();
        app.policy = policy.clone();
        let paths = Paths { config: "c".into(), config_given: true, data_dir: "d".into(), state_dir: "s".into() };
        app.settings = resolve(&RawFile::default(), None, Vec::new(), &paths, &Overrides { policy, ..Overrides::default() }).rows;
        let page = |words: &str| Action::Settings(SettingAct::Page(Some(words.into())));
        let set = Action::Settings(SettingAct::Set(Some("notify.show full".into())));
        let ways = [
            vec![page("notify.show"), Action::Open],
            vec![page("idle.idle_after"), Action::Open],
            vec![page("notify.show"), Action::Settings(SettingAct::Default)],
            vec![Action::Back, set],
        ];
        for way in ways {
            app.notes.clear();
            assert_eq!(ordered(&play(&mut app, &way)), None, "{way:?}");
            let said = &app.notes.back().unwrap().text;
            assert!(said.starts_with("set by your organisation: ") && said.contains("10-base.toml:"), "{said}");
            assert!(!matches!(&app.screen.overlay, Some(Overlay::Settings(page)) if page.editing.is_some()));
        }
    }

    #[test]
    fn what_an_option_set_is_fixed() {
        let mut app = app();
        let set = |words: &str| Action::Settings(SettingAct::Set(Some(words.into())));
        assert_eq!(ordered(&play(&mut app, &[set("log.level warn")])), None);
        assert!(app.notes.back().unwrap().text.contains("for this run"));
        assert_eq!(ordered(&play(&mut app, &[set("ui.muose false")])), None);
        assert!(app.notes.back().unwrap().text.contains("did you mean ui.mouse?"), "{}", app.notes.back().unwrap().text);
        let words = "accounts.work.display_name Alice Smith";
        assert_eq!(
            ordered(&play(&mut app, &[set(words)])),
            Some(("display_name".into(), Some(Value::Text("Alice Smith".into()))))
        );
    }
}
