//! What the library's numbers mean: the error codes of RFC 2744 section 3.9.1, and below them those
//! of MIT Kerberos and Heimdal, which are the same (`krb5_err.et`).

use super::ffi::Status;
use crate::model::KerberosFault;

/// What a client that got no ticket for the service at `host` is to be told.
#[must_use]
pub(super) fn fault(status: &Status, host: &str) -> KerberosFault {
    match status.minor {
        SERVICE_UNKNOWN => KerberosFault::UnknownService { host: host.to_owned() },
        TICKET_EXPIRED => KerberosFault::Expired,
        CLOCK_SKEW | TICKET_NOT_YET_VALID => KerberosFault::ClockSkew,
        KDC_UNREACHABLE | REALM_UNKNOWN | REALM_UNRESOLVED => KerberosFault::Unreachable,
        CACHE_WITHOUT_TICKET | NO_CACHE => KerberosFault::NoTicket,
        _ => match status.major >> 16 & 0xff {
            NO_CREDENTIALS => KerberosFault::NoTicket,
            CREDENTIALS_EXPIRED | CONTEXT_EXPIRED => KerberosFault::Expired,
            _ => KerberosFault::Other { detail: status.text.clone() },
        },
    }
}

const NO_CREDENTIALS: u32 = 7;
const CREDENTIALS_EXPIRED: u32 = 11;
const CONTEXT_EXPIRED: u32 = 12;

const SERVICE_UNKNOWN: i32 = -1_765_328_377;
const TICKET_EXPIRED: i32 = -1_765_328_352;
const TICKET_NOT_YET_VALID: i32 = -1_765_328_351;
const CLOCK_SKEW: i32 = -1_765_328_347;
const CACHE_WITHOUT_TICKET: i32 = -1_765_328_243;
const REALM_UNKNOWN: i32 = -1_765_328_230;
const KDC_UNREACHABLE: i32 = -1_765_328_228;
const NO_CACHE: i32 = -1_765_328_189;
const REALM_UNRESOLVED: i32 = -1_765_328_164;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_what_they_mean() {
        // As seen from MIT Kerberos 1.20: the first number is that of the library, the second of Kerberos.
        let host = || "lcs.example.test".to_owned();
        for (major, minor, meaning) in [
            (0x000d_0000, -1_765_328_377, KerberosFault::UnknownService { host: host() }),
            (0x000d_0000, -1_765_328_352, KerberosFault::Expired),
            (0x0007_0000, -1_765_328_243, KerberosFault::NoTicket),
            (0x000d_0000, -1_765_328_228, KerberosFault::Unreachable),
            (0x000d_0000, -1_765_328_347, KerberosFault::ClockSkew),
            // By the library's number alone.
            (0x0007_0000, 0, KerberosFault::NoTicket),
            (0x000b_0000, 0, KerberosFault::Expired),
            (0x000d_0000, 22, KerberosFault::Other { detail: "words".into() }),
            (0x0103_0000, 0, KerberosFault::Other { detail: "words".into() }),
        ] {
            let status = Status { major, minor, text: "words".into() };
            assert_eq!(fault(&status, &host()), meaning, "{major:#x} {minor}");
        }
    }
}
