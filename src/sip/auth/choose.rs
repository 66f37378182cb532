//! Which challenge to answer (RFC 8760 section 2.4).
