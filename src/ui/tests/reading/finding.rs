//! Links that are chosen by letters, and words that are looked for.

use super::*;

#[test]
fn links_are_opened_or_copied_by_letters() {
    let mut app = with_talk(long_talk());
    let (keymap, _) = Keymap::new(&settings());
    let open = |effects: &Effects| effects.iter().find_map(|e| if let Effect::Open(url) = e { Some(url.clone()) } else { None });
    press(&mut app, &keymap, "ctrl-o");
    let long = "https://long.example.test/a/very/long/path/that/does/not/fit/into/a/single/row/of/any/terminal/we/draw/here?with=some&more=words#end";
    assert_eq!(open(&press(&mut app, &keymap, "a")), None, "it is asked about");
    assert!(app.screen.hinting.is_none() && app.asks_to_confirm());
    assert_eq!(open(&press(&mut app, &keymap, "enter")), Some(long.to_owned()), "one over several rows, whole");
    press(&mut app, &keymap, "ctrl-o");
    assert_eq!(press(&mut app, &keymap, "shift-s")[0], Effect::Copy("https://example.test/wiki/Rotate_(db)".to_owned()));
    for key in ["ctrl-o", "y"] {
        press(&mut app, &keymap, key);
    }
    assert_eq!(press(&mut app, &keymap, "d")[0], Effect::Copy("https://example.test/r/4711".to_owned()));
    assert_eq!(app.screen.overlay, None, "what is only copied is not asked about");
    press(&mut app, &keymap, "ctrl-o");
    assert_eq!(press(&mut app, &keymap, "q"), [], "a letter that is at no link");
    assert!(app.screen.hinting.is_none());
    // Several in the selected message: one is chosen; one alone is opened at once.
    press(&mut app, &keymap, "ctrl-s");
    for _ in 0..4 {
        press(&mut app, &keymap, "k");
    }
    press(&mut app, &keymap, "enter");
    assert_eq!(app.screen.hinting.as_ref().and_then(|hinting| hinting.only), Some(15));
    press(&mut app, &keymap, "esc");
    press(&mut app, &keymap, "j");
    press(&mut app, &keymap, "enter");
    assert!(matches!(app.screen.overlay, Some(Overlay::Letter(_, 16, _))), "without a link: all about it");
}

#[test]
fn links_that_look_unusual_are_asked_about() {
    let (keymap, _) = Keymap::new(&settings());
    for (who, text, asks) in [
        ("bob", "see https://example.test/x", false),
        ("stranger", "see https://example.test/x", true),
        ("bob", "see https://bank.test@evil.test/", true),
        ("bob", "see https://b\u{430}nk.test/\u{202e}", true),
    ] {
        let mut app = with_talk(Conversation::default());
        app.strangers = crate::model::Strangers::Allow;
        app.asks_links = false;
        let now = app.now;
        let who = Address::parse(&format!("{who}@example.test")).unwrap();
        let id = app.accounts.keys().next().unwrap().clone();
        let event = crate::backend::Event::Text {
            id: "x".into(),
            from: who.clone(),
            body: Body::plain(text),
            sent: None,
            delayed: false,
        };
        update(&mut app, Msg::Account(id.clone(), event), now);
        let chat = ChatKey::Person(Peer::new(&id, &who));
        *app.screen.pane_mut() = crate::app::Pane { chat: Some(chat), ..crate::app::Pane::default() };
        press(&mut app, &keymap, "ctrl-s");
        let effects = press(&mut app, &keymap, "o");
        let opens = effects.iter().any(|effect| matches!(effect, Effect::Open(_)));
        assert_eq!((opens, app.asks_to_confirm()), (!asks, asks), "{text}");
        if asks {
            assert!(matches!(&app.screen.overlay, Some(Overlay::Confirm(Purpose::Follow(..)))));
            let shown = settled(&mut app, 80, 24).text();
            assert!(
                shown.contains("Open it?")
                    && shown.contains("k.test") | shown.contains("evil.test") | shown.contains("example.test/x"),
                "{shown}"
            );
            assert!(!press(&mut app, &keymap, "enter").iter().any(|effect| matches!(effect, Effect::Open(_))));
        }
    }
}

