//! Watcher information (RFC 3858), `application/watcherinfo+xml`: who subscribes to us.

use super::xml::{self, Element, Space, Writer};
use super::{Fault, Offence};

pub use super::extent::Extent;

/// The media type.
pub const MEDIA_TYPE: &str = "application/watcherinfo+xml";

/// How a subscription stands (RFC 3857 section 4.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Alive, waits for a decision.
    Pending,
    /// Alive and permitted.
    Active,
    /// Ran out before a decision, which is still wanted.
    Waiting,
    /// Over.
    Terminated,
}

/// What brought the subscription into its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// It was asked for.
    Subscribe,
    /// It was permitted.
    Approved,
    /// The server ended it; may come again at once.
    Deactivated,
    /// The server ended it; may come again later.
    Probation,
    /// It was refused.
    Rejected,
    /// It ran out.
    Timeout,
    /// The server gave up waiting for a decision.
    GiveUp,
    /// What was watched is no more.
    NoResource,
    /// A word not in the standard, or none.
    Unknown,
}

/// One subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watcher {
    /// Names the row within its list.
    pub id: String,
    /// Who watches, as written; normally the watcher's address.
    pub uri: String,
    /// How it stands.
    pub status: Status,
    /// Why.
    pub cause: Cause,
    /// The name the watcher gives.
    pub display_name: Option<String>,
    /// Seconds it will last from now.
    pub expiration: Option<u32>,
    /// Seconds it has lasted.
    pub duration: Option<u32>,
}

/// The watchers of one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatcherList {
    /// What is watched.
    pub resource: String,
    /// The event package, `presence`.
    pub package: String,
    /// The rows.
    pub watchers: Vec<Watcher>,
}

/// One document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatcherInfo {
    /// Counts up by one with each document of a subscription, from 0.
    pub version: u32,
    /// All or changes.
    pub extent: Extent,
    /// One list for each resource and package.
    pub lists: Vec<WatcherList>,
}

impl Status {
    const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Waiting => "waiting",
            Self::Terminated => "terminated",
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        [Self::Pending, Self::Active, Self::Waiting, Self::Terminated].into_iter().find(|s| s.word() == word)
    }
}

impl Cause {
    const fn word(self) -> &'static str {
        match self {
            Self::Subscribe | Self::Unknown => "subscribe",
            Self::Approved => "approved",
            Self::Deactivated => "deactivated",
            Self::Probation => "probation",
            Self::Rejected => "rejected",
            Self::Timeout => "timeout",
            Self::GiveUp => "giveup",
            Self::NoResource => "noresource",
        }
    }

    fn from_word(word: &str) -> Self {
        let known = [
            Self::Subscribe,
            Self::Approved,
            Self::Deactivated,
            Self::Probation,
            Self::Rejected,
            Self::Timeout,
            Self::GiveUp,
            Self::NoResource,
        ];
        known.into_iter().find(|c| c.word() == word).unwrap_or(Self::Unknown)
    }
}

/// Reads a document. A row without id or with a status not in the standard is left out.
pub fn read(body: &[u8]) -> Result<WatcherInfo, Fault> {
    let root = xml::read(body, Space::WatcherInfo, "watcherinfo")?;
    let version = root.attribute("version").ok_or(Offence::Missing.at(0))?;
    let version = version.trim().parse().map_err(|_| Offence::Value.at(0))?;
    let extent = match root.attribute("state").ok_or(Offence::Missing.at(0))?.trim() {
        "full" => Extent::Full,
        "partial" => Extent::Partial,
        _ => return Err(Offence::Value.at(0)),
    };
    let lists = root.all(Space::WatcherInfo, "watcher-list").map(list).collect();
    Ok(WatcherInfo { version, extent, lists })
}

fn list(element: &Element) -> WatcherList {
    let owned = |name| element.attribute(name).unwrap_or_default().trim().to_owned();
    let watchers = element.all(Space::WatcherInfo, "watcher").filter_map(watcher).collect();
    WatcherList { resource: owned("resource"), package: owned("package"), watchers }
}

fn watcher(element: &Element) -> Option<Watcher> {
    let seconds = |name| element.attribute(name).and_then(|text| text.trim().parse().ok());
    Some(Watcher {
        id: element.attribute("id")?.to_owned(),
        uri: element.trimmed().to_owned(),
        status: Status::from_word(element.attribute("status")?.trim())?,
        cause: Cause::from_word(element.attribute("event").unwrap_or_default().trim()),
        display_name: element.attribute("display-name").filter(|name| !name.is_empty()).map(str::to_owned),
        expiration: seconds("expiration"),
        duration: seconds("duration-subscribed"),
    })
}

