//! One account: a network, its reconnecting and its outbox behind the same verbs.
//!
//! The network inside knows one connection at a time. When it fails it reports
//! [`SignInPhase::Waiting`] with the least wait the server asked for (or zero) or, when trying
//! again is pointless, [`SignInPhase::Offline`] with the reason. This file turns the former into
//! a wait of the right length and a new attempt. An attempt goes to all servers in turn; that, and the way
//! back from a spare server, is the network's own affair.
//!
//! ```text
//!            SignIn                    online
//!   Out ---------------> In:trying --------------> In:up
//!    ^                    |     ^                    |
//!    |  refused for good  |     | time, RetryNow,    | link lost: AllStale at once
//!    |                    |     | the network came   |
//!    |<-------------------+     |                    |
//!    |  SignOut           v     |                    |
//!    +<----------------- In:waiting <----------------+
//! ```

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::hurry::Hurry;
use super::outbox::{Letter, Outbox};
use super::reconnect::{Reconnect, Verdict};
use super::sip::{SipBackend, SipSettings};
use super::{Backend, Command, Event, Input, Output, Refused};
use crate::model::{Fate, SignInPhase, WaitReason};
use crate::sip::tokens::Tokens;

/// A network that comes back by itself and keeps what was written meanwhile.
#[derive(Debug)]
pub struct Account {
    inner: Box<dyn Backend>,
    reconnect: Reconnect,
    hurry: Hurry,
    outbox: Outbox,
    stage: Stage,
    outputs: VecDeque<Output>,
    inner_wants: Option<Instant>,
    /// Sign in as soon as the network is drained.
    again: bool,
    /// What waits is kept outside and is never given up here.
    ledger: bool,
    /// When the user last had no patience.
    hurried: Option<Instant>,
    /// It was told already that everything known of others is stale.
    stale: bool,
}

/// Where the account stands.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Stage {
    /// The user does not want to be signed in, or was refused for good.
    Out,
    /// An attempt is running.
    Trying,
    /// Signed in.
    Up,
    /// The next attempt comes at this time.
    Waiting(Instant),
    /// The user signed out; the network says good-bye. `again`: and then wanted to sign in.
    Leaving { again: bool },
}

impl Account {
    /// A SIP account, signed out.
    #[must_use]
    pub fn new(settings: SipSettings) -> Self {
        let mut tokens = Tokens::new(settings.seed);
        let spread = Tokens::new(tokens.bytes());
        let ledger = settings.ledger;
        let account = Self::over(Box::new(SipBackend::new(settings)), spread);
        if ledger { account.with_ledger() } else { account }
    }

    /// The front keeps a ledger: messages wait in it, whatever becomes of this run, and leave after
    /// [`Command::Release`].
    #[must_use]
    pub fn with_ledger(mut self) -> Self {
        self.outbox = Outbox::with_ledger();
        self.ledger = true;
        self
    }

    /// An account over any network; `spread` spreads the waits between attempts.
    #[must_use]
    pub fn over(inner: Box<dyn Backend>, mut spread: Tokens) -> Self {
        Self {
            inner,
            hurry: Hurry::new(Tokens::new(spread.bytes())),
            reconnect: Reconnect::new(spread),
            outbox: Outbox::default(),
            stage: Stage::Out,
            outputs: VecDeque::new(),
            inner_wants: None,
            again: false,
            ledger: false,
            hurried: None,
            stale: false,
        }
    }

    fn sign_in(&mut self, now: Instant) {
        self.attempt(Command::SignIn, now);
    }

    /// The user wants it: no server's wish to be left alone holds.
    fn sign_in_now(&mut self, now: Instant) {
        self.attempt(Command::RetryNow, now);
    }

    fn attempt(&mut self, order: Command, now: Instant) {
        self.stage = Stage::Trying;
        // A network refuses to sign in only when it is signed in already, which is what is wanted.
        let _ = self.inner.handle_command(order, now);
    }

