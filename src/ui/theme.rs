//! How things look: a style for each role of [`Role`], from a theme, in the colours the terminal has.
//!
//! Every state has a mark or a letter; colour is only added. The shipped themes are files like those of
//! users (`ui/themes`). Marks are given in their best form here; what the terminal cannot show of them is
//! replaced at the end of a frame (see [`Marks`]).

use ratatui::style::{Color, Modifier, Style};

use super::abilities::{Abilities, Depth};
use super::marks::{Marks, Set};
use super::pictures;
use crate::app::NoteLevel;
use crate::config::{Attributes, Ink, LooksFile, Paint, Role};
use crate::model::{Availability, Fate, Picture, Pixel, TextStyle};

/// The themes that are always there.
const SHIPPED: [(&str, &str); 6] = [
    ("terminal", include_str!("themes/terminal.toml")),
    ("dark", include_str!("themes/dark.toml")),
    ("light", include_str!("themes/light.toml")),
    ("contrast", include_str!("themes/contrast.toml")),
    ("ansi16", include_str!("themes/ansi16.toml")),
    ("mono", include_str!("themes/mono.toml")),
];

/// The look in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    styles: Vec<Style>,
    color: bool,
    depth: Depth,
    marks: Marks,
    /// The terminal is far away.
    remote: bool,
}

impl Theme {
    /// The default theme, with or without colours; symbols, or letters for terminals that have none.
    #[must_use]
    pub fn new(color: bool, plain: bool) -> Self {
        let (depth, set) = (if color { Depth::True } else { Depth::None }, if plain { Set::Ascii } else { Set::Unicode });
        Self::of("terminal", &[], &Abilities { depth, marks: Marks { set, utf8: true }, ..Abilities::default() })
    }

    /// The theme of this name for a terminal. `files` = those of the user that matter: the one of this
    /// name, and those it inherits from. Without colours it is `mono`, whatever its name.
    #[must_use]
    pub fn of(name: &str, files: &[(String, LooksFile)], abilities: &Abilities) -> Self {
        let color = abilities.depth != Depth::None;
        let mut inks = vec![Ink::default(); Role::ALL.len()];
        let mut chain = Vec::new();
        let mut next = Some(if color { name.to_owned() } else { "mono".to_owned() });
        while let Some(name) = next.take().filter(|_| chain.len() < MAX_CHAIN) {
            let file = files.iter().find(|(known, _)| *known == name).map(|(_, file)| file.clone());
            let Some(file) = file.or_else(|| Self::shipped(&name)) else { break };
            next = file.inherits.as_ref().map(|(base, _)| base.clone());
            // What nobody gives is as in the default theme.
            if next.is_none() && name != "terminal" {
                next = Some("terminal".to_owned());
            }
            chain.push(file);
        }
        for (role, ink) in chain.iter().rev().flat_map(|file| &file.roles) {
            if let Some(slot) = inks.get_mut(*role as usize) {
                *slot = *ink;
            }
        }
        let styles = inks.iter().map(|ink| style(*ink, abilities.depth)).collect();
        Self { styles, color, depth: abilities.depth, marks: abilities.marks, remote: abilities.remote }
    }

    /// A cell that shows two pixels, one above the other.
    #[must_use]
    pub fn pixels(&self, above: Pixel, below: Option<Pixel>) -> Style {
        let colour = |[red, green, blue]: Pixel| self.depth.bring_down(Paint::Rgb(red, green, blue));
        Style { fg: colour(above), bg: below.and_then(colour), ..Style::new() }
    }

    /// Columns and rows of pixels of a picture that are shown so, in room for so many.
    pub(super) fn fit(&self, picture: &Picture, room: (usize, usize)) -> (usize, usize) {
        pictures::in_cells(picture, room, self.depth, self.remote)
    }

