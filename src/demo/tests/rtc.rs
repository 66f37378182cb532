//! What clients of LCS say, for the conversations with them.

use super::*;
use crate::formats::soap::{Call, SetPresence, write_call};
use crate::formats::{Extent, multipart, rlmi};

/// The four options every SUBSCRIBE of such a client asks for.
pub const WAYS: &str = "Supported: com.microsoft.autoextend
        Supported: ms-benotify
        Proxy-Require: ms-benotify
        Supported: ms-piggyback-first-notify";

/// A client of LCS on a link of its own.
pub struct Rtc {
    pub user: &'static str,
    pub epid: &'static str,
    pub flow: Flow,
}

impl Rtc {
    /// Signs in on the link of this number.
    pub fn new(wire: &mut Wire, number: u64, user: &'static str, epid: &'static str) -> Self {
        let flow = wire.tcp(number);
        assert_eq!(wire.ask(flow, &rtc_registration(user, epid)).status(), Some(200));
        Self { user, epid, flow }
    }

    /// A request to an address, with these header lines.
    pub fn request(&self, method: &str, to: &str, more: &str) -> String {
        format!(
            "{method} sip:{to} SIP/2.0
        From: <sip:{user}@example.test>;tag=t{user};epid={epid}
        To: <sip:{to}>
        Contact: <sip:{user}@example.test:49152;maddr=10.0.0.9;transport=tcp>;proxy=replace
        {more}",
            user = self.user,
            epid = self.epid,
        )
    }

    /// A SUBSCRIBE about oneself.
    pub fn own(&self, event: &str, accept: &str, ways: &str) -> String {
        self.request("SUBSCRIBE", &format!("{}@example.test", self.user), &format!("Event: {event}\nAccept: {accept}\n{ways}"))
    }

    /// A SUBSCRIBE for many.
    pub fn batch(&self, act: &str, people: &[&str], ways: &str) -> String {
        let list = people.iter().map(|p| format!("<resource uri=\"sip:{p}@example.test\"/>\r\n")).collect::<Vec<_>>().concat();
        let me = format!("sip:{}@example.test", self.user);
        let accept = "application/rlmi+xml, text/xml+msrtc.pidf, multipart/related";
        format!(
            "{}\nRequire: adhoclist\nSupported: eventlist\nContent-Type: application/adrl+xml\n\n\
             <adhoclist xmlns=\"urn:ietf:params:xml:ns:adrl\" uri=\"{me}\" name=\"{me}\">\r\n<{act} xmlns=\"\">\r\n{list}</{act}>\r\n</adhoclist>",
            self.own("presence", accept, ways)
        )
    }

    /// A SERVICE to oneself.
    pub fn service(&self, call: &Call) -> String {
        let me = format!("{}@example.test", self.user);
        let more = format!("Content-Type: application/SOAP+xml\n\n{}", write_call(call));
        self.request("SERVICE", &me, &more)
    }

    /// Says how one is.
    pub fn set_presence(&self, wire: &mut Wire, availability: u32, activity: u32) {
        self.say(wire, SetPresence { availability, activity, ..self.said() });
    }

    /// Says how one is, in full.
    pub fn say(&self, wire: &mut Wire, said: SetPresence) {
        assert_eq!(wire.ask(self.flow, &self.service(&Call::SetPresence(said))).status(), Some(200));
    }

    /// What one says before anything is filled in.
    pub fn said(&self) -> SetPresence {
        SetPresence { uri: format!("sip:{}@example.test", self.user), ..SetPresence::default() }
    }
}

/// The list of a notification, and the document of each person with one.
pub fn read_list(message: &Message) -> (rlmi::List, Vec<(String, String)>) {
    let content_type = message.header("Content-Type").unwrap();
    let body = multipart::read(&content_type, &message.body).unwrap();
    let list = rlmi::read(body.root().unwrap().body).unwrap();
    let documents = list.resources.iter().filter_map(|r| {
        let part = body.part(r.instances.first()?.cid.as_deref()?).unwrap();
        Some((r.uri.clone(), String::from_utf8(part.body.to_vec()).unwrap().trim_end().to_owned()))
    });
    (list.clone(), documents.collect())
}

/// Version, extent and number of people of a list.
pub fn outline(list: &rlmi::List) -> (u32, Extent, usize) {
    (list.version, list.extent, list.resources.len())
}