    fn sign_out(&mut self, now: Instant) {
        self.fail_waiting("it was not sent, because you signed out");
        match self.stage {
            Stage::Out | Stage::Leaving { .. } => {}
            Stage::Waiting(_) => {
                self.stage = Stage::Out;
                self.emit(Event::Phase { phase: SignInPhase::Offline { why: None }, server: None, transport: None });
            }
            Stage::Trying | Stage::Up => {
                self.stage = Stage::Leaving { again: false };
                let _ = self.inner.handle_command(Command::SignOut, now);
            }
        }
    }

    fn send_text(&mut self, letter: Letter) -> Result<(), Refused> {
        if !self.ledger && matches!(self.stage, Stage::Out | Stage::Leaving { .. }) {
            return Err(Refused::Offline);
        }
        let tag = letter.tag;
        let waits = self.outbox.hold(letter)?;
        if waits || self.stage != Stage::Up {
            self.emit(Event::Delivery { tag, fate: Fate::Queued });
        }
        Ok(())
    }

    /// Takes everything the network wants done, and gives it what may leave now.
    fn drain(&mut self, now: Instant) {
        loop {
            match self.inner.poll_output() {
                Output::Event(event) => self.on_event(event, now),
                Output::Idle(wants) => {
                    self.inner_wants = wants;
                    while let Some(late) = self.inner.take_late() {
                        self.outbox.let_pass(late);
                    }
                    if std::mem::take(&mut self.again) {
                        self.reconnect.reset();
                        self.sign_in_now(now);
                    } else if !self.send_next(now) {
                        return;
                    }
                }
                other => self.outputs.push_back(other),
            }
        }
    }

    /// Hands one message to the network; `false` when there is none to hand over.
    fn send_next(&mut self, now: Instant) -> bool {
        if self.stage != Stage::Up || self.inner.holds_texts() {
            return false;
        }
        while let Some(tag) = self.outbox.ask_next() {
            self.emit(Event::Leaving(tag));
        }
        let Some(Letter { to, body, tag }) = self.outbox.take_next() else { return false };
        if let Err(refused) = self.inner.handle_command(Command::SendText { to, body, tag }, now) {
            self.outbox.settle(tag);
            self.emit(Event::Delivery { tag, fate: Fate::Failed { why: refused.to_string() } });
        }
        true
    }

    fn on_event(&mut self, event: Event, now: Instant) {
        match event {
            Event::Phase { phase, server, transport } => {
                let phase = self.on_phase(phase, now);
                self.emit(Event::Phase { phase, server, transport });
            }
            Event::AllStale => self.all_stale(),
            Event::Delivery { tag, fate } => {
                if fate.is_final() {
                    self.outbox.settle(tag);
                } else if fate == Fate::Queued {
                    self.outbox.put_back(tag);
                }
                self.emit(Event::Delivery { tag, fate });
            }
            other => self.emit(other),
        }
    }

    fn on_phase(&mut self, phase: SignInPhase, now: Instant) -> SignInPhase {
        match phase {
            SignInPhase::Subscribing | SignInPhase::Online => {
                if self.stage == Stage::Trying {
                    self.stage = Stage::Up;
                    self.reconnect.up(now);
                }
                phase
            }
            SignInPhase::Waiting { retry_in, why } => {
                self.lost();
                if matches!(self.stage, Stage::Leaving { .. }) {
                    return self.left();
                }
                self.hurry.waits_for(&why);
                match self.reconnect.failed(&why, retry_in, now) {
                    Verdict::After(wait) => {
                        self.stage = Stage::Waiting(now + wait);
                        SignInPhase::Waiting { retry_in: wait, why }
                    }
                    Verdict::Never => self.refused(why),
                }
            }
            SignInPhase::Offline { why: Some(why) } => {
                self.lost();
                self.refused(why)
            }
            SignInPhase::Offline { why: None } => {
                self.lost();
                self.left()
            }
            SignInPhase::Resolving | SignInPhase::Connecting | SignInPhase::Securing | SignInPhase::Authenticating => phase,
        }
    }

    fn refused(&mut self, why: WaitReason) -> SignInPhase {
        self.fail_waiting("it was not sent, because sign-in was refused");
        if matches!(self.stage, Stage::Leaving { .. }) {
            return self.left();
        }
        self.stage = Stage::Out;
        SignInPhase::Offline { why: Some(why) }
    }

