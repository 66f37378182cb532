//! The loop with a terminal made of two lists, and a clock that stands still.

use futures_util::stream;
use tokio::sync::mpsc;

use super::*;
use crate::app::{AccountView, Action};
use crate::model::Address;
use crate::policy::Policy;
use crate::runtime::reread::NoSource;

#[derive(Debug, Default)]
struct Paper {
    frames: Vec<Instant>,
    heard: Vec<Msg>,
    left: usize,
    performed: Vec<Effect>,
    /// The screen was locked when the last key came.
    was_locked: bool,
}

impl Screen for Paper {
    fn draw(&mut self, _: &App) -> io::Result<()> {
        self.frames.push(Instant::now());
        Ok(())
    }

    fn translate(&mut self, event: Event, app: &App) -> Vec<Msg> {
        self.was_locked = app.is_locked();
        let msg = match event {
            Event::Paste(text) if text == "quit" => Msg::Action(Action::Quit),
            Event::Resize(columns, rows) => Msg::Resize(columns, rows),
            _ => Msg::Paste(String::new()),
        };
        self.heard.push(msg.clone());
        vec![msg]
    }

    fn perform(&mut self, effect: &Effect) -> io::Result<Vec<Msg>> {
        self.performed.push(effect.clone());
        Ok(Vec::new())
    }

    fn leave(&mut self) -> io::Result<()> {
        self.left += 1;
        Ok(())
    }

    fn configure(&mut self, _: &UiSettings) -> Vec<String> {
        Vec::new()
    }

    fn enter(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const IDLE: IdleSettings = IdleSettings {
    idle_after: Duration::from_mins(5),
    away_after: Duration::from_mins(15),
    lock_after: Duration::ZERO,
    multiplexer: false,
};

fn typed(receiver: mpsc::UnboundedReceiver<Event>) -> impl Stream<Item = io::Result<Event>> + Unpin {
    Box::pin(stream::unfold(receiver, |mut receiver| async move { receiver.recv().await.map(|event| (Ok(event), receiver)) }))
}

fn shell() -> Shell {
    let _ = AccountView::new(Address::parse("a@b.test").unwrap());
    Shell::assemble(Policy::default(), Vec::new())
}

#[tokio::test(start_paused = true)]
async fn a_storm_is_drawn_at_most_every_frame() {
    let (keys, receiver) = mpsc::unbounded_channel();
    let typing = tokio::spawn(async move {
        for n in 0..1000_u16 {
            keys.send(Event::Resize(80 + n % 7, 24)).unwrap();
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        keys.send(Event::Paste("quit".into())).unwrap();
        keys
    });
    let mut paper = Paper::default();
    let mut signals = Signals::new().unwrap();
    let ended = run(&mut shell(), &mut paper, typed(receiver), &mut signals, IDLE, &mut NoSource).await;
    assert!(matches!(ended, Ended::Quit), "{ended:?}");
    assert!(paper.frames.windows(2).all(|pair| pair[1] - pair[0] >= FRAME));
    assert!((30..=64).contains(&paper.frames.len()), "{}", paper.frames.len());
    drop(typing.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn nothing_is_drawn_while_nothing_happens() {
    let (keys, receiver) = mpsc::unbounded_channel();
    let typing = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_mins(4)).await;
        drop(keys);
    });
    let mut paper = Paper::default();
    let mut signals = Signals::new().unwrap();
    let ended = run(&mut shell(), &mut paper, typed(receiver), &mut signals, IDLE, &mut NoSource).await;
    assert!(matches!(ended, Ended::Terminal(None)), "{ended:?}");
    assert_eq!(paper.frames.len(), 1);
    typing.await.unwrap();
}

/// A terminal that does not read from the first frame on, until a minute is over.
#[derive(Debug, Default)]
struct Blocked {
    paper: Paper,
    until: Option<Instant>,
    timer: Option<std::pin::Pin<Box<tokio::time::Sleep>>>,
}

impl Screen for Blocked {
    fn draw(&mut self, app: &App) -> io::Result<()> {
        self.until.get_or_insert_with(|| Instant::now() + Duration::from_mins(1));
        self.paper.draw(app)
    }

    fn translate(&mut self, event: Event, app: &App) -> Vec<Msg> {
        self.paper.translate(event, app)
    }

    fn perform(&mut self, effect: &Effect) -> io::Result<Vec<Msg>> {
        self.paper.perform(effect)
    }

    fn leave(&mut self) -> io::Result<()> {
        self.paper.leave()
    }

    fn enter(&mut self) -> io::Result<()> {
        self.paper.enter()
    }

    fn configure(&mut self, ui: &UiSettings) -> Vec<String> {
        self.paper.configure(ui)
    }

    fn is_clear(&self) -> bool {
        self.until.is_none_or(|until| Instant::now() >= until)
    }

    fn poll_clear(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(until) = self.until else { return Poll::Ready(Ok(())) };
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(until)));
        timer.as_mut().poll(cx).map(Ok)
    }
}

