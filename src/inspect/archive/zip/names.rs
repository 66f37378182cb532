//! Names of members: in one octet a letter or in UTF-8, and a second time in a field of their own (APPNOTE 4.6.9).

/// Letters beyond ASCII as DOS had them (code page 437), in which names are that are not in UTF-8 (APPNOTE D.1).
const DOS: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";
/// What stands for letters beyond ASCII where shapes are compared.
const BEYOND: u8 = 0xff;

/// A name as text.
pub(super) fn decoded(octets: &[u8]) -> String {
    let letter = |octet: &u8| match octet.checked_sub(0x80) {
        Some(at) => DOS.chars().nth(at.into()).unwrap_or_default(),
        None => char::from(*octet),
    };
    std::str::from_utf8(octets).map_or_else(|_| octets.iter().map(letter).collect(), str::to_owned)
}

/// Whether a second name, in UTF-8, is another one than the first, which makes two files of one. Letters beyond ASCII are
/// written in many ways in the first, in one octet or in two, or not at all; all others must be the same.
pub(super) fn differ(first: &[u8], second: &[u8]) -> bool {
    let wanted = shape(second, false);
    std::str::from_utf8(second).is_err() || (shape(first, false) != wanted && shape(first, true) != wanted)
}

/// A name with one mark for all letters beyond ASCII in a row, and for what some programs write for them. `in_pairs`:
/// they are of two octets, and the second may be one of ASCII.
fn shape(name: &[u8], in_pairs: bool) -> Vec<u8> {
    let is_hex = |digits: &[u8], count: usize| digits.get(..count).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
    let mut out = Vec::new();
    let mut rest = name;
    while let [first, after @ ..] = rest {
        let beyond = match (first, after) {
            (0x80.., [0x40..=0xfe, ..]) if in_pairs => 2,
            (0x80.. | b'_' | b'?', _) => 1,
            (b'#', [b'U', digits @ ..]) if is_hex(digits, 4) => 6,
            (b'#', [b'L', digits @ ..]) if is_hex(digits, 6) => 8,
            _ => 0,
        };
        if beyond == 0 {
            out.push(*first);
        } else if out.last() != Some(&BEYOND) {
            out.push(BEYOND);
        }
        rest = rest.get(beyond.max(1)..).unwrap_or_default();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_dos_are_read() {
        assert_eq!(decoded(b"Gr\x81\xe1e.txt"), "Grüße.txt");
        assert_eq!(decoded("Grüße.txt".as_bytes()), "Grüße.txt");
        assert_eq!(decoded(&[0x80, 0xff]), "Ç\u{a0}");
    }

    #[test]
    fn of_two_names_ascii_must_be_the_same() {
        assert!(!differ(b"a.txt", b"a.txt") && !differ(b"\x93\xfa\x96{a.txt", "日本a.txt".as_bytes()));
        for (first, second) in [("a.txt", "A.txt"), ("a.e__", "a.exe"), ("a", "a/../b"), ("a#U00fc", "ab"), ("a_", "a")] {
            assert!(differ(first.as_bytes(), second.as_bytes()), "{first} {second}");
        }
        assert!(differ(b"a.txt", b"a.txt\xff"), "it is not in UTF-8");
    }
}
