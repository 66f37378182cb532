//! Both machines: against the published exchange, each other, other programs, and whoever means no good.

mod cancelling;
mod hostile;
mod pair;
mod peers;
mod reading;
mod vector;
mod waiting;

use std::time::{Duration, Instant};

use super::{Path, Receiver, Sender, Terms};
use crate::transfer::tests::world::World;
use crate::transfer::tests::{Hears, Wanted, seconds, start};
use crate::transfer::{Event, Machine, Sends, Takes};

pub(super) const SENDER: &str = "msrps://192.0.2.10:2855/s3ss10nid;tcp";
pub(super) const RECEIVER: &str = "msrps://198.51.100.9:2855/iau39soe2843z;tcp";
pub(super) const RELAY: &str = "msrps://relay.example.test:2855/r3l4y;tcp";

pub(super) fn path(text: &str) -> Path {
    Path::parse(text).unwrap()
}

/// Of a sender who connected.
pub(super) fn sending(octets: u64) -> Terms {
    Terms {
        ours: path(SENDER),
        theirs: path(RECEIVER),
        octets,
        media_type: "text/plain".into(),
        sha1: None,
        active: true,
        token: "s3nd".into(),
    }
}

/// Of a receiver to whom somebody connected.
pub(super) fn receiving(octets: u64) -> Terms {
    Terms { ours: path(RECEIVER), theirs: path(SENDER), active: false, token: "r3cv".into(), ..sending(octets) }
}

/// A SEND of the sender; `fields` are lines.
pub(super) fn send(id: &str, fields: &str, body: Option<&str>, flag: char) -> String {
    let body = body.map(|body| format!("Content-Type: text/plain\r\n\r\n{body}\r\n")).unwrap_or_default();
    format!("MSRP {id} SEND\r\nTo-Path: {RECEIVER}\r\nFrom-Path: {SENDER}\r\n{fields}{body}-------{id}{flag}\r\n")
}

/// A chunk of the file as another program would send it.
pub(super) fn chunk(id: &str, range: &str, body: &str, flag: char) -> String {
    send(id, &format!("Message-ID: m3ss\r\nByte-Range: {range}\r\nSuccess-Report: yes\r\n"), Some(body), flag)
}

/// What the receiver answers to the sender.
pub(super) fn answer(id: &str, status: &str) -> String {
    format!("MSRP {id} {status}\r\nTo-Path: {SENDER}\r\nFrom-Path: {RECEIVER}\r\n-------{id}$\r\n")
}

/// What the receiver reports.
pub(super) fn report(id: &str, message: &str, range: &str, status: &str) -> String {
    let fields = format!("Message-ID: {message}\r\nByte-Range: {range}\r\nStatus: 000 {status}\r\n");
    format!("MSRP {id} REPORT\r\nTo-Path: {SENDER}\r\nFrom-Path: {RECEIVER}\r\n{fields}-------{id}$\r\n")
}

/// A sender and a receiver of whom one has connected.
pub(super) fn connected(octets: u64, sender_connects: bool) -> World<Sender, Receiver> {
    let sending = Terms { active: sender_connects, ..sending(octets) };
    let receiving = Terms { active: !sender_connects, ..receiving(octets) };
    World::of(Sender::new(sending, start()), Receiver::new(receiving, start()))
}

impl Sender {
    pub(super) fn wanted(&mut self) -> Wanted {
        Wanted::of(|| self.poll_output())
    }

    /// Hears octets; what it says goes at once.
    pub(super) fn hears(&mut self, octets: impl AsRef<[u8]>, now: Instant) -> Wanted {
        self.receive(octets.as_ref(), now);
        self.gone(now)
    }

    /// Gets a piece of the file; what it says goes at once.
    pub(super) fn reads(&mut self, octets: impl AsRef<[u8]>, now: Instant) -> Wanted {
        self.file(octets.as_ref(), now);
        self.gone(now)
    }

    /// What it wants; what it says goes at once.
    pub(super) fn gone(&mut self, now: Instant) -> Wanted {
        let mut wanted = self.wanted();
        self.written(wanted.wire.len(), now);
        let more = self.wanted();
        wanted.events.extend(more.events);
        wanted.read = wanted.read.or(more.read);
        Wanted { deadline: more.deadline, ..wanted }
    }
}
