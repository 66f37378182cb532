//! Reads and writes a realistic mix of messages with our layer, rsip and ezk-sip-types.
//!
//! `cargo bench --bench parse`. Each contestant takes short turns on each message, one after the
//! other; the best turn of each counts, so that other work on the machine disturbs little.

#![allow(clippy::print_stdout, clippy::panic)] // a bench speaks on standard output

use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::Bytes;
use chinwag::sip::framing::{Frame, Framer, Limits};
use chinwag::sip::message::parse_datagram;
use ezk_sip_types::header::typed::ContentLength;
use ezk_sip_types::msg::{Line, MessageLine, PullParser};
use ezk_sip_types::parse::Parse as _;
use ezk_sip_types::print::AppendCtx as _;

const ROUNDS: usize = 25;
const TURN: Duration = Duration::from_millis(12);

struct Sample {
    name: &'static str,
    bytes: &'static [u8],
}

macro_rules! samples {
    ($($name:literal = $file:literal,)*) => {
        &[$(Sample { name: $name, bytes: include_bytes!(concat!("../tests/fixtures/wire/", $file)) },)*]
    };
}

const MIX: &[Sample] = samples! {
    "MESSAGE" = "s10-1-message.sip",
    "REGISTER, LCS" = "s01-1-register.sip",
    "200 to REGISTER, LCS" = "s01-2-200.sip",
    "NOTIFY with PIDF" = "s10-2-notify.sip",
    "200" = "s10-3-200.sip",
};

const REST: &[Sample] = samples! {
    "BENOTIFY" = "a02-1-benotify.sip",
    "BENOTIFY, list" = "a06-1-benotify.sip",
    "SERVICE" = "a03-1-service.sip",
};

fn ours(data: &[u8]) -> Option<usize> {
    Some(parse_datagram(black_box(data)).ok()?.to_bytes().len())
}

/// As [`ours`], but off a stream.
fn ours_framed(data: &[u8]) -> Option<usize> {
    let mut framer = Framer::new(Limits::default());
    framer.push(black_box(data));
    match framer.next_frame() {
        Ok(Some(Frame::Message(message))) => Some(message.to_bytes().len()),
        _ => None,
    }
}

fn rsip(data: &[u8]) -> Option<usize> {
    let message = rsip::SipMessage::try_from(black_box(data)).ok()?;
    Some(Vec::<u8>::from(message).len())
}

/// The way ezk's own endpoint takes a datagram apart and puts it together.
fn ezk(data: &[u8]) -> Option<usize> {
    let source = Bytes::copy_from_slice(black_box(data));
    let mut lines = PullParser::new(&source, 0);
    let first = std::str::from_utf8(lines.next()?.ok()?).ok()?;
    let start = MessageLine::parse(&source)(first).ok()?.1;
    let mut headers = ezk_sip_types::Headers::new();
    for line in &mut lines {
        let line = Line::parse(&source, std::str::from_utf8(line.ok()?).ok()?).ok()?.1;
        headers.insert(line.name, line.value);
    }
    let end = lines.head_end();
    let length = headers.get_named::<ContentLength>().ok()?.0;
    let body = source.slice(end..end + length);
    let mut out = String::with_capacity(data.len());
    write!(out, "{}\r\n{}\r\n", start.default_print_ctx(), headers).ok()?;
    let mut out = out.into_bytes();
    out.extend_from_slice(&body);
    Some(Bytes::from(out).len())
}

/// Nanoseconds for one message, best of all turns; `None` when the contestant refuses it.
struct Score {
    contestant: &'static str,
    run: fn(&[u8]) -> Option<usize>,
    best: Option<f64>,
}

impl Score {
    fn new(contestant: &'static str, run: fn(&[u8]) -> Option<usize>) -> Self {
        Self { contestant, run, best: None }
    }

    fn turn(&mut self, data: &[u8]) {
        if (self.run)(data).is_none() {
            return;
        }
        let (begin, mut count) = (Instant::now(), 0_u32);
        while begin.elapsed() < TURN {
            for _ in 0..64 {
                black_box((self.run)(data));
            }
            count += 64;
        }
        let each = begin.elapsed().as_secs_f64() * 1e9 / f64::from(count);
        self.best = Some(self.best.map_or(each, |best| best.min(each)));
    }
}

fn measure(sample: &Sample) -> [Score; 4] {
    let mut scores =
        [Score::new("ours", ours), Score::new("framed", ours_framed), Score::new("rsip", rsip), Score::new("ezk", ezk)];
    for _ in 0..ROUNDS {
        for score in &mut scores {
            score.turn(sample.bytes);
        }
    }
    scores
}

fn row(name: &str, octets: usize, best: [Option<f64>; 4]) {
    print!("| {name:<22} | {octets:>6} |");
    for ns in best {
        print!(" {:>12} |", ns.map_or("refuses".to_owned(), |ns| format!("{:.0} k/s", 1e6 / ns)));
    }
    let ratio = |other: Option<f64>| match (best[0], other) {
        (Some(ours), Some(other)) => format!("{:.1}", other / ours),
        _ => "-".to_owned(),
    };
    println!(" {:>6} | {:>5} |", ratio(best[2]), ratio(best[3]));
}

fn main() {
    println!("| message | octets | ours | ours, framed | rsip | ezk-sip-types | × rsip | × ezk |");
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    let mut sums = [0.0; 4];
    let mut octets = 0;
    for sample in MIX {
        let scores = measure(sample);
        let best = scores.each_ref().map(|s| s.best);
        for (sum, score) in sums.iter_mut().zip(&scores) {
            *sum += score.best.unwrap_or_else(|| panic!("{} refuses {}", score.contestant, sample.name));
        }
        octets += sample.bytes.len();
        row(sample.name, sample.bytes.len(), best);
    }
    row("the mix, each once", octets, sums.map(Some));
    for sample in REST {
        let best = measure(sample).map(|s| s.best);
        row(sample.name, sample.bytes.len(), best);
    }
    println!();
    println!("mix: {:.1} times rsip, {:.1} times ezk-sip-types", sums[2] / sums[0], sums[3] / sums[0]);
}
