//! Stacks and pauses, with a clock that is turned by hand.

use super::*;

fn peer(user: &str) -> Peer {
    Peer::new(&AccountId::new("work"), &Address::parse(&format!("{user}@example.test")).unwrap())
}

fn message(user: &str, text: &str) -> News {
    News {
        kind: NoticeKind::Message,
        chat: peer(user).into(),
        who: peer(user).who,
        name: user.to_uppercase(),
        what: "wrote".into(),
        text: Some(text.into()),
        mention: text.contains("alice"),
    }
}

fn at(millis: i64) -> Stamp {
    Stamp::from_millis(1_000_000_000_000 + millis)
}

/// Takes it in and says what is told at once.
fn comes(notices: &mut Notices, news: News, millis: i64) -> Vec<String> {
    notices.push(news, at(millis));
    told(notices, millis).0
}

fn told(notices: &mut Notices, millis: i64) -> (Vec<String>, Option<Duration>) {
    let (told, next) = notices.due(at(millis));
    (told.into_iter().map(|notice| format!("{}: {}: {}", notice.id, notice.title, notice.body)).collect(), next)
}

fn with(show: Show) -> Notices {
    Notices { show, ..Notices::default() }
}

#[test]
fn the_first_is_told_at_once_and_what_follows_is_one() {
    let mut notices = with(Show::Full);
    assert_eq!(comes(&mut notices, message("bob", "hi"), 0), ["1: BOB: hi"]);
    assert!(comes(&mut notices, message("bob", "are you there"), 500).is_empty());
    assert!(comes(&mut notices, message("bob", "alice?"), 1_500).is_empty());
    assert_eq!(told(&mut notices, 1_500), (vec![], Some(Duration::from_millis(3_500))));
    assert_eq!(told(&mut notices, 5_000), (vec!["1: BOB (2): alice?".into()], None));
    assert!(comes(&mut notices, message("bob", "so"), 6_000).is_empty(), "the next one waits twice as long");
    assert_eq!(told(&mut notices, 15_000), (vec!["1: BOB: so".into()], None));
    assert_eq!(told(&mut notices, 60_000), (vec![], None));
    assert_eq!(comes(&mut notices, message("bob", "later"), 60_001), ["1: BOB: later"], "it begins anew");
}

#[test]
fn what_is_said_is_what_is_wanted() {
    for (show, one, two, named) in [
        (Show::Full, "1: BOB: a", "1: BOB (2): c", "2: CARLA: hello alice"),
        (Show::Sender, "1: BOB: wrote", "1: BOB: 2 messages", "2: CARLA: names you"),
        (Show::Count, "1: chinwag: a new message", "1: chinwag: 2 new messages", "2: chinwag: a new message"),
    ] {
        let mut notices = with(show);
        assert_eq!(comes(&mut notices, message("bob", "a"), 0), [one]);
        comes(&mut notices, message("bob", "b"), 1);
        comes(&mut notices, message("bob", "c"), 2);
        assert_eq!(comes(&mut notices, message("carla", "hello alice"), 1_000), [named]);
        assert_eq!(told(&mut notices, 6_000).0, [two]);
        notices.push(message("dan", "x"), at(100_000));
        let notice = notices.due(at(100_000)).0.remove(0);
        assert_eq!(notice.from.is_some(), show != Show::Count, "what is hidden is hidden from programs too");
    }
    let mut notices = with(Show::Full);
    assert_eq!(comes(&mut notices, News::presence(&peer("bob"), "Bob", "is online"), 0), ["1: Bob: is online"]);
    let long = message(&"x".repeat(200), &"é".repeat(5_000));
    notices.push(long, at(10_000));
    let notice = notices.due(at(10_000)).0.remove(0);
    assert_eq!((notice.title.chars().count(), notice.body.chars().count()), (MAX_NAME + 1, MAX_TEXT + 1));
}

#[test]
fn ten_thousand_messages_make_few_notices() {
    for people in [1, 2, 50, 10_000] {
        let mut notices = with(Show::Sender);
        let (mut count, mut things, mut next) = (0, 0, None::<i64>);
        let mut take = |notices: &mut Notices, millis: i64| {
            let (told, wait) = notices.due(at(millis));
            count += told.len();
            things += told.iter().map(|notice| notice.count).sum::<usize>();
            wait.map(|wait| millis + i64::try_from(wait.as_millis()).unwrap())
        };
        for n in 0..10_000_i64 {
            // A hundred in each second.
            let millis = n * 10;
            while let Some(due) = next.filter(|due| *due <= millis) {
                next = take(&mut notices, due);
            }
            notices.push(message(&format!("p{}", n % people), "x"), at(millis));
            next = take(&mut notices, millis);
        }
        while let Some(due) = next {
            next = take(&mut notices, due);
        }
        assert_eq!(things, 10_000, "of {people} people: nothing is lost");
        assert!(count <= 25, "of {people} people: {count} notices in 100 s");
    }
}

#[test]
fn what_was_read_is_not_told_and_taken_back() {
    let mut notices = with(Show::Full);
    comes(&mut notices, message("bob", "hi"), 0);
    comes(&mut notices, message("bob", "there"), 10);
    notices.read(&peer("carla").into());
    assert!(notices.recalled().is_empty());
    notices.read(&peer("bob").into());
    assert_eq!(notices.recalled(), [1]);
    assert_eq!(told(&mut notices, 60_000), (vec![], None));
    assert_eq!(comes(&mut notices, message("bob", "new"), 61_000), ["2: BOB: new"]);
}

#[test]
fn many_at_once_are_one_sentence() {
    let mut notices = with(Show::Full);
    comes(&mut notices, message("bob", "hi"), 0);
    for user in ["carla", "dan", "eve", "fay"] {
        assert!(comes(&mut notices, message(user, "alice!"), 100).is_empty());
    }
    assert_eq!(told(&mut notices, 1_000).0, ["0: chinwag: 4 new in 4 conversations"]);
}

#[test]
fn a_clock_that_jumps_does_not_silence_for_ever() {
    let mut notices = with(Show::Full);
    comes(&mut notices, message("bob", "hi"), 86_400_000);
    assert_eq!(comes(&mut notices, message("bob", "yesterday"), 0), ["1: BOB: yesterday"]);
}
