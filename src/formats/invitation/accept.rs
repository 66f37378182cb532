//! The answer that takes a file, and the one that tells where its sender listens.

use std::net::IpAddr;

use super::{Cookie, Key, PORT_X};

/// An offer is taken, or its sender tells where it listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accept {
    /// The number of the offer.
    pub cookie: Cookie,
    /// Whether the other side is asked for its address (`Request-Data: IP-Address:`). Clients of the family always
    /// say so.
    pub request_data: bool,
    /// From the receiver: what the file is encrypted with.
    pub encryption_key: Option<Key>,
    /// From the receiver: what the file is authenticated with.
    pub hash_key: Option<Key>,
    /// From who listens: the address.
    pub address: Option<IpAddr>,
    /// From who listens: the port, never 0.
    pub port: Option<u16>,
    /// From who listens: another port, see [`PORT_X`].
    pub port_x: Option<u16>,
    /// From who listens: what the receiver is to say on the connection.
    pub auth_cookie: Option<Cookie>,
    /// From a receiver that listens: the sender is to connect.
    pub sender_connect: bool,
}

impl Accept {
    /// A receiver that does not listen: keys for an encrypted transfer, none for a plain one.
    #[must_use]
    pub fn taken(cookie: Cookie, keys: Option<(Key, Key)>) -> Self {
        let (encryption_key, hash_key) = keys.unzip();
        Self {
            cookie,
            request_data: true,
            encryption_key,
            hash_key,
            address: None,
            port: None,
            port_x: None,
            auth_cookie: None,
            sender_connect: false,
        }
    }

    /// The same, with the place where we listen.
    #[must_use]
    pub fn listening(self, address: IpAddr, port: u16, auth_cookie: Cookie) -> Self {
        let (address, port, port_x) = (Some(address), Some(port), Some(PORT_X));
        Self { address, port, port_x, auth_cookie: Some(auth_cookie), ..self }
    }

    /// The same, of a receiver that listens: the sender is to connect.
    #[must_use]
    pub fn sender_connects(self) -> Self {
        Self { sender_connect: true, ..self }
    }

    /// Where to connect to, and what to say there, if all of it is told.
    #[must_use]
    pub fn place(&self) -> Option<(IpAddr, u16, Cookie)> {
        Some((self.address?, self.port?, self.auth_cookie?))
    }

    /// The keys, if both are told: of the cipher, and of the authentication.
    #[must_use]
    pub fn keys(&self) -> Option<(&Key, &Key)> {
        Some((self.encryption_key.as_ref()?, self.hash_key.as_ref()?))
    }
}
