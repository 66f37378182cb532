//! Messages whose fate is open; never sends anything again by itself.
