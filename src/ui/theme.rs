//! How things look: the terminal's own 16 colours, or none at all. Every state has a mark or a
//! letter; colour is only added.

use ratatui::style::{Color, Modifier, Style};

use crate::app::NoteLevel;
use crate::config::UiSettings;
use crate::model::{Availability, Fate, TextStyle};

/// The look, decided once from the settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    color: bool,
    plain: bool,
}

impl Theme {
    /// With or without colours; marks, or letters for terminals that have no marks.
    #[must_use]
    pub const fn new(color: bool, plain: bool) -> Self {
        Self { color, plain }
    }

    /// What the settings ask for. Without a UTF-8 locale letters are used.
    #[must_use]
    pub fn from_settings(settings: &UiSettings, utf8: bool) -> Self {
        Self::new(!settings.no_color, settings.plain_marks || !utf8)
    }

    const fn colored(self, color: Color) -> Style {
        if self.color { Style::new().fg(color) } else { Style::new() }
    }

    /// Ordinary text.
    #[must_use]
    pub const fn text(self) -> Style {
        Style::new()
    }

    /// What matters less: times, rules, addresses.
    #[must_use]
    pub const fn quiet(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// Titles and names.
    #[must_use]
    pub const fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// The bars on top and bottom.
    #[must_use]
    pub const fn bar(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// The row that is selected; `active` = it has the keyboard.
    #[must_use]
    pub const fn selected(self, active: bool) -> Style {
        Style::new().add_modifier(if active { Modifier::REVERSED } else { Modifier::BOLD })
    }

    /// Unread counts and the mark of new lines.
    #[must_use]
    pub const fn unread(self) -> Style {
        self.colored(Color::Cyan).add_modifier(Modifier::BOLD)
    }

    /// Letters found by the palette.
    #[must_use]
    pub const fn found(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD).add_modifier(Modifier::UNDERLINED)
    }

    /// The name of the other person above what they wrote.
    #[must_use]
    pub const fn theirs(self) -> Style {
        self.colored(Color::Cyan)
    }

    /// Our own name.
    #[must_use]
    pub const fn mine(self) -> Style {
        self.colored(Color::Green)
    }

    /// A note by how bad it is.
    #[must_use]
    pub const fn note(self, level: NoteLevel) -> Style {
        match level {
            NoteLevel::Info => Style::new(),
            NoteLevel::Warning => self.colored(Color::Yellow),
            NoteLevel::Error => self.colored(Color::Red).add_modifier(Modifier::BOLD),
        }
    }

    /// The mark of a state.
    #[must_use]
    pub const fn mark(self, value: Availability) -> &'static str {
        match (value, self.plain) {
            (Availability::Online, false) => "●",
            (Availability::Online, true) => "o",
            (Availability::Busy, false) => "⊘",
            (Availability::Busy, true) => "B",
            (Availability::OnThePhone, false) => "☎",
            (Availability::OnThePhone, true) => "P",
            (Availability::BeRightBack, false) => "◔",
            (Availability::BeRightBack, true) => "R",
            (Availability::Away, false) => "◑",
            (Availability::Away, true) => "A",
            (Availability::OutToLunch, false) => "◒",
            (Availability::OutToLunch, true) => "L",
            (Availability::Idle, false) => "◌",
            (Availability::Idle, true) => "i",
            (Availability::Offline, false) => "○",
            (Availability::Offline, true) => "-",
            (Availability::Unknown, _) => "?",
        }
    }

    /// The colour of a state.
    #[must_use]
    pub const fn presence(self, value: Availability) -> Style {
        match value {
            Availability::Online => self.colored(Color::Green),
            Availability::Busy | Availability::OnThePhone => self.colored(Color::Red),
            Availability::BeRightBack | Availability::Away | Availability::OutToLunch => self.colored(Color::Yellow),
            Availability::Idle => self.colored(Color::Yellow).add_modifier(Modifier::DIM),
            Availability::Offline | Availability::Unknown => self.quiet(),
        }
    }

