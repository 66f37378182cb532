//! Texts as bodies of MESSAGE, both ways: looks, character sets, markup reduced to what it says.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::rtf;
use crate::backend::sip::text;
use crate::formats::invitation;
use crate::formats::media_type::MediaType;
use crate::formats::multipart::{self, Part};
use crate::formats::{cpim, iscomposing, msgr, text_format};
use crate::model::{Body, TextStyle};
use crate::sip::message::Message;

/// What a MESSAGE holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    /// Words for the user.
    Text(Body),
    /// A composing indication in the other dialect (RFC 3994).
    Composing,
    /// Something about a file, or another invitation of Messenger's older protocol.
    Invitation,
    /// Nothing we can read.
    Unreadable,
}

/// Reads a MESSAGE.
pub(super) fn read(message: &Message) -> Content {
    if message.headers.get("Content-Encoding").is_some_and(|e| !e.eq_ignore_ascii_case("identity")) {
        return Content::Unreadable;
    }
    let value = message.headers.get("Content-Type").unwrap_or_default();
    let kind = MediaType::read(&value);
    match kind.essence.as_str() {
        iscomposing::MEDIA_TYPE => Content::Composing,
        invitation::MEDIA_TYPE => Content::Invitation,
        essence if kind.is_multipart() || essence == cpim::MEDIA_TYPE => compound(&value, &kind, &message.body),
        _ => words(&kind, &message.body).map_or(Content::Unreadable, Content::Text),
    }
}

/// A body of parts: the plainest words in it, the first of them.
fn compound(value: &str, kind: &MediaType, body: &[u8]) -> Content {
    if kind.essence == cpim::MEDIA_TYPE {
        let inside = cpim::read(body).ok().and_then(|c| words(&MediaType::read(&c.content_type), c.body));
        return inside.map_or(Content::Unreadable, Content::Text);
    }
    let Ok(parts) = multipart::read(value, body) else { return Content::Unreadable };
    let rank = |part: &Part<'_>| match part.content_type.essence.as_str() {
        "text/plain" => Some(0),
        "text/html" => Some(1),
        "text/rtf" | "application/rtf" => Some(2),
        _ => None,
    };
    let nested: Vec<_> = parts.parts.iter().filter(|p| p.content_type.is_multipart()).filter_map(|p| p.parts().ok()).collect();
    let all = parts.parts.iter().chain(nested.iter().flat_map(|n| n.parts.iter()));
    let best = all.filter_map(|part| rank(part).map(|rank| (rank, part))).min_by_key(|(rank, _)| *rank);
    best.and_then(|(_, part)| words(&part.content_type, part.body)).map_or(Content::Unreadable, Content::Text)
}

/// The words of one type of body.
fn words(kind: &MediaType, bytes: &[u8]) -> Option<Body> {
    let decoded = || match kind.parameter("charset") {
        Some(charset) if !charset.is_empty() => text::decode_as(charset, bytes),
        _ => text::decode_unnamed(bytes),
    };
    let text = match kind.essence.as_str() {
        "" | "text/plain" => decoded(),
        "text/html" => text::from_html(&decoded()),
        "text/rtf" | "application/rtf" => rtf::text(bytes)?,
        _ => return None,
    };
    let content_type = if kind.essence.is_empty() { "text/plain".to_owned() } else { kind.essence.clone() };
    Some(Body { text, style: style_in(kind), content_type })
}

/// How a text is to look.
pub(in crate::backend::sip) fn style_of(message: &Message) -> TextStyle {
    style_in(&MediaType::read(&message.headers.get("Content-Type").unwrap_or_default()))
}

fn style_in(kind: &MediaType) -> TextStyle {
    kind.parameter("msgr").and_then(msgr::read).map(|look| style(&look)).unwrap_or_default()
}

/// Content-Type of a text of ours, with its look unless it is plain.
pub(in crate::backend::sip) fn content_type(body: &Body) -> String {
    if body.content_type != "text/plain" {
        return body.content_type.clone();
    }
    let plain = body.style == TextStyle::default();
    let look = if plain { String::new() } else { format!(";msgr={}", msgr::write(&look(body.style))) };
    format!("text/plain; charset=UTF-8{look}")
}

/// The text that an INVITE carries, if it does and we can read it.
pub(super) fn first_text(invite: &Message) -> Option<Result<Body, Unreadable>> {
    let value = invite.headers.get(text_format::HEADER)?;
    let Ok(format) = text_format::read(&value) else { return Some(Err(Unreadable)) };
    if format.body.is_empty() || format.body.len() > LONGEST_INCOMING {
        return None;
    }
    let parameters = [("charset", &format.charset), ("msgr", &format.msgr)];
    let parameters = parameters.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?))).collect();
    let body = words(&MediaType { essence: format.content_type, parameters }, &format.body);
    body.filter(|body| !body.text.is_empty()).map(Ok)
}

/// What cannot be read, though it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unreadable;

fn style(look: &msgr::Look) -> TextStyle {
    let msgr::Look { bold, italic, underline, strike, colour, right_to_left, font: _ } = *look;
    TextStyle { bold, italic, underline, strike, colour, right_to_left }
}

fn look(style: TextStyle) -> msgr::Look {
    let TextStyle { bold, italic, underline, strike, colour, right_to_left } = style;
    msgr::Look { bold, italic, underline, strike, colour, right_to_left, font: None }
}

/// Tells texts apart without keeping them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fingerprint(u64);

impl Fingerprint {
    /// The mark of a text.
    pub(super) fn of(body: &Body) -> Self {
        let mut hash = DefaultHasher::new();
        body.text.trim_end().hash(&mut hash);
        Self(hash.finish())
    }
}

/// Bodies we can read.
pub(super) const ACCEPT: &str = "text/plain, text/html, text/rtf, multipart/alternative, multipart/related, message/cpim, \
                                 application/im-iscomposing+xml";
/// Octets of a text of ours.
pub(super) const LONGEST_TEXT: usize = 32 * 1024;
/// Octets of a text to us.
pub(super) const LONGEST_INCOMING: usize = 256 * 1024;