/// Writes a document.
#[must_use]
pub fn write(info: &WatcherInfo) -> String {
    let mut xml = Writer::new();
    let state = match info.extent {
        Extent::Full => "full",
        Extent::Partial => "partial",
    };
    xml.raw("<watcherinfo xmlns=\"urn:ietf:params:xml:ns:watcherinfo\"");
    xml.attribute("version", &info.version.to_string()).attribute("state", state).raw(">\r\n");
    for list in &info.lists {
        xml.raw("<watcher-list").attribute("resource", &list.resource).attribute("package", &list.package).raw(">\r\n");
        for watcher in &list.watchers {
            xml.raw("<watcher").attribute("id", &watcher.id);
            xml.attribute("event", watcher.cause.word()).attribute("status", watcher.status.word());
            if let Some(name) = &watcher.display_name {
                xml.attribute("display-name", name);
            }
            if let Some(seconds) = watcher.expiration {
                xml.attribute("expiration", &seconds.to_string());
            }
            if let Some(seconds) = watcher.duration {
                xml.attribute("duration-subscribed", &seconds.to_string());
            }
            xml.raw(">").text(&watcher.uri).raw("</watcher>\r\n");
        }
        xml.raw("</watcher-list>\r\n");
    }
    xml.raw("</watcherinfo>");
    xml.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str, uri: &str, status: Status, cause: Cause) -> Watcher {
        Watcher { id: id.into(), uri: uri.into(), status, cause, display_name: None, expiration: None, duration: None }
    }

    #[test]
    fn exact_shape_and_back() {
        let mut carol = row("w2", "sip:carol@example.test", Status::Pending, Cause::Subscribe);
        carol.display_name = Some("Carol \"C\" <&>".into());
        carol.expiration = Some(3600);
        carol.duration = Some(12);
        let info = WatcherInfo {
            version: 3,
            extent: Extent::Partial,
            lists: vec![WatcherList {
                resource: "sip:alice@example.test".into(),
                package: "presence".into(),
                watchers: vec![row("w1", "sip:bob@example.test", Status::Terminated, Cause::GiveUp), carol],
            }],
        };
        let body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n\
            <watcherinfo xmlns=\"urn:ietf:params:xml:ns:watcherinfo\" version=\"3\" state=\"partial\">\r\n\
            <watcher-list resource=\"sip:alice@example.test\" package=\"presence\">\r\n\
            <watcher id=\"w1\" event=\"giveup\" status=\"terminated\">sip:bob@example.test</watcher>\r\n\
            <watcher id=\"w2\" event=\"subscribe\" status=\"pending\" display-name=\"Carol &quot;C&quot; &lt;&amp;&gt;\" \
            expiration=\"3600\" duration-subscribed=\"12\">sip:carol@example.test</watcher>\r\n\
            </watcher-list>\r\n</watcherinfo>";
        assert_eq!(write(&info), body);
        assert_eq!(read(body.as_bytes()), Ok(info));
    }

    /// The form Kamailio 5.6 sends.
    #[test]
    fn reads_the_form_of_a_common_server() {
        let body = b"<?xml version=\"1.0\"?>\n<watcherinfo xmlns=\"urn:ietf:params:xml:ns:watcherinfo\" version=\"0\" state=\"full\">\n  \
            <watcher-list resource=\"sip:bob@example.test\" package=\"presence\">\n    \
            <watcher id=\"x1\" event=\"subscribe\" status=\"pending\">sip:alice@example.test</watcher>\n  \
            </watcher-list>\n</watcherinfo>\n";
        let info = read(body).unwrap();
        assert_eq!((info.version, info.extent), (0, Extent::Full));
        assert_eq!(info.lists[0].watchers, [row("x1", "sip:alice@example.test", Status::Pending, Cause::Subscribe)]);
    }

    #[test]
    fn bad_rows_are_left_out_and_bad_documents_are_faults() {
        let body = b"<watcherinfo version='1' state='partial'><watcher-list resource='r' package='presence'>\
            <watcher id='a' status='dancing' event='x'>u</watcher><watcher status='active'>u</watcher>\
            <watcher id='c' status='active' event='new'>u</watcher></watcher-list></watcherinfo>";
        assert_eq!(read(body).unwrap().lists[0].watchers, [row("c", "u", Status::Active, Cause::Unknown)]);
        for (body, what) in [
            ("<watcherinfo state='full'/>", Offence::Missing),
            ("<watcherinfo version='-1' state='full'/>", Offence::Value),
            ("<watcherinfo version='1' state='half'/>", Offence::Value),
            ("<watcherinfo version='1'/>", Offence::Missing),
            ("<list/>", Offence::WrongDocument),
        ] {
            assert_eq!(read(body.as_bytes()), Err(what.at(0)), "{body}");
        }
    }
}