    /// The tick behind a message of ours.
    #[must_use]
    pub const fn tick(self, fate: Option<&Fate>) -> &'static str {
        match (fate, self.plain) {
            // That it waits is a promise, and made when it can be kept.
            (None, _) => " ",
            (Some(Fate::Queued), false) => "⧖",
            (Some(Fate::Queued), true) => "q",
            (Some(Fate::Sent), _) => ".",
            (Some(Fate::Delivered), false) => "✓",
            (Some(Fate::Delivered), true) => "v",
            (Some(Fate::Stored), false) => "↥",
            (Some(Fate::Stored), true) => "s",
            (Some(Fate::Failed { .. }), _) => "!",
            (Some(Fate::Unconfirmed { .. }), _) => "?",
        }
    }

    /// The colour of the tick.
    #[must_use]
    pub const fn fate(self, fate: Option<&Fate>) -> Style {
        match fate {
            Some(Fate::Delivered) => self.colored(Color::Green),
            Some(Fate::Failed { .. }) => self.colored(Color::Red).add_modifier(Modifier::BOLD),
            Some(Fate::Unconfirmed { .. }) => self.colored(Color::Yellow).add_modifier(Modifier::BOLD),
            None | Some(Fate::Queued | Fate::Sent | Fate::Stored) => self.quiet(),
        }
    }

    /// How the writer of a message wants it to look, as far as that can be read here: attributes,
    /// and the colour among the terminal's own that comes nearest.
    #[must_use]
    pub fn look(self, style: &TextStyle) -> Style {
        let mut look = Style::new();
        let wanted = [
            (style.bold, Modifier::BOLD),
            (style.italic, Modifier::ITALIC),
            (style.underline, Modifier::UNDERLINED),
            (style.strike, Modifier::CROSSED_OUT),
        ];
        for (_, modifier) in wanted.into_iter().filter(|(on, _)| *on) {
            look = look.add_modifier(modifier);
        }
        match style.colour.and_then(readable).filter(|_| self.color) {
            Some(color) => look.fg(color),
            None => look,
        }
    }

    /// The mark of a conversation of several people.
    #[must_use]
    pub const fn room(self) -> &'static str {
        "#"
    }

    /// The triangle before a group.
    #[must_use]
    pub const fn fold(self, folded: bool) -> &'static str {
        match (folded, self.plain) {
            (true, false) => "▸",
            (false, false) => "▾",
            (true, true) => "+",
            (false, true) => "-",
        }
    }

    /// The pencil of somebody who writes.
    #[must_use]
    pub const fn pencil(self) -> &'static str {
        if self.plain { "w" } else { "✎" }
    }

    /// Something of ours is half written there.
    #[must_use]
    pub const fn draft(self) -> &'static str {
        if self.plain { "d" } else { "¶" }
    }

    /// The line between two panes, and the one between two parts.
    #[must_use]
    pub const fn rules(self) -> (&'static str, &'static str) {
        if self.plain { ("|", "-") } else { ("│", "─") }
    }
}

/// The nearest of the terminal's colours that can be read on light and on dark ground alike; `None`
/// for black, white and what lies between, which are the terminal's to choose.
fn readable([red, green, blue]: [u8; 3]) -> Option<Color> {
    let (red, green, blue) = (i32::from(red), i32::from(green), i32::from(blue));
    let (most, least) = (red.max(green).max(blue), red.min(green).min(blue));
    let range = most - least;
    // Too little colour in it to call it one.
    if range < 48 || range * 4 < most {
        return None;
    }
    // The hue in degrees, as on the wheel of colours.
    let degrees = if most == red {
        (green - blue) * 60 / range
    } else if most == green {
        120 + (blue - red) * 60 / range
    } else {
        240 + (red - green) * 60 / range
    };
    Some(match (degrees + 360) % 360 {
        30..90 => Color::Yellow,
        90..150 => Color::Green,
        150..210 => Color::Cyan,
        // The plain blue of terminals drowns on black.
        210..270 => Color::LightBlue,
        270..330 => Color::Magenta,
        _ => Color::Red,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_are_shown_as_far_as_they_can_be_read() {
        let theme = Theme::new(true, false);
        let of = |colour| theme.look(&TextStyle { colour: Some(colour), ..TextStyle::default() }).fg;
        for (colour, shown) in [
            ([255, 0, 0], Some(Color::Red)),
            ([0x33, 0x66, 0xff], Some(Color::LightBlue)),
            ([0, 0, 128], Some(Color::LightBlue)),
            ([255, 165, 0], Some(Color::Yellow)),
            ([0, 128, 0], Some(Color::Green)),
            ([0, 255, 255], Some(Color::Cyan)),
            ([255, 0, 255], Some(Color::Magenta)),
            ([255, 192, 203], None),
            ([0, 0, 0], None),
            ([255, 255, 255], None),
            ([128, 128, 128], None),
            ([20, 0, 0], None),
        ] {
            assert_eq!(of(colour), shown, "{colour:?}");
        }
        let all =
            TextStyle { bold: true, italic: true, underline: true, strike: true, colour: Some([255, 0, 0]), right_to_left: true };
        let bare = Theme::new(false, false).look(&all);
        assert_eq!(bare.fg, None, "no colour where none is wanted");
        assert_eq!(bare.add_modifier, Modifier::BOLD | Modifier::ITALIC | Modifier::UNDERLINED | Modifier::CROSSED_OUT);
        assert_eq!(theme.look(&TextStyle::default()), Style::new());
    }
}
