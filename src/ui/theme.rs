//! How things look: the terminal's own 16 colours, or none at all. Every state has a mark or a
//! letter; colour is only added.

use ratatui::style::{Color, Modifier, Style};

use crate::app::NoteLevel;
use crate::config::UiSettings;
use crate::model::{Availability, Fate};

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
            (None | Some(Fate::Queued), false) => "⧖",
            (None | Some(Fate::Queued), true) => "q",
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

    /// The line between two panes, and the one between two parts.
    #[must_use]
    pub const fn rules(self) -> (&'static str, &'static str) {
        if self.plain { ("|", "-") } else { ("│", "─") }
    }
}
