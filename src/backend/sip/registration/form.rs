//! What a REGISTER of ours says (RFC 3261 section 10.2, RFC 5626 section 4.2; [MS-SIP] 3.1.4.2,
//! [MS-SIPREGE] 2.2.1).
//!
//! Without knowing the registrar both families' words go into one REGISTER: each side passes over
//! what it does not know. What a registrar cannot stand all the same is left out the next time.

use std::collections::BTreeSet;

use crate::backend::sip::incoming::ALLOW;
use crate::backend::sip::ua::Ua;
use crate::sip::message::Message;

/// Which words a REGISTER holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::backend::sip) struct Form {
    /// `reg-id` and `+sip.instance`, a lifetime we wish, `path, outbound, gruu`.
    pub(in crate::backend::sip) simple: bool,
    /// `proxy=replace`, keep-alive, implicit subscription to the registration, [`LCS_TAGS`].
    pub(in crate::backend::sip) lcs: bool,
    /// Option tags, and the event, that the registrar cannot stand.
    without: BTreeSet<&'static str>,
}

impl Form {
    pub(in crate::backend::sip) const fn new(simple: bool, lcs: bool) -> Self {
        Self { simple, lcs, without: BTreeSet::new() }
    }

    /// The words of LCS are of no use here.
    pub(super) fn drop_lcs(&mut self) {
        self.lcs = !self.simple;
    }

    /// Writes everything behind CSeq. `expires`: the lifetime wished; who speaks the words of LCS
    /// alone leaves it to the server, unless it `must` be told. `stale`: a binding to be taken away by the way.
    pub(super) fn write(&self, request: &mut Message, expires: u32, must: bool, stale: Option<&str>, ua: &Ua) {
        if let Some(stale) = stale {
            request.headers.push("Contact", format!("<{stale}>;expires=0"));
        }
        request.headers.push("Contact", self.contact(ua));
        if self.simple || must {
            request.headers.push("Expires", expires.to_string());
        }
        for tags in [self.simple.then_some(SIMPLE_TAGS), self.lcs.then_some(LCS_TAGS)].into_iter().flatten() {
            let kept: Vec<&str> = tags.iter().copied().filter(|tag| self.says(tag)).collect();
            if !kept.is_empty() {
                request.headers.push("Supported", kept.join(", "));
            }
        }
        if self.lcs {
            request.headers.push("ms-keep-alive", "UAC;hop-hop=yes");
            if self.says(EVENT) {
                request.headers.push("Event", EVENT);
            }
            request.headers.push("Allow-Events", "presence");
        }
        if self.simple {
            request.headers.push("Allow", ALLOW);
        }
    }

    /// Leaves out what a refusal is about; `false` when there is nothing to leave out.
    pub(super) fn refused(&mut self, code: u16, response: &Message) -> bool {
        match code {
            // The first hop has no outbound (RFC 5626 section 6).
            439 => self.leave_out(OUTBOUND),
            // The event is not known ([MS-SIPREGE] 3.1.2.5.1).
            489 => self.leave_out(EVENT),
            420 | 421 => self.leave_out_named(response),
            _ => false,
        }
    }

    fn leave_out(&mut self, word: &'static str) -> bool {
        self.says(word) && self.without.insert(word)
    }

    /// Leaves out what is named, or, if that is nothing of ours, everything that is not needed.
    fn leave_out_named(&mut self, response: &Message) -> bool {
        let named = [response.headers.list("Unsupported"), response.headers.list("Require")].concat();
        let known = SIMPLE_TAGS.iter().chain(LCS_TAGS).filter(|tag| self.says(tag));
        let known: Vec<&'static str> = known.filter(|tag| named.iter().any(|n| n.eq_ignore_ascii_case(tag))).copied().collect();
        if !known.is_empty() {
            self.without.extend(known);
            return true;
        }
        let both = self.simple && self.lcs;
        self.lcs &= !both;
        both
    }

    fn says(&self, tag: &str) -> bool {
        let words = if SIMPLE_TAGS.contains(&tag) { self.simple } else { self.lcs };
        words && !self.without.contains(tag)
    }

    fn contact(&self, ua: &Ua) -> String {
        // A Contact without user is what [MS-SIP] 4.1 shows; others want to see theirs.
        let uri = if self.simple { ua.contact_uri() } else { ua.bare_contact_uri() };
        let reg = if self.says(OUTBOUND) { ";reg-id=1" } else { "" };
        let instance =
            if self.simple { format!(";+sip.instance=\"<urn:uuid:{}>\"", ua.settings.instance) } else { String::new() };
        let replace = if self.lcs { format!(";methods=\"{METHODS}\";proxy=replace") } else { String::new() };
        format!("<{uri}>{reg}{instance}{replace}")
    }
}

const OUTBOUND: &str = "outbound";
const EVENT: &str = "registration";
const SIMPLE_TAGS: &[&str] = &["path", OUTBOUND, "gruu"];
const LCS_TAGS: &[&str] = &["com.microsoft.msrtc.presence", "adhoclist"];
const METHODS: &str = "INVITE, MESSAGE, INFO, SUBSCRIBE, OPTIONS, BYE, CANCEL, NOTIFY, ACK, REFER, BENOTIFY";