#[tokio::test(start_paused = true)]
async fn while_the_terminal_does_not_read_nothing_is_drawn_and_all_goes_on() {
    let (keys, receiver) = mpsc::unbounded_channel();
    let typing = tokio::spawn(async move {
        // Half a minute of changes while it does not read, then a minute of silence.
        for n in 0..300_u16 {
            keys.send(Event::Resize(80 + n % 7, 24)).unwrap();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        tokio::time::sleep(Duration::from_mins(1)).await;
        keys.send(Event::Paste("quit".into())).unwrap();
        keys
    });
    let mut blocked = Blocked::default();
    let mut signals = Signals::new().unwrap();
    let ended = run(&mut shell(), &mut blocked, typed(receiver), &mut signals, IDLE, &mut NoSource).await;
    assert!(matches!(ended, Ended::Quit), "{ended:?}");
    assert_eq!(blocked.paper.heard.len(), 301, "every key is heard");
    let frames = &blocked.paper.frames;
    assert_eq!(frames.len(), 2, "one before, one when it reads again: {frames:?}");
    assert!(frames[1] - frames[0] >= Duration::from_mins(1));
    drop(typing.await.unwrap());
}

const NONE: Duration = Duration::ZERO;

#[tokio::test(start_paused = true)]
async fn each_threshold_passes_once_until_somebody_is_back() {
    let mut idle = Idle::new(IDLE, NONE);
    let start = Instant::now();
    assert_eq!(idle.due(), Some(start + IDLE.idle_after));
    assert_eq!(idle.passed(NONE), None);
    tokio::time::advance(IDLE.idle_after).await;
    assert_eq!(idle.passed(NONE), Some(Msg::KeyboardIdle(IDLE.idle_after)));
    assert_eq!((idle.passed(NONE), idle.due()), (None, Some(start + IDLE.away_after)));
    tokio::time::advance(IDLE.away_after).await;
    assert_eq!(idle.passed(NONE), Some(Msg::KeyboardIdle(IDLE.away_after)));
    assert_eq!((idle.passed(NONE), idle.due()), (None, None));
    assert_eq!(idle.touched(NONE), Some(Msg::KeyboardIdle(NONE)));
    assert_eq!(idle.touched(NONE), None);
    let never = IdleSettings { idle_after: NONE, away_after: NONE, lock_after: NONE, multiplexer: false };
    assert_eq!(Idle::new(never, NONE).due(), None);
}

#[tokio::test(start_paused = true)]
async fn time_passes_while_the_machine_sleeps() {
    let boot = Duration::from_hours(100);
    let mut idle = Idle::new(IDLE, boot);
    assert_eq!(idle.passed(boot + Duration::from_mins(4)), None);
    let woken = boot + Duration::from_hours(8);
    assert_eq!(idle.passed(woken), Some(Msg::KeyboardIdle(IDLE.idle_after)));
    assert_eq!(idle.passed(woken), Some(Msg::KeyboardIdle(IDLE.away_after)));
    assert_eq!(idle.touched(woken), Some(Msg::KeyboardIdle(NONE)));
    assert_eq!(idle.passed(woken + Duration::from_mins(4)), None);
    // Set back by a day: then the other one counts.
    tokio::time::advance(IDLE.idle_after).await;
    assert_eq!(idle.passed(NONE), Some(Msg::KeyboardIdle(IDLE.idle_after)));
}

thread_local! {
    static BOOT: std::cell::Cell<Duration> = const { std::cell::Cell::new(Duration::ZERO) };
}

/// A front of which the clock is that of the test.
fn front<'a>(paper: &'a mut Paper, source: &'a mut NoSource) -> Front<'a, Paper> {
    let idle = IdleSettings { lock_after: Duration::from_mins(5), ..IDLE };
    Front {
        screen: paper,
        source,
        idle: Idle::new(idle, BOOT.get()),
        clock: || BOOT.get(),
        around: Multiplexers::default(),
        next_frame: Instant::now(),
        away: false,
        editor: None,
        edited: None,
        held: Vec::new(),
    }
}

/// A shell whose screen can be locked.
fn lockable() -> Shell {
    let mut shell = shell();
    let app = shell.app_mut();
    (app.lock.possible, app.ledger, app.lock.after) = (true, true, Duration::from_mins(5));
    shell
}

#[tokio::test(start_paused = true)]
async fn after_a_sleep_the_screen_is_locked_before_a_key_is_taken_in() {
    let (keys, receiver) = mpsc::unbounded_channel();
    let (mut paper, mut source, mut shell) = (Paper::default(), NoSource, lockable());
    let (mut events, mut signals) = (typed(receiver), Signals::new().unwrap());
    let mut front = front(&mut paper, &mut source);
    for (slept, locked) in [(Duration::from_mins(4), false), (Duration::from_hours(8), true)] {
        BOOT.set(BOOT.get() + slept);
        keys.send(Event::Paste("x".into())).unwrap();
        let heard = front.screen.heard.len();
        while front.screen.heard.len() == heard {
            front.turn(&mut shell, &mut events, &mut signals).await.unwrap();
        }
        assert_eq!((front.screen.was_locked, shell.app().is_locked()), (locked, locked), "{slept:?}");
    }
}

#[tokio::test]
async fn notices_that_waited_for_an_editor_are_dropped_where_the_screen_was_locked_meanwhile() {
    for locked in [false, true] {
        let (mut paper, mut source, mut shell) = (Paper::default(), NoSource, lockable());
        let mut front = front(&mut paper, &mut source);
        front.away = true;
        let notice = crate::app::Notice { from: Address::parse("bob@b.test").ok(), ..crate::app::Notice::test() };
        front.held = vec![Effect::Notify(notice.clone()), Effect::Redraw];
        if locked {
            shell.submit(Msg::KeyboardIdle(Duration::from_mins(5)));
        }
        front.back(&mut shell).unwrap();
        let expected = if locked { vec![Effect::Redraw] } else { vec![Effect::Notify(notice), Effect::Redraw] };
        assert_eq!(paper.performed, expected);
    }
}
