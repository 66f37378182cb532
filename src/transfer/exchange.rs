//! What both machines do alike: say words, tell events, end.

use std::collections::VecDeque;
use std::time::Instant;

use super::words::Word;
use super::{Event, Failure, Outcome, Output};

/// What waits to be taken by the outside.
#[derive(Debug, Default)]
pub(super) struct Exchange {
    outputs: VecDeque<Output>,
    over: bool,
    /// The other side cannot be written to any more.
    deaf: bool,
}

impl Exchange {
    pub(super) const fn is_over(&self) -> bool {
        self.over
    }

    /// The connection has gone.
    pub(super) fn deafen(&mut self) {
        self.deaf = true;
    }

    /// The next thing that is wanted.
    pub(super) fn poll(&mut self, deadline: Option<Instant>) -> Output {
        self.outputs.pop_front().unwrap_or(Output::Idle(deadline.filter(|_| !self.over)))
    }

    /// Adds something that is wanted.
    pub(super) fn want(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    /// Writes octets; how many will go.
    pub(super) fn write(&mut self, octets: Vec<u8>) -> usize {
        if self.deaf || octets.is_empty() {
            return 0;
        }
        let count = octets.len();
        self.want(Output::Write(octets));
        count
    }

    /// Says a word; how many octets will go.
    pub(super) fn say(&mut self, word: Word<'_>) -> usize {
        self.write(word.write().into_bytes())
    }

    /// Tells how far it is, in place of what was told before and not taken.
    pub(super) fn progress(&mut self, octets: u64) {
        let untold = self.outputs.iter_mut().rev().find_map(|output| match output {
            Output::Event(Event::Progress(told)) => Some(told),
            _ => None,
        });
        match untold {
            Some(told) => *told = octets,
            None => self.want(Output::Event(Event::Progress(octets))),
        }
    }

    /// Ends well.
    pub(super) fn done(&mut self, outcome: Outcome) {
        self.end(Event::Done(outcome));
    }

    /// Ends badly. What was not taken of the file is left out.
    pub(super) fn fail(&mut self, failure: Failure) {
        self.outputs.retain(|output| !matches!(output, Output::Store(_) | Output::Read(_)));
        self.end(Event::Failed(failure));
    }

    fn end(&mut self, event: Event) {
        if !self.over {
            self.want(Output::Event(event));
            self.want(Output::Close);
        }
        self.over = true;
    }
}
