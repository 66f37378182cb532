//! A server that signs us out ([MS-SIPREGE] 3.2 and 4.1.3): a notification in the dialog that the
//! REGISTER made, for which nobody subscribed.

use super::{Registration, State, words};
use crate::formats::registration_event;
use crate::model::WaitReason;
use crate::sip::message::Message;

/// Why the server signed us out, and so whether to come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::backend::sip) struct Deregistered {
    /// In the words of sign-in; final if the user should decide about coming back.
    pub(in crate::backend::sip) why: WaitReason,
}

impl Registration {
    /// Whether a request tells of the registration at all.
    pub(in crate::backend::sip) fn is_notice(request: &Message) -> bool {
        let event = request.header("Event").unwrap_or_default();
        event.split(';').next().unwrap_or("").trim().eq_ignore_ascii_case("registration-notify")
    }

    /// Reads a notification of the server: `None` if it is not in the dialog of our REGISTER, or
    /// does not end it.
    pub(in crate::backend::sip) fn on_notice(&self, request: &Message) -> Option<Deregistered> {
        let leg = self.leg.as_ref().filter(|_| matches!(self.state, State::Registered { .. } | State::Refreshing { .. }))?;
        let to_tag = request.to().ok().and_then(|to| to.tag());
        if request.call_id().as_deref() != Some(&leg.call_id) || to_tag.as_deref() != Some(&leg.tag) {
            return None;
        }
        let event = registration_event::read(&request.body).ok()?;
        let said = words(request);
        let why = match event {
            registration_event::Deregistered::Unregistered => {
                let place = "you signed in at another place".to_owned();
                WaitReason::SignedOutByServer { reason: said.map_or(place.clone(), |said| format!("{place}: {said}")) }
            }
            registration_event::Deregistered::Rejected => WaitReason::SignedOutByServer {
                reason: said.unwrap_or_else(|| "the account is not allowed to sign in".to_owned()),
            },
            // There is a way back, and for words to come as well, as far as we can know.
            registration_event::Deregistered::Deactivated
            | registration_event::Deregistered::RegistrarChanged
            | registration_event::Deregistered::Unknown => WaitReason::Moved,
        };
        Some(Deregistered { why })
    }
}