    /// Signed out as the user wished.
    fn left(&mut self) -> SignInPhase {
        self.fail_waiting("it was not sent, because you signed out");
        self.again = self.stage == Stage::Leaving { again: true };
        self.stage = Stage::Out;
        SignInPhase::Offline { why: None }
    }

    /// The connection is gone: nothing known of others is sure any more, nor is what was on its way.
    fn lost(&mut self) {
        if matches!(self.stage, Stage::Up | Stage::Leaving { .. }) {
            self.all_stale();
        }
        self.stale = false;
        for tag in self.outbox.take_open() {
            let why = "the connection was lost before the answer came; it may have arrived".to_owned();
            self.emit(Event::Delivery { tag, fate: Fate::Unconfirmed { why } });
        }
    }

    /// Told once for each connection; some networks tell it themselves, before what was on its way.
    fn all_stale(&mut self) {
        if !std::mem::replace(&mut self.stale, true) {
            self.emit(Event::AllStale);
        }
    }

    fn fail_waiting(&mut self, why: &str) {
        if self.ledger {
            return;
        }
        for tag in self.outbox.take_waiting() {
            self.emit(Event::Delivery { tag, fate: Fate::Failed { why: why.to_owned() } });
        }
    }

    fn emit(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }
}

impl Backend for Account {
    fn handle_command(&mut self, command: Command, now: Instant) -> Result<(), Refused> {
        let done = match command {
            Command::SignIn => {
                match &mut self.stage {
                    Stage::Out | Stage::Waiting(_) => {
                        self.reconnect.reset();
                        self.sign_in_now(now);
                    }
                    Stage::Leaving { again } => *again = true,
                    Stage::Trying | Stage::Up => {}
                }
                Ok(())
            }
            Command::SignOut => {
                if let Stage::Leaving { again } = &mut self.stage {
                    *again = false;
                }
                self.sign_out(now);
                Ok(())
            }
            Command::RetryNow => match self.stage {
                Stage::Waiting(_) => {
                    // A key held down is one wish.
                    let tired = self.hurried.is_some_and(|last| now.saturating_duration_since(last) < BETWEEN_HURRIES);
                    if !tired {
                        self.hurried = Some(now);
                        self.sign_in_now(now);
                    }
                    Ok(())
                }
                Stage::Trying | Stage::Up => Ok(()),
                Stage::Out | Stage::Leaving { .. } => Err(Refused::Offline),
            },
            Command::SendText { to, body, tag } => self.send_text(Letter { to, body, tag }),
            Command::Release(tag) => {
                self.outbox.release(tag);
                Ok(())
            }
            Command::Withdraw(tag) => {
                if self.outbox.withdraw(tag) {
                    let why = "it was not sent, because that could not be written down first".to_owned();
                    self.emit(Event::Delivery { tag, fate: Fate::Failed { why } });
                }
                Ok(())
            }
            other => self.inner.handle_command(other, now),
        };
        self.drain(now);
        done
    }

    fn handle_input(&mut self, input: Input<'_>, now: Instant) {
        if let (Input::Disturbed, Stage::Waiting(at)) = (&input, &mut self.stage) {
            let sooner = self.hurry.instead_of(*at, now);
            if sooner < *at {
                // What failed before says nothing of this network.
                self.reconnect.reset();
                *at = sooner;
            }
        }
        self.inner.handle_input(input, now);
        self.drain(now);
    }

    fn handle_timeout(&mut self, now: Instant) {
        if let Stage::Waiting(at) = self.stage
            && at <= now
        {
            self.sign_in(now);
        }
        self.inner.handle_timeout(now);
        self.drain(now);
    }

    fn poll_output(&mut self) -> Output {
        if let Some(output) = self.outputs.pop_front() {
            return output;
        }
        let own = match self.stage {
            Stage::Waiting(at) => Some(at),
            Stage::Out | Stage::Trying | Stage::Up | Stage::Leaving { .. } => None,
        };
        Output::Idle([own, self.inner_wants].into_iter().flatten().min())
    }

    fn farewell(&self) -> Duration {
        self.inner.farewell()
    }
}

/// Between two attempts by [`Command::RetryNow`].
const BETWEEN_HURRIES: Duration = Duration::from_secs(2);
