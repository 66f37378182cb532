//! Carries what is said about files between its keeper and the messages it travels in.

use std::time::Instant;

use super::SipBackend;
use crate::backend::sip::files::Letter;
use crate::model::Fate;

impl SipBackend {
    /// Reads what came about files, and sends what is to be said about them.
    pub(super) fn pump_files(&mut self, now: Instant) {
        for came in std::mem::take(&mut self.ua.invitations) {
            self.files.came(came, &mut self.ua, now);
        }
        for came in std::mem::take(&mut self.ua.file_calls) {
            self.files.called(came, &mut self.ua, now);
        }
        while let Some(Letter { to, body, tag }) = self.files.next_letter() {
            let sent = if self.connected() {
                self.send_text(&to, &body, tag, now).map_err(|why| why.to_string())
            } else {
                Err(OFFLINE.to_owned())
            };
            if let Err(why) = sent {
                self.files.on_fate(tag, &Fate::Failed { why }, &mut self.ua);
            }
        }
    }
}

const OFFLINE: &str = "you are not signed in";