#[test]
fn every_link_is_asked_about_with_its_whole_address() {
    let (keymap, _) = Keymap::new(&settings());
    let long = format!("https://b\u{e4}nk.test/{}", "a/very/long/path/".repeat(2));
    let mut app = with_talk(Conversation::default());
    let chat = app.screen.open().unwrap().clone();
    let mut talk = Conversation::default();
    talk.push(line(app.now, Some("bob"), &format!("see {long}")));
    talk.push(line(app.now, Some("bob"), "and https://example.test/x"));
    app = with_talk(talk);
    assert_eq!(app.screen.open(), Some(&chat));
    let opened = |effects: &Effects| effects.iter().any(|effect| matches!(effect, Effect::Open(_)));
    for (key, opens) in [("enter", true), ("o", true), ("y", true), ("n", false), ("esc", false), ("x", false)] {
        press(&mut app, &keymap, "ctrl-o");
        assert!(!opened(&press(&mut app, &keymap, "a")) && app.asks_to_confirm(), "{key}");
        let shown = settled(&mut app, 80, 24).text();
        assert!(shown.contains("Open this link?") && shown.contains("https://example.test/x"), "{shown}");
        assert_eq!(opened(&press(&mut app, &keymap, key)), opens, "{key}");
        assert_eq!(app.screen.overlay, None, "{key}");
    }
    // Where something is odd, only a yes is a yes; the address is all there, and the name in both spellings.
    press(&mut app, &keymap, "ctrl-o");
    press(&mut app, &keymap, "s");
    let shown = settled(&mut app, 80, 24).text();
    assert!(shown.contains("calls it xn--bnk-qla.test.") && shown.contains(&format!("│ {long} ")), "{shown}");
    assert!(!opened(&press(&mut app, &keymap, "enter")));
    // For who wants that, only odd ones are asked about.
    app.asks_links = false;
    press(&mut app, &keymap, "ctrl-o");
    assert!(opened(&press(&mut app, &keymap, "a")) && !app.asks_to_confirm());
}

#[test]
fn a_link_to_somebody_here_opens_the_conversation() {
    let mut talk = Conversation::default();
    talk.push(line(sample_app().now, Some("bob"), "ask sip:grace@example.test;transport=tls"));
    let mut app = with_talk(talk);
    let (keymap, _) = Keymap::new(&settings());
    press(&mut app, &keymap, "ctrl-o");
    let effects = press(&mut app, &keymap, "a");
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Open(_))));
    assert_eq!(app.screen.open().unwrap().person().unwrap().who.user(), "grace");
}

#[test]
fn a_search_finds_as_it_is_typed_and_leads_back() {
    let mut app = with_talk(long_talk());
    let (keymap, _) = Keymap::new(&settings());
    act(&mut app, Action::Scroll(Step::PageUp));
    settled(&mut app, 80, 24);
    let before = app.screen.pane().place;
    for key in ["ctrl-s", "/", "l", "I", "n", "e"] {
        press(&mut app, &keymap, key);
    }
    let text = settled(&mut app, 80, 24).text();
    assert!(text.contains("/lIne") && text.contains("1/12") && text.contains("line 11 of"), "{text}");
    for key in ["space", "1"] {
        press(&mut app, &keymap, key);
    }
    assert!(settled(&mut app, 80, 24).text().contains("1/3"), "11, 10 and 1");
    press(&mut app, &keymap, "enter");
    press(&mut app, &keymap, "n");
    press(&mut app, &keymap, "n");
    let drawn = settled(&mut app, 80, 24);
    assert!(drawn.text().contains("3/3") && drawn.text().contains("line 1 of"), "{}", drawn.text());
    assert!(found(&drawn, "line"), "{}", drawn.styles());
    press(&mut app, &keymap, "shift-n");
    assert_eq!(app.screen.pane().place.cursor, Some(10));
    press(&mut app, &keymap, "esc");
    assert_eq!((app.screen.pane().place.anchor, app.screen.search.is_none()), (before.anchor, true), "back to where one was");
    // Typing goes to the draft again, and ends a search.
    for key in ["ctrl-f", "d", "b", "enter", "x"] {
        press(&mut app, &keymap, key);
    }
    assert!(app.screen.search.is_none() && app.focus == Focus::Composer);
    assert_eq!(app.screen.drafts.values().next().unwrap().text(), "x");
}

#[test]
fn a_search_everywhere_leads_to_the_message() {
    let mut app = with_talk(long_talk());
    let (keymap, _) = Keymap::new(&settings());
    for key in ["ctrl-f", "f", "r", "e", "e", "z", "e", "ctrl-f"] {
        press(&mut app, &keymap, key);
    }
    let text = settled(&mut app, 80, 24).text();
    assert!(
        text.contains("Look for words everywhere") && text.contains("freeze starts at 14:00") && text.contains("1/1"),
        "{text}"
    );
    press(&mut app, &keymap, "enter");
    assert_eq!(app.screen.open().unwrap().person().unwrap().who.user(), "carla");
    assert_eq!((app.focus, app.screen.pane().place.cursor), (Focus::Messages, Some(0)));
    assert!(found(&settled(&mut app, 80, 24), "freeze"), "the words are marked there");
    app.focus = Focus::Composer;
    app.screen.drafts.clear();
    type_words(&mut app, "/search nowhere to be found");
    press(&mut app, &keymap, "enter");
    assert!(settled(&mut app, 80, 24).text().contains("No message at hand holds that."));
    press(&mut app, &keymap, "enter");
    assert!(matches!(app.screen.overlay, Some(Overlay::History(_))), "nothing to go to");
}
