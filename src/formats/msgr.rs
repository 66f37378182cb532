//! How a text looks, as Messenger tells it: the parameter `msgr` of a content type.
//!
//! Base64 without padding of UTF-16 (little end first) text, `X-MMS-IM-Format: FN=Tahoma; EF=B;
//! CO=ff; CS=0; PF=22` and an empty line. No published text of this format was found; this is what
//! clients that talk to each other do. What cannot be read is no look at all.

use base64::Engine as _;

use super::lcs::UNPADDED;
use super::percent;

/// Most characters of the parameter that are looked at.
pub const MAX_LENGTH: usize = 4096;
/// Most characters of the name of a font.
const MAX_FONT: usize = 64;
/// The font of texts that name none.
const FONT: &str = "Tahoma";
const FIELD: &str = "X-MMS-IM-Format:";

/// How a text looks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Look {
    /// Heavy.
    pub bold: bool,
    /// Slanted.
    pub italic: bool,
    /// With a line below.
    pub underline: bool,
    /// With a line through it.
    pub strike: bool,
    /// Red, green and blue of the letters; none for black, which is what letters are anyway.
    pub colour: Option<[u8; 3]>,
    /// Written from right to left.
    pub right_to_left: bool,
    /// The font.
    pub font: Option<String>,
}

/// Reads the parameter. None where it is broken.
#[must_use]
pub fn read(parameter: &str) -> Option<Look> {
    let parameter = parameter.trim();
    if parameter.len() > MAX_LENGTH {
        return None;
    }
    let octets = UNPADDED.decode(parameter).ok()?;
    let (units, []) = octets.as_chunks::<2>() else { return None };
    let text: Result<String, _> = char::decode_utf16(units.iter().map(|unit| u16::from_le_bytes(*unit))).collect();
    read_field(&text.ok()?)
}

/// Reads the field that is inside, `X-MMS-IM-Format: …`.
#[must_use]
pub fn read_field(text: &str) -> Option<Look> {
    let line = text.trim_start_matches('\u{feff}').lines().find_map(|line| {
        let (name, value) = line.split_at_checked(FIELD.len())?;
        name.eq_ignore_ascii_case(FIELD).then_some(value)
    })?;
    let mut look = Look::default();
    for (name, value) in line.split(';').filter_map(|pair| pair.split_once('=')) {
        let value = value.trim();
        match name.trim().to_ascii_uppercase().as_str() {
            "FN" => look.font = Some(percent::decode(value)).filter(|font| is_font(font)),
            "EF" => {
                let has = |letter| value.to_ascii_uppercase().contains(letter);
                (look.bold, look.italic, look.underline, look.strike) = (has('B'), has('I'), has('U'), has('S'));
            }
            "CO" => look.colour = colour(value),
            "RL" => look.right_to_left = value == "1",
            _ => {}
        }
    }
    Some(look)
}

fn is_font(name: &str) -> bool {
    !name.is_empty() && name.chars().count() <= MAX_FONT && !name.chars().any(char::is_control)
}

/// Blue, green, red in hexadecimal digits, without leading zeros.
fn colour(digits: &str) -> Option<[u8; 3]> {
    if digits.len() > 6 || digits.starts_with('+') {
        return None;
    }
    let [_, blue, green, red] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
    ([red, green, blue] != [0; 3]).then_some([red, green, blue])
}

/// Writes the parameter.
#[must_use]
pub fn write(look: &Look) -> String {
    let effects = [(look.bold, 'B'), (look.italic, 'I'), (look.underline, 'U'), (look.strike, 'S')];
    let effects: String = effects.iter().filter(|(is, _)| *is).map(|(_, letter)| *letter).collect();
    let [red, green, blue] = look.colour.unwrap_or_default();
    let colour = u32::from_be_bytes([0, blue, green, red]);
    let font = percent::encode(look.font.as_deref().unwrap_or(FONT));
    let direction = if look.right_to_left { "; RL=1" } else { "" };
    let field = format!("{FIELD} FN={font}; EF={effects}; CO={colour:x}; CS=0; PF=22{direction}\r\n\r\n");
    UNPADDED.encode(field.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: &str = "WAAtAE0ATQBTAC0ASQBNAC0ARgBvAHIAbQBhAHQAOgAgAEYATgA9AFQAYQBoAG8AbQBhADsAIABFAEYAPQBCADsAIABDAE8APQBmAGYAOwAg\
        AEMAUwA9ADAAOwAgAFAARgA9ADIAMgANAAoADQAKAA";

    #[test]
    fn sample_in_its_exact_bytes() {
        let look = Look { bold: true, colour: Some([255, 0, 0]), font: Some("Tahoma".into()), ..Look::default() };
        assert_eq!(write(&look), SAMPLE);
        assert_eq!(read(SAMPLE), Some(look.clone()));
        assert_eq!(read(&format!(" {SAMPLE}== ")), Some(look));
    }

    fn field(inner: &str) -> Look {
        read_field(&format!("X-MMS-IM-Format:{inner}\r\n\r\n")).unwrap()
    }

    #[test]
    fn fields() {
        assert_eq!(field(""), Look::default());
        let all = Look {
            bold: true,
            italic: true,
            underline: true,
            strike: true,
            colour: Some([0x12, 0x34, 0x56]),
            right_to_left: true,
            font: Some("MS Sans; é".into()),
        };
        assert_eq!(field(" FN=MS%20Sans%3B%20%c3%A9; ef=suib; CO=563412; XX=y; CS=b1; PF=0; RL=1"), all);
        assert_eq!(read(&write(&all)), Some(all));
        assert_eq!(read(&write(&Look::default())), Some(Look { font: Some("Tahoma".into()), ..Look::default() }));
    }

    /// Blue, green, red, with leading zeros left out.
    #[test]
    fn colours() {
        for (digits, colour) in [
            ("ff", Some([255, 0, 0])),
            ("f", Some([15, 0, 0])),
            ("ff00", Some([0, 255, 0])),
            ("ff0000", Some([0, 0, 255])),
            ("0000FF", Some([255, 0, 0])),
            ("8000", Some([0, 128, 0])),
            ("0", None),
            ("", None),
            ("-1", None),
            ("+1", None),
            ("1ffffff", None),
            ("red", None),
        ] {
            assert_eq!(field(&format!("CO={digits}")).colour, colour, "{digits}");
        }
        let green = Look { colour: Some([0, 128, 0]), ..Look::default() };
        assert_eq!(read(&write(&green)).unwrap().colour, Some([0, 128, 0]));
    }

    #[test]
    fn what_is_broken_is_no_look() {
        for broken in ["", "!", "WAA", "WAAt", "WAAtAE0ATQBTAC0A", &SAMPLE[1..], &SAMPLE[..20], "ANg", "=", "é"] {
            assert_eq!(read(broken), None, "{broken}");
        }
        assert!(read_field("\u{feff}x-mms-im-format: EF=B").unwrap().bold);
        assert_eq!(read_field("Content-Type: text/plain\r\n"), None);
        assert_eq!(read_field("é-MMS-IM-Format: EF=B"), None);
        assert_eq!(field("FN=%00").font, None);
        assert_eq!(field(&format!("FN={}", "x".repeat(65))).font, None);
    }
}
