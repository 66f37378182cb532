//! A scripted backend for tests and screenshots.

use std::collections::VecDeque;
use std::time::Instant;

use super::{Backend, Command, Event, Input, Output, Refused};

/// Does what the script says: records orders, emits the events it was given.
///
/// Each command takes the next answer off the script; without a script everything is accepted
/// and nothing happens.
#[derive(Debug, Default)]
pub struct FakeBackend {
    commands: Vec<Command>,
    script: VecDeque<Step>,
    outputs: VecDeque<Output>,
}

/// What one command leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// The command is accepted, and these events follow.
    Events(Vec<Event>),
    /// The command is refused.
    Refuse(Refused),
}

impl FakeBackend {
    /// A backend that accepts everything and says nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what the next command without an answer leads to.
    #[must_use]
    pub fn then(mut self, step: Step) -> Self {
        self.script.push_back(step);
        self
    }

    /// Emits an event out of the blue.
    pub fn emit(&mut self, event: Event) {
        self.outputs.push_back(Output::Event(event));
    }

    /// The commands so far.
    #[must_use]
    pub fn commands(&self) -> &[Command] {
        &self.commands
    }
}

impl Backend for FakeBackend {
    fn handle_command(&mut self, command: Command, _now: Instant) -> Result<(), Refused> {
        self.commands.push(command);
        match self.script.pop_front() {
            Some(Step::Refuse(refused)) => Err(refused),
            Some(Step::Events(events)) => {
                self.outputs.extend(events.into_iter().map(Output::Event));
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn handle_input(&mut self, _input: Input<'_>, _now: Instant) {}

    fn handle_timeout(&mut self, _now: Instant) {}

    fn poll_output(&mut self) -> Output {
        self.outputs.pop_front().unwrap_or(Output::Idle(None))
    }
}
