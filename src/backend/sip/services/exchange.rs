//! SERVICE requests: a call to the server in the body, an answer in that of the response
//! ([MS-SIP] 3.2.4.2, 3.7.4).
//!
//! Each is a request outside dialogs with names of its own, as SIPE sends them; the captures of
//! [MS-SIP] send changes of lists in the dialog of their subscription, and servers take both. The
//! endpoint's timer F (32 s) ends those that stay without answer.

use std::time::{Duration, Instant};

use crate::backend::sip::registration::retry_after;
use crate::backend::sip::ua::{Leg, Purpose, Ua};
use crate::formats::soap::{self, Answer, Call};
use crate::sip::message::{Message, Method};

/// What a SERVICE was for; tells where its answer goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::backend::sip) enum Errand {
    /// Our presence.
    Presence,
    /// A change of the contact list.
    Contacts,
    /// A change of the access list.
    Access,
    /// A search of the directory, by number.
    Search(u32),
    /// How somebody is, by number.
    Look(u32),
}

/// The body of a 200.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// There was none.
    Nothing,
    /// An answer.
    Answer(Answer),
    /// Something that is none. Most calls have no answer, and 200 is all they need.
    Garble,
}

/// How a SERVICE ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Done, and what the body says.
    Done(Said),
    /// Refused.
    Refused {
        /// The code.
        code: u16,
        /// When to try again, if the server said so.
        again: Option<Duration>,
    },
    /// No answer came in time.
    Silent,
}

impl Outcome {
    /// What a final response means. A body that should be an answer and is none counts as fault.
    pub(super) fn of(response: &Message, ua: &mut Ua) -> Self {
        let code = response.status().unwrap_or(0);
        if !(200..300).contains(&code) {
            return Self::Refused { code, again: retry_after(response) };
        }
        if response.body.is_empty() {
            return Self::Done(Said::Nothing);
        }
        Self::Done(soap::read_answer(&response.body).map_or_else(
            |_| {
                ua.fault("service-answer");
                Said::Garble
            },
            Said::Answer,
        ))
    }

    /// Why it failed, as the end of a sentence.
    pub(super) fn why(&self) -> String {
        match self {
            Self::Done(_) => "what the server answered cannot be understood".to_owned(),
            Self::Refused { code: 413, .. } => "the server has no room for more (413)".to_owned(),
            Self::Refused { code, .. } => format!("the server refuses it ({code})"),
            Self::Silent => "the server does not answer".to_owned(),
        }
    }

    /// Whether the server does not know SERVICE at all.
    pub(super) const fn is_unknown(&self) -> bool {
        matches!(self, Self::Refused { code: 405 | 501, .. })
    }
}

/// Sends a call; its answer comes back under `errand`. `false` if there is no link.
pub(super) fn ask(call: &Call, errand: Errand, ua: &mut Ua, now: Instant) -> bool {
    let to = match call {
        Call::DirectorySearch { .. } => format!("sip:{}", ua.settings.aor.domain()),
        Call::GetPresence { uri } => uri.clone(),
        Call::SetPresence(_)
        | Call::SetContact { .. }
        | Call::DeleteContact { .. }
        | Call::AddGroup { .. }
        | Call::ModifyGroup { .. }
        | Call::DeleteGroup { .. }
        | Call::SetAce { .. } => ua.settings.aor.to_string(),
    };
    let mut leg = Leg::new(&to, &mut ua.tokens);
    let mut request = ua.request(&Method::Service, &to, leg.next());
    request.headers.push("Contact", ua.dialog_contact());
    request.set_body(soap::MEDIA_TYPE, soap::write_call(call).into_bytes());
    ua.send(request, Purpose::Service(errand), now)
}
