//! How a message looks, as words: `bold italic color=red`, and back.

use crate::model::TextStyle;

/// Colours by their usual names.
const COLOURS: [(&str, [u8; 3]); 18] = [
    ("black", [0, 0, 0]),
    ("red", [255, 0, 0]),
    ("green", [0, 128, 0]),
    ("yellow", [255, 255, 0]),
    ("blue", [0, 0, 255]),
    ("magenta", [255, 0, 255]),
    ("cyan", [0, 255, 255]),
    ("white", [255, 255, 255]),
    ("gray", [128, 128, 128]),
    ("grey", [128, 128, 128]),
    ("orange", [255, 165, 0]),
    ("brown", [165, 42, 42]),
    ("pink", [255, 192, 203]),
    ("purple", [128, 0, 128]),
    ("navy", [0, 0, 128]),
    ("teal", [0, 128, 128]),
    ("lime", [0, 255, 0]),
    ("maroon", [128, 0, 0]),
];

/// Reads words into a look; what is not named is off. `none` alone is the plain look.
///
/// # Errors
/// A sentence for the user.
pub fn read(words: &str) -> Result<TextStyle, String> {
    let mut style = TextStyle::default();
    for word in words.split([' ', ',', '\t']).filter(|word| !word.is_empty()) {
        let word = word.to_lowercase();
        match word.as_str() {
            "bold" | "b" => style.bold = true,
            "italic" | "i" => style.italic = true,
            "underline" | "u" => style.underline = true,
            "strike" | "s" => style.strike = true,
            "none" | "plain" => style = TextStyle::default(),
            _ => {
                let name = word.strip_prefix("color=").or_else(|| word.strip_prefix("colour="));
                style.colour = colour(name.ok_or_else(|| no_look(&word))?)?;
            }
        }
    }
    Ok(style)
}

fn no_look(word: &str) -> String {
    let shown: String = word.chars().take(40).collect();
    format!("`{shown}` is no look; say bold, italic, underline, strike, color=red, color=#3366ff or none")
}

/// Reads `red`, `#3366ff` or `none`.
///
/// # Errors
/// A sentence for the user.
pub fn colour(name: &str) -> Result<Option<[u8; 3]>, String> {
    if name == "none" {
        return Ok(None);
    }
    if let Some((_, colour)) = COLOURS.iter().find(|(known, _)| *known == name) {
        return Ok(Some(*colour));
    }
    let digits = name.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.chars().all(|c| c.is_ascii_hexdigit()));
    let number = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()).ok_or_else(|| {
        let shown: String = name.chars().take(40).collect();
        format!("`{shown}` is no colour; say red, green, blue and so on, #3366ff, or none")
    })?;
    let [_, red, green, blue] = number.to_be_bytes();
    Ok(Some([red, green, blue]))
}

/// A colour as `#rrggbb`.
#[must_use]
pub fn hex([red, green, blue]: [u8; 3]) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// The words for a look, as [`read`] takes them; empty for the plain one.
#[must_use]
pub fn write(style: &TextStyle) -> String {
    let mut words: Vec<String> =
        [(style.bold, "bold"), (style.italic, "italic"), (style.underline, "underline"), (style.strike, "strike")]
            .into_iter()
            .filter(|(on, _)| *on)
            .map(|(_, word)| word.to_owned())
            .collect();
    if let Some(colour) = style.colour {
        let named = COLOURS.iter().find(|(_, known)| *known == colour).map(|(name, _)| (*name).to_owned());
        words.push(format!("color={}", named.unwrap_or_else(|| hex(colour))));
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_back() {
        for words in ["", "bold", "bold italic underline strike color=red", "color=#3366ff", "italic color=gray"] {
            assert_eq!(write(&read(words).unwrap()), words);
        }
        assert_eq!(read("B, i color=#FF0000").unwrap(), read("bold italic colour=red").unwrap());
        assert_eq!(read("bold none").unwrap(), TextStyle::default());
        assert_eq!(read("bold color=red color=none").unwrap(), TextStyle { bold: true, ..TextStyle::default() });
        assert_eq!(read("color=#010203").unwrap().colour, Some([1, 2, 3]));
        for bad in ["blod", "color=reddish", "color=#12345", "color=#12345g", "color=#+12345", "color="] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