    /// The themes that are always there.
    pub fn names() -> impl Iterator<Item = &'static str> {
        SHIPPED.iter().map(|(name, _)| *name)
    }

    /// A theme that is always there.
    #[must_use]
    pub fn shipped(name: &str) -> Option<LooksFile> {
        let (_, text) = SHIPPED.iter().find(|(known, _)| *known == name)?;
        Some(LooksFile::parse(text, std::path::Path::new(name)).0)
    }

    /// What the terminal can show of symbols.
    #[must_use]
    pub const fn marks(&self) -> Marks {
        self.marks
    }

    /// How a role looks.
    #[must_use]
    pub fn role(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }

    /// Ordinary text.
    #[must_use]
    pub fn text(&self) -> Style {
        self.role(Role::Text)
    }

    /// As [`Theme::text`], over whatever was there: for what covers other things.
    #[must_use]
    pub fn ground(&self) -> Style {
        Style::reset().patch(self.text())
    }

    /// What matters less: hints, addresses.
    #[must_use]
    pub fn quiet(&self) -> Style {
        self.role(Role::Quiet)
    }

    /// Titles and names.
    #[must_use]
    pub fn strong(&self) -> Style {
        self.role(Role::Strong)
    }

    /// The bars on top and bottom.
    #[must_use]
    pub fn bar(&self) -> Style {
        self.role(Role::Bar)
    }

    /// The row that is selected; `active` = it has the keyboard.
    #[must_use]
    pub fn selected(&self, active: bool) -> Style {
        self.role(if active { Role::Selection } else { Role::SelectionIdle })
    }

    /// Unread counts and the mark of new lines.
    #[must_use]
    pub fn unread(&self) -> Style {
        self.role(Role::Unread)
    }

    /// One's own name, and words that are watched for, in what others say.
    #[must_use]
    pub fn mention(&self) -> Style {
        self.role(Role::Mention)
    }

    /// A link.
    #[must_use]
    pub fn link(&self) -> Style {
        self.role(Role::Link)
    }

    /// Code in a message.
    #[must_use]
    pub fn code(&self) -> Style {
        self.role(Role::Code)
    }

    /// Letters found by the palette or a search.
    #[must_use]
    pub fn found(&self) -> Style {
        self.role(Role::Hit)
    }

    /// The line where a day begins.
    #[must_use]
    pub fn day(&self) -> Style {
        self.role(Role::Day)
    }

    /// The time of a message.
    #[must_use]
    pub fn time(&self) -> Style {
        self.role(Role::Time)
    }

    /// The lines around a pane; `focused` = it has the keyboard.
    #[must_use]
    pub fn border(&self, focused: bool) -> Style {
        self.role(if focused { Role::BorderFocused } else { Role::Border })
    }

    /// The name of the other person above what they wrote.
    #[must_use]
    pub fn theirs(&self) -> Style {
        self.role(Role::Theirs)
    }

    /// Our own name.
    #[must_use]
    pub fn mine(&self) -> Style {
        self.role(Role::Mine)
    }

    /// The name of one of several people. The same name always looks the same.
    #[must_use]
    pub fn sender(&self, name: &str) -> Style {
        self.one_of_many(name.bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(byte))))
    }

    /// The short name of an account, by its number among all.
    #[must_use]
    pub fn account(&self, number: usize) -> Style {
        self.one_of_many(number)
    }

    fn one_of_many(&self, number: usize) -> Style {
        const MANY: [Role; 6] = [Role::Sender1, Role::Sender2, Role::Sender3, Role::Sender4, Role::Sender5, Role::Sender6];
        self.role(MANY.get(number % MANY.len()).copied().unwrap_or(Role::Theirs))
    }

    /// A note by how bad it is.
    #[must_use]
    pub fn note(&self, level: NoteLevel) -> Style {
        self.role(match level {
            NoteLevel::Info => Role::Info,
            NoteLevel::Warning => Role::Warning,
            NoteLevel::Error => Role::Error,
        })
    }

    /// The mark of a state.
    #[must_use]
    pub const fn mark(&self, value: Availability) -> &'static str {
        match value {
            Availability::Online => "●",
            Availability::Busy => "⊘",
            Availability::OnThePhone => "☎",
            Availability::BeRightBack => "◔",
            Availability::Away => "◑",
            Availability::OutToLunch => "◒",
            Availability::Idle => "◌",
            Availability::Offline => "○",
            Availability::Unknown => "?",
        }
    }

    /// The colour of a state.
    #[must_use]
    pub fn presence(&self, value: Availability) -> Style {
        self.role(match value {
            Availability::Online => Role::Online,
            Availability::Busy | Availability::OnThePhone => Role::Busy,
            Availability::BeRightBack | Availability::Away | Availability::OutToLunch => Role::Away,
            Availability::Idle => Role::Idle,
            Availability::Offline | Availability::Unknown => Role::Offline,
        })
    }

    /// The tick behind a message of ours.
    #[must_use]
    pub const fn tick(&self, fate: Option<&Fate>) -> &'static str {
        match fate {
            // That it waits is a promise, and made when it can be kept.
            None => " ",
            Some(Fate::Queued) => "⧖",
            Some(Fate::Sent) => ".",
            Some(Fate::Delivered) => "✓",
            Some(Fate::Stored) => "↥",
            Some(Fate::Failed { .. }) => "!",
            Some(Fate::Unconfirmed { .. }) => "?",
        }
    }

    /// The colour of the tick.
    #[must_use]
    pub fn fate(&self, fate: Option<&Fate>) -> Style {
        self.role(match fate {
            Some(Fate::Delivered) => Role::Delivered,
            Some(Fate::Failed { .. }) => Role::Failed,
            Some(Fate::Unconfirmed { .. }) => Role::Unconfirmed,
            None | Some(Fate::Queued | Fate::Sent | Fate::Stored) => Role::Waiting,
        })
    }

    /// How the writer of a message wants it to look, as far as that can be read here: attributes,
    /// and the colour among the terminal's own that comes nearest.
    #[must_use]
    pub fn look(&self, style: &TextStyle) -> Style {
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
        // On a ground of the theme's own the terminal's colours may not be readable.
        let own_ground = self.text().bg.is_none_or(|bg| bg == Color::Reset);
        match style.colour.and_then(readable).filter(|_| self.color && own_ground) {
            Some(color) => look.fg(color),
            None => look,
        }
    }

    /// The letters by which a link is chosen.
    #[must_use]
    pub fn hint(&self) -> Style {
        self.mention().add_modifier(Modifier::REVERSED | Modifier::BOLD)
    }

    /// Before what lies below the rows that are shown.
    #[must_use]
    pub const fn below(&self) -> &'static str {
        "▼"
    }

    /// The mark of a conversation of several people.
    #[must_use]
    pub const fn room(&self) -> &'static str {
        "#"
    }

    /// The triangle before a group.
    #[must_use]
    pub const fn fold(&self, folded: bool) -> &'static str {
        if folded { "▸" } else { "▾" }
    }

    /// The pencil of somebody who writes.
    #[must_use]
    pub const fn pencil(&self) -> &'static str {
        "✎"
    }

    /// What nobody but an administrator can change.
    #[must_use]
    pub const fn lock(&self) -> &'static str {
        "⚿"
    }

    /// Something of ours is half written there.
    #[must_use]
    pub const fn draft(&self) -> &'static str {
        "¶"
    }

    /// The line between two panes, and the one between two parts.
    #[must_use]
    pub const fn rules(&self) -> (&'static str, &'static str) {
        ("│", "─")
    }
}

