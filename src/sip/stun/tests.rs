//! The vectors of RFC 5769, and bytes that are none.

use super::*;
use crate::sip::tokens::Tokens;

/// RFC 5769 section 2.2.
const V4: &str = "0101003c 2112a442 b7e7a701 bc34d686 fa87dfae
    8022000b 74657374 20766563 746f7220
    00200008 0001a147 e112a643
    00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7
    80280004 c07d4c96";
/// RFC 5769 section 2.3.
const V6: &str = "01010048 2112a442 b7e7a701 bc34d686 fa87dfae
    8022000b 74657374 20766563 746f7220
    00200014 0002a147 0113a9fa a5d3f179 bc25f4b5 bed2b9d9
    00080014 a382954e 4be67bf1 1784c97c 8292c275 bfe3ed41
    80280004 c8fb0b4c";

fn octets(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

fn id() -> TransactionId {
    TransactionId(octets("b7e7a701 bc34d686 fa87dfae").try_into().unwrap())
}

fn mapped_by(data: &[u8]) -> Option<SocketAddr> {
    match read(data)? {
        Stun::Answer(answer) => answer.mapped,
        Stun::Request(_) => None,
    }
}

#[test]
fn the_vectors_of_rfc_5769() {
    for (vector, address) in [(V4, "192.0.2.1:32853"), (V6, "[2001:db8:1234:5678:11:2233:4455:6677]:32853")] {
        let answer = Answer { id: id(), mapped: Some(address.parse().unwrap()) };
        assert_eq!(read(&octets(vector)), Some(Stun::Answer(answer)));
    }
}

#[test]
fn no_other_address_is_believed_than_the_whole_vector_s() {
    for vector in [V4, V6] {
        let good = octets(vector);
        let address = mapped_by(&good);
        for at in 0..good.len() {
            assert_eq!(read(&good[..at]), None, "cut at {at}");
            for bit in 0..8 {
                let mut bad = good.clone();
                bad[at] ^= 1 << bit;
                // Changed types and lengths may hide FINGERPRINT itself.
                let told = mapped_by(&bad);
                assert!(told.is_none() || told == address, "octet {at}, bit {bit}: {told:?}");
            }
        }
        let mut longer = good.clone();
        longer.extend([0; 4]);
        assert_eq!(read(&longer), None);
    }
}

#[test]
fn what_is_written_is_read() {
    assert_eq!(request(id()), octets("00010000 2112a442 b7e7a701 bc34d686 fa87dfae"));
    assert_eq!(read(&request(id())), Some(Stun::Request(id())));
    for address in ["192.0.2.1:32853", "0.0.0.0:0", "[2001:db8::1]:65535"] {
        let address: SocketAddr = address.parse().unwrap();
        assert_eq!(mapped_by(&answer(id(), address)), Some(address));
    }
    // The part of the vector that is ours to write.
    let ours = answer(id(), "192.0.2.1:32853".parse().unwrap());
    assert_eq!(ours[20..], octets("00200008 0001a147 e112a643"));
    assert!(is_stun(&ours) && !is_stun(b"SIP/2.0 200 OK") && !is_stun(b"\r\n") && !is_stun(b""));
}

#[test]
fn what_must_be_understood_and_is_not() {
    let with = |kind: &str, attribute: &str| {
        let attribute = octets(attribute);
        let length = u16::try_from(attribute.len()).unwrap().to_be_bytes();
        [&octets(kind), &length[..], &octets("2112a442 b7e7a701 bc34d686 fa87dfae"), &attribute].concat()
    };
    // CHANGE-REQUEST of RFC 5780, and an attribute nobody knows.
    assert_eq!(read(&with("0001", "00030004 00000006")), None);
    assert_eq!(mapped_by(&with("0101", "00200008 0001a147 e112a643 7fff0000")), None);
    // What need not be, an old server's own words, and a refusal.
    assert!(mapped_by(&with("0101", "ffff0001 61000000 00200008 0001a147 e112a643")).is_some());
    assert!(mapped_by(&with("0101", "00010008 00010000 7f000001 00200008 0001a147 e112a643")).is_some());
    let refused = Stun::Answer(Answer { id: id(), mapped: None });
    assert_eq!(read(&with("0111", "00090004 00000400")), Some(refused));
    // A wrong family, a wrong length, an indication, a filling that is not there.
    assert_eq!(mapped_by(&with("0101", "00200008 0003a147 e112a643")), None);
    assert_eq!(mapped_by(&with("0101", "00200006 0001a147 e1120000")), None);
    assert_eq!(read(&with("0011", "")), None);
    assert_eq!(read(&with("0101", "80220003 616263")), None);
    assert_eq!(read(&with("0101", "8022fffc")), None);
}

#[test]
fn any_bytes_are_read_or_not() {
    let mut tokens = Tokens::from_number(5389);
    for round in 0..2000_usize {
        let mut data: Vec<u8> = (0..4).flat_map(|_| tokens.bytes()).collect();
        data.truncate(round % 128);
        let _ = read(&data);
        // The same behind a head that is right.
        let length = u16::try_from(data.len()).unwrap().to_be_bytes();
        let framed = [&octets("0101"), &length[..], &octets("2112a442 b7e7a701 bc34d686 fa87dfae"), &data].concat();
        let _ = read(&framed);
    }
}
