//! What a peer can do wrong. One variant for each offence, never with the peer's words in it.

/// The bytes are not SIP, or not SIP we can stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what} at byte {offset}")]
pub struct Malformed {
    /// The offence.
    pub what: Offence,
    /// Where: octets from the start of the message.
    pub offset: usize,
}

/// Offences against the grammar of RFC 3261 section 25, and against our limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Offence {
    /// Neither a request line nor a status line.
    #[error("a broken start line")]
    StartLine,
    /// A version other than SIP/2.0.
    #[error("a SIP version that is not 2.0")]
    Version,
    /// A status code outside 100 to 699.
    #[error("a broken status code")]
    StatusCode,
    /// A method that is not a token.
    #[error("a broken method")]
    Method,
    /// A URI that cannot be read.
    #[error("a broken URI")]
    Uri,
    /// A header line without a colon, or whose name is not a token.
    #[error("a broken header line")]
    HeaderLine,
    /// A control character, or bytes that are no UTF-8, where text must be.
    #[error("a character that is not permitted")]
    Character,
    /// A header field value that does not follow its grammar.
    #[error("a broken header field value")]
    HeaderValue,
    /// A header field that must be there is missing.
    #[error("a missing header field")]
    MissingHeader,
    /// A header field that may stand only once stands more often, with different values.
    #[error("a header field given twice")]
    DuplicateHeader,
    /// Content-Length is not a number, or not what came.
    #[error("a wrong Content-Length")]
    ContentLength,
    /// A stream message without Content-Length.
    #[error("no Content-Length on a stream")]
    NoContentLength,
    /// The head is longer than the limit.
    #[error("a head that is too long")]
    HeadTooLong,
    /// More header fields than the limit.
    #[error("too many header fields")]
    TooManyHeaders,
    /// The body is longer than the limit.
    #[error("a body that is too long")]
    BodyTooLong,
    /// Too many keep-alives in a row without a message.
    #[error("too many keep-alives")]
    TooManyPings,
    /// The message ends too early (datagrams).
    #[error("a truncated message")]
    Truncated,
    /// Too many messages in a row that cannot be read.
    #[error("too many messages that cannot be read")]
    TooManyUnreadable,
}

impl Offence {
    /// One word for programs and counters, the same for good.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::StartLine => "start-line",
            Self::Version => "sip-version",
            Self::StatusCode => "status-code",
            Self::Method => "method",
            Self::Uri => "uri",
            Self::HeaderLine => "header-line",
            Self::Character => "character",
            Self::HeaderValue => "header-value",
            Self::MissingHeader => "header-missing",
            Self::DuplicateHeader => "header-twice",
            Self::ContentLength => "length-wrong",
            Self::NoContentLength => "length-missing",
            Self::HeadTooLong => "head-too-long",
            Self::TooManyHeaders => "headers-too-many",
            Self::BodyTooLong => "body-too-long",
            Self::TooManyPings => "ping-flood",
            Self::Truncated => "message-truncated",
            Self::TooManyUnreadable => "unreadable-flood",
        }
    }
}
