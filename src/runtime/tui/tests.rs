//! The loop with a terminal made of two lists, and a clock that stands still.

use futures_util::stream;
use tokio::sync::mpsc;

use super::*;
use crate::app::{AccountView, Action};
use crate::model::Address;
use crate::policy::Policy;

#[derive(Debug, Default)]
struct Paper {
    frames: Vec<Instant>,
    heard: Vec<Msg>,
    left: usize,
}

impl Screen for Paper {
    fn draw(&mut self, _: &App) -> io::Result<()> {
        self.frames.push(Instant::now());
        Ok(())
    }

    fn translate(&mut self, event: &Event, _: &App) -> Vec<Msg> {
        let msg = match event {
            Event::Paste(text) if text == "quit" => Msg::Action(Action::Quit),
            Event::Resize(columns, rows) => Msg::Resize(*columns, *rows),
            _ => Msg::Paste(String::new()),
        };
        self.heard.push(msg.clone());
        vec![msg]
    }

    fn perform(&mut self, _: &Effect) -> io::Result<()> {
        Ok(())
    }

    fn leave(&mut self) -> io::Result<()> {
        self.left += 1;
        Ok(())
    }

    fn enter(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn size(&self) -> io::Result<(u16, u16)> {
        Ok((80, 24))
    }
}

const IDLE: IdleSettings = IdleSettings { idle_after: Duration::from_mins(5), away_after: Duration::from_mins(15) };

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
    let ended = run(&mut shell(), &mut paper, typed(receiver), &mut signals, IDLE).await;
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
    let ended = run(&mut shell(), &mut paper, typed(receiver), &mut signals, IDLE).await;
    assert!(matches!(ended, Ended::Terminal(None)), "{ended:?}");
    assert_eq!(paper.frames.len(), 1);
    typing.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn each_threshold_passes_once_until_somebody_is_back() {
    let mut idle = Idle::new(IDLE);
    let start = Instant::now();
    assert_eq!(idle.due(), Some(start + IDLE.idle_after));
    assert_eq!(idle.passed(), Some(Msg::KeyboardIdle(IDLE.idle_after)));
    assert_eq!(idle.due(), Some(start + IDLE.away_after));
    assert_eq!(idle.passed(), Some(Msg::KeyboardIdle(IDLE.away_after)));
    assert_eq!(idle.due(), None);
    assert_eq!(idle.touched(), Some(Msg::KeyboardIdle(Duration::ZERO)));
    assert_eq!(idle.touched(), None);
    assert_eq!(Idle::new(IdleSettings { idle_after: Duration::ZERO, away_after: Duration::ZERO }).due(), None);
}
