//! How the user is told of what they do not see: the keys of `[notify]`.

use super::keys::Section;
use super::layers::Layers;
use super::raw::Value;
use crate::model::QuietHours;

/// A way to make something noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Via {
    /// What fits: found out where the program runs.
    Auto,
    /// The terminal, in kitty's words.
    Osc99,
    /// The terminal, in urxvt's words.
    Osc777,
    /// The terminal, in iTerm2's words.
    Osc9,
    /// The terminal's bell.
    Bell,
    /// The desktop, over D-Bus.
    Desktop,
    /// A program of the user's.
    Command,
}

impl Via {
    /// Every way with its word in the file.
    pub const WORDS: [(&'static str, Self); 7] = [
        ("auto", Self::Auto),
        ("osc99", Self::Osc99),
        ("osc777", Self::Osc777),
        ("osc9", Self::Osc9),
        ("bell", Self::Bell),
        ("desktop", Self::Desktop),
        ("command", Self::Command),
    ];

    /// Its word in the file.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Osc99 => "osc99",
            Self::Osc777 => "osc777",
            Self::Osc9 => "osc9",
            Self::Bell => "bell",
            Self::Desktop => "desktop",
            Self::Command => "command",
        }
    }
}

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Show {
    /// Who it is from, and the text.
    Full,
    /// Who it is from.
    #[default]
    Sender,
    /// How many.
    Count,
}

/// The keys of `[notify]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotifySettings {
    /// The ways, in the order of the file; none: never.
    pub via: Vec<Via>,
    /// Program and arguments for [`Via::Command`]; empty for none.
    pub command: Vec<String>,
    /// How much is said; `None`: by where the program runs.
    pub show: Option<Show>,
    /// Words that count as if the user were named.
    pub words: Vec<String>,
    /// When nothing is heard.
    pub quiet: QuietHours,
    /// Nothing is heard while the user is busy or on the phone.
    pub silent_when_busy: bool,
    /// The terminal's title tells how much is unread.
    pub title: bool,
    /// The bell may ring (`[ui] bell`).
    pub bell: bool,
}

impl Default for NotifySettings {
    fn default() -> Self {
        Self::resolve(&Layers::defaults(&[Section::Notify, Section::Ui]))
    }
}

impl NotifySettings {
    /// The settings in force. Values were checked where they were read.
    #[must_use]
    pub(super) fn resolve(general: &Layers) -> Self {
        let words = |name| texts(general.value(Section::Notify, name));
        let via = words("via");
        let named = |text: &String| Via::WORDS.iter().find(|(word, _)| word == text).map(|(_, way)| *way);
        let quiet = words("quiet");
        Self {
            via: via.iter().filter_map(named).collect(),
            command: words("command"),
            show: match general.text(Section::Notify, "show") {
                Some("full") => Some(Show::Full),
                Some("sender") => Some(Show::Sender),
                Some("count") => Some(Show::Count),
                _ => None,
            },
            words: words("words"),
            quiet: QuietHours::parse(quiet.iter().map(String::as_str)).unwrap_or_default(),
            silent_when_busy: general.text(Section::Notify, "when_busy") != Some("all"),
            title: general.flag(Section::Notify, "title"),
            bell: general.flag(Section::Ui, "bell"),
        }
    }

    /// How much is said, where the user left it open.
    #[must_use]
    pub fn shown(&self, over_ssh: bool) -> Show {
        self.show.unwrap_or(if over_ssh { Show::Sender } else { Show::Full })
    }
}

fn texts(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::Text(text)) => vec![text.clone()],
        Some(Value::Words(texts)) => texts.clone(),
        Some(Value::Number(_) | Value::Flag(_)) | None => Vec::new(),
    }
}
