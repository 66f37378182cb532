//! What stands for a symbol where the terminal cannot show it.

/// The symbols there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Set {
    /// All of them.
    #[default]
    Unicode,
    /// Lines, but no others: fonts of 256 characters, such as those of the Linux console.
    Console,
    /// Letters.
    Ascii,
}

/// What the terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Marks {
    /// Symbols of ours.
    pub set: Set,
    /// Whether anything beyond ASCII can be shown, such as the names of people.
    pub utf8: bool,
}

impl Default for Marks {
    fn default() -> Self {
        Self { set: Set::Unicode, utf8: true }
    }
}

/// Every symbol the screen shows of its own accord: for fonts of 256 characters, and in ASCII.
const TABLE: &[(&str, &str, &str)] = &[
    ("…", "~", "~"),
    ("●", "o", "o"),
    ("⊘", "B", "B"),
    ("☎", "P", "P"),
    ("◔", "R", "R"),
    ("◑", "A", "A"),
    ("◒", "L", "L"),
    ("◌", "i", "i"),
    ("○", "-", "-"),
    ("⧖", "q", "q"),
    ("✓", "v", "v"),
    ("↥", "s", "s"),
    ("✎", "w", "w"),
    ("⚿", "#", "#"),
    ("▸", "+", "+"),
    ("▾", "-", "-"),
    ("▼", "v", "v"),
    ("▲", "^", "^"),
    ("▶", ">", ">"),
    ("◀", "<", "<"),
    ("↑", "^", "^"),
    ("↓", "v", "v"),
    ("→", ">", ">"),
    ("←", "<", "<"),
    ("↵", "<", "<"),
    ("⏎", "<", "<"),
    ("✗", "x", "x"),
    ("★", "*", "*"),
    ("☆", "*", "*"),
    ("•", "*", "*"),
    ("◆", "*", "*"),
    ("█", "#", "#"),
    ("▀", "#", "#"),
    ("│", "│", "|"),
    ("─", "─", "-"),
    ("┃", "│", "|"),
    ("━", "─", "="),
    ("┄", "─", "-"),
    ("┆", "│", "|"),
    ("├", "├", "+"),
    ("┤", "┤", "+"),
    ("┬", "┬", "+"),
    ("┴", "┴", "+"),
    ("┼", "┼", "+"),
    ("┌", "┌", "+"),
    ("┐", "┐", "+"),
    ("└", "└", "+"),
    ("┘", "┘", "+"),
    ("╭", "┌", "+"),
    ("╮", "┐", "+"),
    ("╰", "└", "+"),
    ("╯", "┘", "+"),
    ("·", "·", "."),
    ("—", "-", "-"),
    ("–", "-", "-"),
    ("“", "\"", "\""),
    ("”", "\"", "\""),
    ("’", "'", "'"),
    ("×", "×", "x"),
];

impl Marks {
    /// What is shown in place of a symbol; `None` = itself.
    #[must_use]
    pub fn fit(self, symbol: &str) -> Option<&'static str> {
        if symbol.is_ascii() || (self.set == Set::Unicode && self.utf8) {
            return None;
        }
        let row = TABLE.iter().find(|(known, ..)| *known == symbol);
        match (row, self.set) {
            (Some((_, _, letter)), _) if !self.utf8 || self.set == Set::Ascii => Some(letter),
            (Some((known, console, _)), Set::Console) => (known != console).then_some(console),
            _ if self.utf8 => None,
            _ => Some("?"),
        }
    }
}