/// Themes that may inherit from one another in a row.
const MAX_CHAIN: usize = 8;

/// A role's look in the colours there are.
fn style(ink: Ink, depth: Depth) -> Style {
    let color = |paint: Option<Paint>| paint.and_then(|paint| depth.bring_down(paint));
    let Attributes { bold, dim, italic, underlined, reversed } = ink.attributes;
    let mut style = Style { fg: color(ink.fg), bg: color(ink.bg), ..Style::new() };
    for (on, modifier) in [
        (bold, Modifier::BOLD),
        (dim, Modifier::DIM),
        (italic, Modifier::ITALIC),
        (underlined, Modifier::UNDERLINED),
        (reversed, Modifier::REVERSED),
    ] {
        if on {
            style = style.add_modifier(modifier);
        }
    }
    style
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

    /// The red, green and blue of a colour as xterm shows it.
    fn rgb(color: Color) -> [u8; 3] {
        match color {
            Color::Rgb(r, g, b) => [r, g, b],
            Color::Indexed(n) => crate::ui::abilities::of_index(n),
            other => {
                let named = [
                    Color::Black,
                    Color::Red,
                    Color::Green,
                    Color::Yellow,
                    Color::Blue,
                    Color::Magenta,
                    Color::Cyan,
                    Color::Gray,
                    Color::DarkGray,
                    Color::LightRed,
                    Color::LightGreen,
                    Color::LightYellow,
                    Color::LightBlue,
                    Color::LightMagenta,
                    Color::LightCyan,
                    Color::White,
                ];
                let number = named.iter().position(|known| *known == other).unwrap_or_else(|| panic!("{other:?}"));
                crate::ui::abilities::of_index(u8::try_from(number).unwrap())
            }
        }
    }

    /// The ratio of WCAG 2: 1 to 21.
    fn contrast(a: Color, b: Color) -> f64 {
        let bright = |color: Color| {
            let part = |c: u8| {
                let c = f64::from(c) / 255.0;
                if c <= 0.039_28 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
            };
            let [r, g, b] = rgb(color).map(part);
            0.2126 * r + 0.7152 * g + 0.0722 * b
        };
        let (a, b) = (bright(a), bright(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    fn at(name: &str, depth: Depth) -> Theme {
        Theme::of(name, &[], &Abilities { depth, ..Abilities::default() })
    }

    #[test]
    fn shipped_themes_can_be_read() {
        for (name, least) in [("dark", 4.5), ("light", 4.5), ("contrast", 7.0)] {
            for depth in [Depth::True, Depth::Many] {
                let theme = at(name, depth);
                let ground = theme.text();
                for role in Role::ALL {
                    let style = theme.role(*role);
                    let (fg, bg) = (style.fg.or(ground.fg).unwrap(), style.bg.or(ground.bg).unwrap());
                    let ratio = contrast(fg, bg);
                    assert!(ratio >= least, "{name} {} at {depth:?}: {ratio:.2}", role.word());
                }
            }
        }
        // Where a theme of 16 colours says both, they go together as xterm shows them.
        for role in Role::ALL {
            if let Style { fg: Some(fg), bg: Some(bg), .. } = at("ansi16", Depth::Sixteen).role(*role) {
                assert!(contrast(fg, bg) >= 4.5, "{}: {:.2}", role.word(), contrast(fg, bg));
            }
        }
    }

    #[test]
    fn shipped_themes_are_whole_and_without_mistakes() {
        for (name, text) in SHIPPED {
            let (file, problems) = LooksFile::parse(text, std::path::Path::new(name));
            assert!(problems.is_empty(), "{name}: {problems:?}");
            assert!(file.inherits.is_some() || file.roles.len() == Role::ALL.len(), "{name} leaves roles out");
        }
    }

    #[test]
    fn colour_is_never_the_only_carrier() {
        let mono = at("mono", Depth::None);
        for name in Theme::names() {
            assert_eq!(at(name, Depth::None), mono, "without colours every theme is mono");
        }
        for role in Role::ALL {
            let style = mono.role(*role);
            assert_eq!((style.fg, style.bg), (None, None), "{}", role.word());
        }
        // What differs by its look alone must differ by its attributes.
        let looks = |role: Role| mono.role(role).add_modifier;
        for (a, b) in [
            (Role::Selection, Role::Text),
            (Role::Selection, Role::SelectionIdle),
            (Role::SelectionIdle, Role::Text),
            (Role::Selection, Role::Unread),
            (Role::Unread, Role::Text),
            (Role::Mention, Role::Text),
            (Role::Mention, Role::Unread),
            (Role::Mention, Role::Link),
            (Role::Link, Role::Text),
            (Role::Code, Role::Text),
            (Role::Code, Role::Link),
            (Role::Hit, Role::Text),
            (Role::Bar, Role::Text),
            (Role::Warning, Role::Info),
            (Role::Error, Role::Warning),
            (Role::Error, Role::Info),
            (Role::Border, Role::BorderFocused),
            (Role::Quiet, Role::Strong),
        ] {
            assert_ne!(looks(a), looks(b), "{} and {}", a.word(), b.word());
        }
        // States and fates differ by their marks, in letters too.
        for set in [Set::Unicode, Set::Console, Set::Ascii] {
            let marks = Marks { set, utf8: set != Set::Ascii };
            let shown = |mark: &str| marks.fit(mark).map_or_else(|| mark.to_owned(), str::to_owned);
            let states: std::collections::BTreeSet<String> =
                Availability::ALL.iter().map(|state| shown(mono.mark(*state))).collect();
            assert_eq!(states.len(), Availability::ALL.len(), "{set:?}: {states:?}");
            let why = String::new();
            let fates = [
                Fate::Queued,
                Fate::Sent,
                Fate::Delivered,
                Fate::Stored,
                Fate::Failed { why: why.clone() },
                Fate::Unconfirmed { why },
            ];
            let ticks: std::collections::BTreeSet<String> = fates.iter().map(|fate| shown(mono.tick(Some(fate)))).collect();
            assert_eq!(ticks.len(), fates.len(), "{set:?}: {ticks:?}");
            assert_ne!(shown(mono.fold(true)), shown(mono.fold(false)));
        }
    }

    #[test]
    fn colours_are_brought_down_to_what_there_is() {
        let dark = |depth| at("dark", depth).role(Role::Selection);
        assert_eq!(dark(Depth::True).bg, Some(Color::Rgb(0x2f, 0x5d, 0x8a)));
        assert!(matches!(dark(Depth::Many).bg, Some(Color::Indexed(16..))), "{:?}", dark(Depth::Many));
        assert!(!matches!(dark(Depth::Sixteen).bg, Some(Color::Indexed(_) | Color::Rgb(..)) | None));
        assert!(dark(Depth::None).add_modifier.contains(Modifier::REVERSED));
    }

    #[test]
    fn files_inherit_in_a_row_and_not_in_a_circle() {
        let file = |text: &str| LooksFile::parse(text, std::path::Path::new("x")).0;
        let files = vec![
            ("mine".to_owned(), file("inherits = \"base\"\nunread = { fg = \"red\" }")),
            ("base".to_owned(), file("inherits = \"dark\"\nlink = { fg = \"blue\" }")),
            ("a".to_owned(), file("inherits = \"b\"")),
            ("b".to_owned(), file("inherits = \"a\"\nlink = { fg = \"blue\" }")),
        ];
        let mine = Theme::of("mine", &files, &Abilities { depth: Depth::True, ..Abilities::default() });
        assert_eq!(mine.role(Role::Unread).fg, Some(Color::Red));
        assert_eq!(mine.role(Role::Link).fg, Some(Color::Blue));
        assert_eq!(mine.role(Role::Text), at("dark", Depth::True).role(Role::Text));
        let circle = Theme::of("a", &files, &Abilities { depth: Depth::True, ..Abilities::default() });
        assert_eq!(circle.role(Role::Link).fg, Some(Color::Blue));
    }
}
