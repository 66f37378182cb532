//! Package `presence` for one person (RFC 3856; MS-SIP section 3.2): what a watcher may see, and in
//! which form.
//!
//! Watchers of LCS are never refused: who may not see somebody is told nothing.

use super::{Notice, Standing, mark_of};
use crate::demo::accounts::Handling;
use crate::demo::compose::{closed, compose};
use crate::demo::numbers::{RtcState, as_xpidf, presentity};
use crate::demo::oddities::DocumentOddity;
use crate::demo::publications::Publication;
use crate::demo::server::Server;
use crate::demo::subscriptions::{Form, Subscription, Topic};
use crate::formats::{msrtc, pidf, xpidf};
use crate::model::Address;

/// Octets of a document about a person made of what several devices say: those who spoke longest
/// ago are left out until it is short enough. What one device says alone always is.
const MOST_OCTETS: usize = 128 * 1024;

/// What a watcher sees of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// The person as they are.
    Open,
    /// Somebody who is not there.
    Closed,
    /// Nothing yet: the person has not decided.
    Pending,
    /// Nothing: the person refuses.
    Rejected,
    /// There is no such person.
    NoResource,
}

/// A document about a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::demo) struct Picture {
    /// Its type.
    pub media_type: &'static str,
    /// The document.
    pub body: String,
    /// The same for what says the same, however old it is.
    pub mark: u64,
}

impl Server {
    /// What a watcher may see of a person now. People always see themselves.
    pub(in crate::demo) fn view(&self, watcher: &Address, who: &Address) -> View {
        let Some(account) = self.accounts.of(who) else { return View::NoResource };
        let handling = if watcher == who { Handling::Allow } else { account.handling_of(watcher, self.config.default_handling) };
        match handling {
            Handling::Allow => View::Open,
            Handling::PoliteBlock => View::Closed,
            Handling::Confirm => View::Pending,
            Handling::Block => View::Rejected,
        }
    }

    /// A person as they are, or as if away: nothing tells the second from somebody who is.
    pub(in crate::demo) fn picture(&self, watcher: &Address, who: &Address, open: bool, form: Form) -> Picture {
        let mut said = if open { self.publications.of(who) } else { &[] };
        loop {
            let picture = self.picture_of(said, watcher == who, who, open, form);
            match said {
                [_, later @ ..] if picture.body.len() > MOST_OCTETS && !later.is_empty() => said = later,
                _ => return picture,
            }
        }
    }

    fn picture_of(&self, said: &[Publication], is_self: bool, who: &Address, open: bool, form: Form) -> Picture {
        let account = self.accounts.of(who);
        let display = account.map(|account| account.display.as_str()).unwrap_or_default();
        // Who wants to seem offline must look like somebody who is.
        let shown = said.iter().filter(|p| is_self || p.rtc.as_ref().is_none_or(RtcState::is_there));
        if form == Form::Pidf {
            let document = if open { compose(who, display, shown) } else { closed(who, display) };
            let body = pidf::write(&document);
            return Picture { media_type: pidf::MEDIA_TYPE, mark: mark_of(&body), body };
        }
        let info = account.and_then(|account| account.user_info());
        let mut seen = presentity(who, display, info, said, is_self, self.stamp(self.clock));
        if form == Form::Xpidf {
            let body = xpidf::write(&as_xpidf(&seen));
            return Picture { media_type: xpidf::MEDIA_TYPE, mark: mark_of(&body), body };
        }
        let body = odd(msrtc::write(&seen), self.config.oddities.document);
        seen.devices.iter_mut().for_each(|device| device.age = None);
        Picture { media_type: msrtc::MEDIA_TYPE, mark: mark_of(&msrtc::write(&seen)), body }
    }

    pub(super) fn person_notice(&self, subscription: &mut Subscription, full: bool) -> Option<Notice> {
        let (form, watcher) = (subscription.form, &subscription.watcher);
        let Topic::Person { who, told } = &mut subscription.topic else { return None };
        let view = self.view(watcher, who);
        let (standing, open) = match view {
            View::Open => (Standing::Active, Some(true)),
            View::Closed => (Standing::Active, Some(false)),
            // Nothing may stay on the screen of somebody who may see nothing any more.
            View::Pending | View::Rejected if form != Form::Pidf => {
                told.as_ref()?;
                (Standing::Active, Some(false))
            }
            View::Pending => (Standing::Pending, None),
            View::Rejected => (Standing::Terminated("rejected"), None),
            View::NoResource => (Standing::Terminated("noresource"), None),
        };
        let picture = open.map(|open| self.picture(watcher, who, open, form));
        let mark = Some(picture.as_ref().map_or_else(|| mark_of(&(view as u8)), |picture| picture.mark));
        if *told == mark && !full {
            return None;
        }
        *told = mark;
        Some(Notice::one(standing, picture.map(|picture| (picture.media_type.to_owned(), picture.body.into_bytes()))))
    }
}

/// A document with something wrong about it, as a test wants it.
fn odd(body: String, oddity: DocumentOddity) -> String {
    let namespace = " xmlns=\"http://schemas.microsoft.com/2002/09/sip/presence\"";
    match oddity {
        DocumentOddity::None => body,
        DocumentOddity::WrongEncoding => format!("<?xml version=\"1.0\" encoding=\"utf-16\"?>{body}"),
        DocumentOddity::NoNamespace => body.replacen(namespace, "", 1),
        DocumentOddity::SwappedNamespace => body.replacen("2002/09/sip/presence", "09/2002/sip/presence", 1),
    }
}
