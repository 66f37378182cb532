//! Request methods: an open set (RFC 3261 section 7.1). Methods are case-sensitive tokens.

use std::fmt;
use std::sync::Arc;

use super::lex::is_token;

macro_rules! methods {
    ($($(#[$doc:meta])* $variant:ident = $text:literal,)*) => {
        /// A request method.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        pub enum Method {
            $($(#[$doc])* $variant,)*
            /// Any other token.
            Other(Arc<str>),
        }

        impl Method {
            /// Reads a method; `None` if it is not a token.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text {
                    $($text => Some(Self::$variant),)*
                    other if is_token(other) => Some(Self::Other(Arc::from(other))),
                    _ => None,
                }
            }

            /// The method as it stands on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Other(text) => text,
                }
            }
        }
    };
}

methods! {
    /// RFC 3261 section 13.
    Invite = "INVITE",
    /// RFC 3261 section 13.
    Ack = "ACK",
    /// RFC 3261 section 15.
    Bye = "BYE",
    /// RFC 3261 section 9.
    Cancel = "CANCEL",
    /// RFC 3261 section 11.
    Options = "OPTIONS",
    /// RFC 3261 section 10.
    Register = "REGISTER",
    /// RFC 6086.
    Info = "INFO",
    /// RFC 3428.
    Message = "MESSAGE",
    /// RFC 6665.
    Subscribe = "SUBSCRIBE",
    /// RFC 6665.
    Notify = "NOTIFY",
    /// RFC 3903.
    Publish = "PUBLISH",
    /// RFC 3515.
    Refer = "REFER",
    /// RFC 3311.
    Update = "UPDATE",
    /// RFC 3262.
    Prack = "PRACK",
    /// Best-effort notification, never answered (MS-SIP).
    Benotify = "BENOTIFY",
    /// MS-SIP: orders to the server.
    Service = "SERVICE",
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
