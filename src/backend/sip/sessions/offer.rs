//! What is offered in an INVITE: session descriptions with message media, and what else calls
//! may be about.

use super::state::{Form, Objection};
use crate::backend::sip::fates;
use crate::backend::sip::ua::Ua;
use crate::formats::file_description::{self, FileDescription};
use crate::formats::sdp::{self, Description, Media, Offer, Other};
use crate::model::{Address, Invited};
use crate::sip::message::Message;

/// What an INVITE wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wish {
    /// To exchange messages.
    Messages(Media),
    /// To send a file by MSRP.
    File(FileDescription),
    /// Something we do not have.
    Other(Calling),
    /// There is a description that could not be read.
    Broken,
    /// There is a body of another type.
    NotSdp,
}

/// What else a call may be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Calling {
    /// In words that follow "wants to".
    pub(super) what: &'static str,
    /// The same for the rules.
    pub(super) to: Invited,
}

/// Our offer.
pub(super) fn ours(form: Form, peer: &Address, ua: &Ua) -> String {
    let (media, target) = match form {
        Form::Message => (Media::Message, Some(peer.to_string())),
        Form::XMsMessage => (Media::XMsMessage, None),
    };
    let accept_types = ["text/plain", "text/html", "text/rtf", "application/im-iscomposing+xml"].map(str::to_owned).to_vec();
    sdp::write(&Offer { address: local(ua), media, port: PORT, target, accept_types })
}

/// Our answer, with the name of the medium in the offer.
pub(super) fn answer(media: Media, peer: &Address, ua: &Ua) -> String {
    let target = match media {
        Media::Message => peer,
        Media::XMsMessage => &ua.settings.aor,
    };
    sdp::write(&Offer { address: local(ua), media, port: PORT, target: Some(target.to_string()), accept_types: Vec::new() })
}

/// What we can do, for OPTIONS: no address is given away.
pub(in crate::backend::sip) fn ability(ua: &Ua) -> String {
    let target = Some(ua.settings.aor.to_string());
    sdp::write(&Offer { address: "0.0.0.0".to_owned(), media: Media::Message, port: PORT, target, accept_types: Vec::new() })
}

fn local(ua: &Ua) -> String {
    ua.peer().map(|peer| peer.local.ip().to_string()).unwrap_or_default()
}

/// What an INVITE wants, by its body.
pub(super) fn wish(request: &Message) -> Wish {
    if request.body.is_empty() {
        // Who offers nothing leaves the offer to us.
        return Wish::Other(calling(&[], false));
    }
    if request.content_type() != sdp::MEDIA_TYPE {
        return Wish::NotSdp;
    }
    if let Ok(Some(file)) = file_description::read(&request.body) {
        return Wish::File(file);
    }
    match sdp::read(&request.body) {
        Ok(Description { message: Some(offer), .. }) => Wish::Messages(offer.media),
        Ok(Description { others, secret, .. }) => Wish::Other(calling(&others, secret)),
        Err(_) => Wish::Broken,
    }
}

fn calling(others: &[Other], secret: bool) -> Calling {
    let has = |other| others.contains(&other);
    let to = Invited { voice: has(Other::Audio), video: has(Other::Video), sharing: has(Other::Application), secret };
    let what = match (to.voice, to.video, to.sharing) {
        (_, true, _) => "call you with voice and video",
        (true, false, _) => "call you with voice",
        (false, false, true) => "share a program or a whiteboard with you",
        (false, false, false) => "call you",
    };
    Calling { what, to }
}

/// What a refusal objects to, by its Warning.
pub(super) fn objection(response: &Message) -> Objection {
    match (response.status(), fates::warning(response)) {
        (Some(606), Some(309)) => Objection::Policy,
        (Some(488), Some(308)) => Objection::Encryption,
        _ => Objection::None,
    }
}

/// Messages go through the server, so nobody connects to this; it must not be 0.
const PORT: u16 = 5060;
