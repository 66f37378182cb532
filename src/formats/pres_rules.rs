//! Presence rules (RFC 5025, RFC 4745), `application/auth-policy+xml`.
