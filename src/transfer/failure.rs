//! Why a transfer failed.

use super::Bye;

/// Why a transfer failed, as a sentence for the user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Failure {
    /// We gave it up.
    #[error("you cancelled the transfer")]
    Cancelled,
    /// The other side gave it up.
    #[error("the other side cancelled the transfer")]
    CancelledByPeer,
    /// The receiver has no room for it.
    #[error("the other side has no room for the file")]
    PeerFull,
    /// The receiver waited too long for us.
    #[error("the other side waited too long for the file; try again")]
    PeerTimeout,
    /// The receiver ended it in another way.
    #[error("the other side ended the transfer early (code {code})", code = .0.code())]
    PeerEnded(Bye),
    /// The other side speaks another protocol: also one that should be encrypted and is not.
    #[error("the other side sends files in another way than was agreed; ask them to send it anew")]
    WrongProtocol,
    /// Somebody else connected.
    #[error("somebody connected who is not the receiver of the file, so nothing was sent")]
    WrongUser,
    /// Somebody connected who does not know what the receiver was told.
    #[error("somebody connected who could not show to be the receiver of the file, so nothing was sent")]
    WrongCookie,
    /// The file has another size than was announced.
    #[error("the file is of another size than was announced ({announced} octets announced, {said} said)")]
    WrongSize {
        /// Octets in the invitation.
        announced: u64,
        /// Octets on the connection.
        said: u64,
    },
    /// A line without end.
    #[error("the other side sent a line that is too long")]
    LineTooLong,
    /// Not what comes next.
    #[error("the other side sent something that was not to be understood")]
    Unexpected,
    /// A chunk with a head that there is not.
    #[error("the other side sent a broken piece of the file")]
    BadChunk,
    /// More than was announced.
    #[error("the other side sent more than the file was announced to have")]
    TooMuch,
    /// Nothing came while the two sides made themselves known.
    #[error("the other side did not answer in time")]
    HandshakeTimeout,
    /// Nothing of the file moved.
    #[error("nothing of the file moved for a minute, so the transfer was ended; try again")]
    Stalled,
    /// The connection ended before the file.
    #[error("the connection was closed before the file was complete; try again")]
    Closed,
    /// The file came, the proof that it is the right one did not.
    #[error("the file came without the proof that nobody changed it, so it was not kept; have it sent again")]
    Unproven,
    /// The proof is wrong.
    #[error("the file was changed on its way, so it was not kept; have it sent again")]
    WrongMac,
    /// There is no room here.
    #[error("there is no room for the file here; make room and have it sent again")]
    Full,
    /// The file cannot be written here.
    #[error("the file could not be written here")]
    NotStored,
    /// The file cannot be read here.
    #[error("the file could not be read to its end")]
    NotRead,
    /// The file here is not as long any more as it was when it was offered.
    #[error("the file changed while it was sent; offer it again")]
    FileChanged,
    /// Somebody connected who does not know the session (MSRP).
    #[error("somebody connected who does not belong to this transfer")]
    WrongSession,
    /// Pieces of the file that do not follow one another (MSRP).
    #[error("the other side sent the file in an order that cannot be followed here; have it sent again")]
    OutOfOrder,
    /// The file came as part of something else (MSRP).
    #[error("the other side wrapped the file in something else (message/cpim), which cannot be taken here")]
    Wrapped,
    /// What was sent was not answered (MSRP).
    #[error("the other side did not say in time that it has what was sent; try again")]
    NotAnswered,
    /// It lets what we say to it pile up (MSRP).
    #[error("the other side does not read what it is told")]
    NotReading,
    /// It may not be sent (MSRP 403).
    #[error("the other side does not allow the file to be sent")]
    Forbidden,
    /// Of this type it takes nothing (MSRP 415).
    #[error("the other side takes no files of this type")]
    TypeRefused,
    /// It does not know of the transfer (MSRP 481).
    #[error("the other side does not know of this transfer any more; offer the file again")]
    NoSession,
    /// It has another connection for the transfer (MSRP 506).
    #[error("the other side has another connection for this transfer; offer the file again")]
    OtherConnection,
    /// It did not understand us (MSRP 400, 501).
    #[error("the other side did not understand what was sent to it")]
    NotUnderstood,
    /// It refused in another way (MSRP).
    #[error("the other side refused the file (code {0})")]
    Refused(u16),
}
