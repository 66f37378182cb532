//! A server that says yes to everything, over bytes: just enough for a client under measurement.

/// A subscription it holds, as its parts stand in a NOTIFY.
struct Watch {
    call_id: String,
    from: String,
    to: String,
    contact: String,
    person: String,
}

/// The server's side of one connection.
pub struct YesServer {
    port: u16,
    buffer: Vec<u8>,
    watches: Vec<Watch>,
    cseq: u64,
}

impl YesServer {
    /// A new connection to a server on this port.
    pub fn new(port: u16) -> Self {
        Self { port, buffer: Vec::new(), watches: Vec::new(), cseq: 1 }
    }

    /// How many people are watched through it.
    #[allow(dead_code, reason = "one of the two benches asks")]
    pub fn watched(&self) -> usize {
        self.watches.len()
    }

    /// Takes what the client sent and returns what it answers.
    pub fn feed(&mut self, data: &[u8]) -> Vec<u8> {
        self.buffer.extend_from_slice(data);
        let mut out = Vec::new();
        let mut at = 0;
        loop {
            let rest = &self.buffer[at..];
            if rest.starts_with(b"\r\n") {
                out.extend_from_slice(if rest.starts_with(b"\r\n\r\n") { b"\r\n" } else { b"" });
                at += if rest.starts_with(b"\r\n\r\n") { 4 } else { 2 };
                continue;
            }
            let Some(end) = memchr::memmem::find(rest, b"\r\n\r\n") else { break };
            if rest.starts_with(b"SIP/2.0") {
                // An answer to a notification; it has no body, and its cost must not be ours.
                at += end + 4;
                continue;
            }
            let head: Vec<String> = String::from_utf8_lossy(&rest[..end]).split("\r\n").map(str::to_owned).collect();
            let length: usize = value(&head, "Content-Length").parse().unwrap_or(0);
            if rest.len() < end + 4 + length {
                break;
            }
            at += end + 4 + length;
            self.answer(&head, &mut out);
        }
        self.buffer.drain(..at);
        out
    }

    /// So many notifications, spread over the people watched.
    pub fn burst(&mut self, count: u32) -> Vec<u8> {
        let mut out = Vec::new();
        for _ in 0..count {
            if self.watches.is_empty() {
                break;
            }
            self.cseq += 1;
            let watch = &self.watches[(self.cseq % self.watches.len() as u64) as usize];
            out.extend_from_slice(notify(watch, self.cseq, self.port).as_bytes());
        }
        out
    }

    fn answer(&mut self, head: &[String], out: &mut Vec<u8>) {
        let start = &head[0];
        let port = self.port;
        let copied: String = head
            .iter()
            .filter(|l| ["via:", "from:", "call-id:", "cseq:"].iter().any(|n| l.to_ascii_lowercase().starts_with(n)))
            .map(|l| format!("{l}\r\n"))
            .collect();
        let to = value(head, "To");
        let to = if to.contains("tag=") { to } else { format!("{to};tag=yes") };
        let own = format!("<sip:server@127.0.0.1:{port};transport=tcp>");
        let contact = if start.starts_with("REGISTER") { value(head, "Contact") } else { own };
        let winfo = value(head, "Event").contains("winfo");
        let status = if winfo { "489 Bad Event" } else { "200 OK" };
        let tag = if start.starts_with("PUBLISH") { "SIP-ETag: e1\r\n" } else { "" };
        let answer = format!(
            "SIP/2.0 {status}\r\n{copied}To: {to}\r\nContact: {contact}\r\nExpires: 3600\r\n{tag}Content-Length: 0\r\n\r\n"
        );
        out.extend_from_slice(answer.as_bytes());
        if start.starts_with("SUBSCRIBE") && !winfo {
            let watch = Watch {
                call_id: value(head, "Call-ID"),
                from: value(head, "From"),
                to,
                contact: value(head, "Contact").trim_start_matches('<').split('>').next().unwrap_or("").to_owned(),
                person: start.split(' ').nth(1).unwrap_or("").to_owned(),
            };
            out.extend_from_slice(notify(&watch, 1, port).as_bytes());
            if !self.watches.iter().any(|w| w.call_id == watch.call_id) {
                self.watches.push(watch);
            }
        }
    }
}

fn value(head: &[String], name: &str) -> String {
    head.iter()
        .find_map(|l| l.split_once(':').filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.trim().to_owned()))
        .unwrap_or_default()
}

fn notify(watch: &Watch, cseq: u64, port: u16) -> String {
    let state = if cseq.is_multiple_of(2) { "<rpid:away/>" } else { "<rpid:busy/>" };
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" \
         xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\" entity=\"{}\">\
         <tuple id=\"t1\"><status><basic>open</basic></status><note>note {cseq}</note></tuple>\
         <dm:person id=\"p1\"><rpid:activities>{state}</rpid:activities></dm:person></presence>",
        watch.person
    );
    format!(
        "NOTIFY {} SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:{port};branch=z9hG4bKs{cseq}{}\r\nMax-Forwards: 70\r\nFrom: {}\r\nTo: {}\r\n\
         Call-ID: {}\r\nCSeq: {cseq} NOTIFY\r\nContact: <sip:server@127.0.0.1:{port};transport=tcp>\r\nEvent: presence\r\n\
         Subscription-State: active;expires=3600\r\nContent-Type: application/pidf+xml\r\nContent-Length: {}\r\n\r\n{body}",
        watch.contact,
        watch.call_id,
        watch.to,
        watch.from,
        watch.call_id,
        body.len()
    )
}
