//! From bytes to messages: framing, keep-alives, faults.

use std::time::Instant;

use bytes::Bytes;

use super::engine::Endpoint;
use super::vocabulary::{EndpointEvent, Flow};
use crate::sip::fault::Malformed;
use crate::sip::framing::{Frame, Unreadable};
use crate::sip::message::{Message, StartLine, parse_datagram};
use crate::sip::stun::{self, Stun};

impl Endpoint {
    /// Bytes came (for datagrams: exactly one). Never fails.
    pub fn handle_bytes(&mut self, flow: Flow, data: &[u8], now: Instant) {
        let Some(link) = self.links.get_mut(&flow).filter(|l| !l.closed) else { return };
        match &mut link.framer {
            Some(framer) => {
                framer.push(data);
                self.handle_stream(flow, now);
            }
            None => self.handle_datagram(flow, data, now),
        }
    }

    fn handle_stream(&mut self, flow: Flow, now: Instant) {
        let mut told = false;
        loop {
            // A fault or the user's reaction may have closed the link between two frames.
            let Some(link) = self.links.get_mut(&flow).filter(|l| !l.closed) else { return };
            let Some(framer) = &mut link.framer else { return };
            let frame = framer.next_frame();
            let offender = framer.take_offender();
            let pong = matches!(frame, Ok(Some(Frame::Pong)));
            if pong || !told {
                told = true;
                self.tell(EndpointEvent::Alive { flow, pong });
            }
            match frame {
                Ok(Some(Frame::Message(message))) => self.handle_message(flow, *message, now),
                Ok(Some(Frame::Ping)) => self.transmit(flow, Bytes::from_static(b"\r\n")),
                Ok(Some(Frame::Pong)) => {}
                Ok(Some(Frame::Unreadable(unreadable))) => self.pass_over(flow, *unreadable, now),
                Ok(None) => return,
                Err(fault) => {
                    if let Some(message) = offender {
                        self.refuse_offender(flow, *message, fault.what);
                    }
                    self.close(flow);
                    self.tell(EndpointEvent::Fault { flow, fault, closed: true });
                    return;
                }
            }
        }
    }

    fn handle_datagram(&mut self, flow: Flow, data: &[u8], now: Instant) {
        self.tell(EndpointEvent::Alive { flow, pong: false });
        if stun::is_stun(data) {
            return self.handle_stun(flow, data);
        }
        // Empty lines are somebody's keep-alives.
        if data.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        match parse_datagram(data) {
            Ok(message) => self.handle_message(flow, message, now),
            Err(fault) => self.tell_fault(flow, fault),
        }
    }

    /// Who asks where it is seen is told (RFC 5626 section 8). What cannot be read is dropped.
    fn handle_stun(&mut self, flow: Flow, data: &[u8]) {
        match stun::read(data) {
            Some(Stun::Request(id)) => {
                let Some(from) = self.links.get(&flow).and_then(|link| link.info.source()) else { return };
                self.transmit(flow, stun::answer(id, from).into());
            }
            Some(Stun::Answer(answer)) => self.tell(EndpointEvent::Stun { flow, answer }),
            None => {}
        }
    }

    /// A message that cannot be read went by; where its sender can be told, it is.
    fn pass_over(&mut self, flow: Flow, unreadable: Unreadable, now: Instant) {
        let Unreadable { fault, remains } = unreadable;
        match remains {
            Some(message) if message.method().is_some() => self.refuse_offender(flow, message, fault.what),
            Some(message) => self.handle_unreadable(flow, &message, now),
            None => {}
        }
        self.tell_fault(flow, fault);
    }

    /// Something is wrong with a message; the link lives on.
    pub(super) fn tell_fault(&mut self, flow: Flow, fault: Malformed) {
        self.tell(EndpointEvent::Fault { flow, fault, closed: false });
    }

    fn handle_message(&mut self, flow: Flow, message: Message, now: Instant) {
        match message.start {
            StartLine::Request { .. } => self.handle_request(flow, message, now),
            StartLine::Status { .. } => self.handle_response(flow, message, now),
        }
    }
}
