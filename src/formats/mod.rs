//! Message bodies to structs and back; bytes in, structs out. No SIP, no IO.
