//! The places for conversations: any number, side by side and one below the other, one with the keyboard.
//!
//! A tree of splits with panes as leaves. It knows shares, no cells: how many cells a share is, and
//! whether all panes fit, is for drawing to say.

use std::collections::BTreeMap;

use crate::app::{ChatKey, Place};

/// Most panes there can be; more would be too small to read on any terminal.
pub const MAX_PANES: usize = 16;
/// A whole side, in the units of [`Area`].
const WHOLE: u32 = 1 << 16;
/// Least and greatest share of the first part of a split, in thousandths.
const SHARES: (u16, u16) = (100, 900);
/// Thousandths that one step of growing takes.
const STEP: u16 = 50;

/// Which pane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct PaneId(pub u32);

/// A place for a conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pane {
    /// The conversation shown.
    pub chat: Option<ChatKey>,
    /// Where one reads.
    pub place: Place,
    /// The number of the first message that was new when the conversation was opened: the place of the mark.
    pub mark: Option<i64>,
    /// How many came from there on.
    pub new_lines: usize,
    /// The user wishes them to stay unread until the conversation is left.
    pub held: bool,
}

/// How the two parts of a split lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Side by side.
    Beside,
    /// One below the other.
    Below,
}

/// A direction on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Toward {
    /// To the left.
    Left,
    /// To the right.
    Right,
    /// Up.
    Up,
    /// Down.
    Down,
}

/// What is in one part of the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layout {
    /// One pane.
    Pane(PaneId),
    /// Two parts.
    Split(Box<Split>),
}

/// Two parts, and how they share the room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// How they lie.
    pub way: Way,
    /// The share of the first, in thousandths.
    pub share: u16,
    /// The left or upper part.
    pub first: Layout,
    /// The right or lower part.
    pub second: Layout,
}

/// The panes, where they lie, and which has the keyboard. There is always one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panes {
    by_id: BTreeMap<PaneId, Pane>,
    layout: Layout,
    focused: PaneId,
    zoomed: bool,
    next: u32,
}

/// A part of a square of which each side is [`WHOLE`].
#[derive(Debug, Clone, Copy)]
struct Area {
    left: u32,
    top: u32,
    right: u32,
    bottom: u32,
}

impl Split {
    /// A share within its bounds.
    #[must_use]
    pub const fn bounded(share: u16) -> u16 {
        if share < SHARES.0 {
            SHARES.0
        } else if share > SHARES.1 {
            SHARES.1
        } else {
            share
        }
    }
}

impl Default for Panes {
    fn default() -> Self {
        let first = PaneId::default();
        Self { by_id: [(first, Pane::default())].into(), layout: Layout::Pane(first), focused: first, zoomed: false, next: 1 }
    }
}

impl Layout {
    /// The panes in it, from left to right and from top to bottom.
    #[must_use]
    pub fn ids(&self) -> Vec<PaneId> {
        match self {
            Self::Pane(id) => vec![*id],
            Self::Split(split) => [split.first.ids(), split.second.ids()].concat(),
        }
    }

    fn holds(&self, wanted: PaneId) -> bool {
        match self {
            Self::Pane(id) => *id == wanted,
            Self::Split(split) => split.first.holds(wanted) || split.second.holds(wanted),
        }
    }

    /// The leaf of a pane, to be changed.
    fn leaf(&mut self, wanted: PaneId) -> Option<&mut Self> {
        match self {
            Self::Pane(id) if *id == wanted => Some(self),
            Self::Pane(_) => None,
            Self::Split(split) => {
                let part = if split.first.holds(wanted) { &mut split.first } else { &mut split.second };
                part.leaf(wanted)
            }
        }
    }

    /// Without a pane: what lay beside it takes its room. `None` if nothing is left.
    fn without(self, gone: PaneId) -> Option<Self> {
        match self {
            Self::Pane(id) => (id != gone).then_some(Self::Pane(id)),
            Self::Split(split) => {
                let Split { way, share, first, second } = *split;
                match (first.without(gone), second.without(gone)) {
                    (Some(first), Some(second)) => Some(Self::Split(Box::new(Split { way, share, first, second }))),
                    (one, other) => one.or(other),
                }
            }
        }
    }

    fn areas(&self, area: Area, out: &mut Vec<(PaneId, Area)>) {
        match self {
            Self::Pane(id) => out.push((*id, area)),
            Self::Split(split) => {
                let share = u32::from(split.share);
                let (first, second) = match split.way {
                    Way::Beside => {
                        let middle = area.left + (area.right - area.left) * share / 1_000;
                        (Area { right: middle, ..area }, Area { left: middle, ..area })
                    }
                    Way::Below => {
                        let middle = area.top + (area.bottom - area.top) * share / 1_000;
                        (Area { bottom: middle, ..area }, Area { top: middle, ..area })
                    }
                };
                split.first.areas(first, out);
                split.second.areas(second, out);
            }
        }
    }

    /// The innermost split of this kind that holds a pane.
    fn around(&mut self, id: PaneId, way: Way) -> Option<&mut Split> {
        let Self::Split(split) = self else { return None };
        if !(split.first.holds(id) || split.second.holds(id)) {
            return None;
        }
        let inner = if split.first.holds(id) { split.first.has_around(id, way) } else { split.second.has_around(id, way) };
        if !inner {
            return (split.way == way).then_some(&mut **split);
        }
        let part = if split.first.holds(id) { &mut split.first } else { &mut split.second };
        part.around(id, way)
    }

    fn has_around(&self, id: PaneId, way: Way) -> bool {
        match self {
            Self::Pane(_) => false,
            Self::Split(split) => {
                let part = if split.first.holds(id) { &split.first } else { &split.second };
                part.holds(id) && (split.way == way || part.has_around(id, way))
            }
        }
    }

    /// All parts of one row or column of splits of the same kind get the same room.
    fn even(&mut self) {
        if let Self::Split(split) = self {
            let (first, second) = (split.first.along(split.way), split.second.along(split.way));
            split.share = u16::try_from(first * 1_000 / (first + second).max(1)).unwrap_or(500);
            split.share = Split::bounded(split.share);
            split.first.even();
            split.second.even();
        }
    }

    /// How many parts lie one after the other in this way.
    fn along(&self, way: Way) -> usize {
        match self {
            Self::Split(split) if split.way == way => split.first.along(way) + split.second.along(way),
            Self::Pane(_) | Self::Split(_) => 1,
        }
    }
}

impl Panes {
    /// One pane for each of these leaves; `None` if a leaf is there twice, or there are too many.
    #[must_use]
    pub fn with(layout: Layout, mut panes: BTreeMap<PaneId, Pane>, focused: PaneId) -> Option<Self> {
        let ids = layout.ids();
        let known: std::collections::BTreeSet<PaneId> = ids.iter().copied().collect();
        if known.len() != ids.len() || ids.len() > MAX_PANES {
            return None;
        }
        panes.retain(|id, _| known.contains(id));
        for id in &ids {
            panes.entry(*id).or_default();
        }
        let next = ids.iter().map(|id| id.0).max().unwrap_or(0).checked_add(1)?;
        let focused = if known.contains(&focused) { focused } else { *ids.first()? };
        Some(Self { by_id: panes, layout, focused, zoomed: false, next })
    }

    /// Where they lie.
    #[must_use]
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Which has the keyboard when a conversation has it.
    #[must_use]
    pub const fn focused_id(&self) -> PaneId {
        self.focused
    }

    /// Whether only the focused one is shown.
    #[must_use]
    pub const fn is_zoomed(&self) -> bool {
        self.zoomed
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.by_id.len()
    }

    /// The focused one.
    #[must_use]
    #[allow(clippy::missing_panics_doc)]
    pub fn focused(&self) -> &Pane {
        static EMPTY: Pane = Pane { chat: None, place: Place::END, mark: None, new_lines: 0, held: false };
        self.by_id.get(&self.focused).unwrap_or(&EMPTY)
    }

    /// The focused one, to be changed.
    pub fn focused_mut(&mut self) -> &mut Pane {
        self.by_id.entry(self.focused).or_default()
    }

    /// One of them.
    #[must_use]
    pub fn get(&self, id: PaneId) -> Option<&Pane> {
        self.by_id.get(&id)
    }

    /// One of them, to be changed.
    pub fn get_mut(&mut self, id: PaneId) -> Option<&mut Pane> {
        self.by_id.get_mut(&id)
    }

    /// All of them, in the order of the screen.
    pub fn iter(&self) -> impl Iterator<Item = (PaneId, &Pane)> {
        self.layout.ids().into_iter().filter_map(|id| self.by_id.get(&id).map(|pane| (id, pane)))
    }

    /// All of them, to be changed; in no order.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (PaneId, &mut Pane)> {
        self.by_id.iter_mut().map(|(id, pane)| (*id, pane))
    }

    /// The pane that shows a conversation; the focused one before others.
    #[must_use]
    pub fn showing(&self, chat: &ChatKey) -> Option<PaneId> {
        let shows = |pane: &Pane| pane.chat.as_ref() == Some(chat);
        if shows(self.focused()) {
            return Some(self.focused);
        }
        self.iter().find(|(_, pane)| shows(pane)).map(|(id, _)| id)
    }

    /// Gives a pane the keyboard; `false` if there is none such.
    pub fn focus(&mut self, id: PaneId) -> bool {
        let known = self.by_id.contains_key(&id);
        if known {
            self.focused = id;
        }
        known
    }

    /// Divides the focused pane; the new one shows the same conversation and has the keyboard. `false`
    /// if there are too many already.
    pub fn split(&mut self, way: Way) -> bool {
        if self.by_id.len() >= MAX_PANES {
            return false;
        }
        let new = PaneId(self.next);
        let Some(leaf) = self.layout.leaf(self.focused) else { return false };
        let (first, second) = (leaf.clone(), Layout::Pane(new));
        *leaf = Layout::Split(Box::new(Split { way, share: 500, first, second }));
        self.next += 1;
        let shown = self.focused().clone();
        self.by_id.insert(new, shown);
        self.focused = new;
        self.zoomed = false;
        true
    }

    /// Takes the focused pane away; what lay beside it takes its room and, of its panes, the nearest the
    /// keyboard. `None` if it is the only one.
    pub fn close(&mut self) -> Option<Pane> {
        if self.by_id.len() < 2 {
            return None;
        }
        let order = self.layout.ids();
        let at = order.iter().position(|id| *id == self.focused).unwrap_or(0);
        let next = order.get(at.wrapping_sub(1)).or_else(|| order.get(at + 1)).copied()?;
        self.layout = self.layout.clone().without(self.focused)?;
        let gone = self.by_id.remove(&self.focused);
        self.focused = next;
        self.zoomed = false;
        gone
    }

    /// Leaves only the focused pane; gives what was shown in the others.
    pub fn only(&mut self) -> Vec<Pane> {
        let kept = self.by_id.remove(&self.focused).unwrap_or_default();
        let gone = std::mem::take(&mut self.by_id).into_values().collect();
        self.by_id.insert(self.focused, kept);
        self.layout = Layout::Pane(self.focused);
        self.zoomed = false;
        gone
    }

    /// Shows only the focused one, or all again.
    pub fn zoom(&mut self) {
        self.zoomed = !self.zoomed && self.by_id.len() > 1;
    }

    /// The keyboard to the next pane, or the one before, round the end.
    pub fn cycle(&mut self, backwards: bool) {
        let order = self.layout.ids();
        let at = order.iter().position(|id| *id == self.focused).unwrap_or(0);
        let step = if backwards { order.len().saturating_sub(1) } else { 1 };
        if let Some(id) = order.get((at + step) % order.len().max(1)) {
            self.focused = *id;
        }
    }

    /// The pane that lies next in a direction: of those that touch, the one across from the middle.
    #[must_use]
    pub fn neighbour(&self, toward: Toward) -> Option<PaneId> {
        let mut areas = Vec::new();
        self.layout.areas(Area { left: 0, top: 0, right: WHOLE, bottom: WHOLE }, &mut areas);
        let here = areas.iter().find(|(id, _)| *id == self.focused).map(|(_, area)| *area)?;
        let (across, down) = (u32::midpoint(here.left, here.right), u32::midpoint(here.top, here.bottom));
        let touches = |area: &Area| match toward {
            Toward::Left => area.right == here.left,
            Toward::Right => area.left == here.right,
            Toward::Up => area.bottom == here.top,
            Toward::Down => area.top == here.bottom,
        };
        let covers = |area: &Area| match toward {
            Toward::Left | Toward::Right => area.top <= down && down < area.bottom,
            Toward::Up | Toward::Down => area.left <= across && across < area.right,
        };
        areas.iter().find(|(_, area)| touches(area) && covers(area)).map(|(id, _)| *id)
    }

    /// Exchanges the focused pane with its neighbour; it keeps the keyboard.
    pub fn exchange(&mut self, toward: Toward) -> bool {
        let Some(other) = self.neighbour(toward) else { return false };
        let here = self.focused;
        let (Some(mine), Some(theirs)) = (self.by_id.remove(&here), self.by_id.remove(&other)) else { return false };
        self.by_id.insert(here, theirs);
        self.by_id.insert(other, mine);
        self.focused = other;
        true
    }

    /// Moves the nearest border of the focused pane in a direction, a step; `false` if there is none.
    pub fn push(&mut self, toward: Toward) -> bool {
        let way = if matches!(toward, Toward::Left | Toward::Right) { Way::Beside } else { Way::Below };
        let more = matches!(toward, Toward::Right | Toward::Down);
        let Some(split) = self.layout.around(self.focused, way) else { return false };
        let share = if more { split.share + STEP } else { split.share.saturating_sub(STEP) };
        split.share = Split::bounded(share);
        true
    }

    /// Puts the border before a pane to a share of its split, in thousandths (mouse).
    pub fn share(&mut self, behind: PaneId, way: Way, share: u16) -> bool {
        fn find(layout: &mut Layout, behind: PaneId, way: Way) -> Option<&mut Split> {
            let Layout::Split(split) = layout else { return None };
            if split.way == way && split.second.ids().first() == Some(&behind) {
                return Some(split);
            }
            let part = if split.first.holds(behind) { &mut split.first } else { &mut split.second };
            find(part, behind, way)
        }
        let Some(split) = find(&mut self.layout, behind, way) else { return false };
        split.share = Split::bounded(share);
        true
    }

    /// All panes get the same room.
    pub fn even(&mut self) {
        self.layout.even();
    }

    /// A conversation is gone: panes that showed it are empty.
    pub fn forget(&mut self, chat: &ChatKey) {
        for pane in self.by_id.values_mut().filter(|pane| pane.chat.as_ref() == Some(chat)) {
            *pane = Pane::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three() -> Panes {
        // 0 | 1
        //   | 2
        let mut panes = Panes::default();
        assert!(panes.split(Way::Beside) && panes.split(Way::Below));
        panes
    }

    #[test]
    fn splits_and_neighbours() {
        let mut panes = three();
        assert_eq!(panes.layout().ids(), [PaneId(0), PaneId(1), PaneId(2)]);
        assert_eq!(panes.focused_id(), PaneId(2));
        assert_eq!(panes.neighbour(Toward::Up), Some(PaneId(1)));
        assert_eq!(panes.neighbour(Toward::Left), Some(PaneId(0)));
        assert_eq!((panes.neighbour(Toward::Right), panes.neighbour(Toward::Down)), (None, None));
        panes.focus(PaneId(0));
        assert_eq!(panes.neighbour(Toward::Right), Some(PaneId(2)), "the one across from the middle");
        panes.cycle(true);
        assert_eq!(panes.focused_id(), PaneId(2));
    }

    #[test]
    fn closing_gives_the_room_to_what_lay_beside() {
        let mut panes = three();
        panes.focus(PaneId(1));
        assert!(panes.close().is_some());
        assert_eq!(panes.layout().ids(), [PaneId(0), PaneId(2)]);
        assert_eq!(panes.focused_id(), PaneId(0));
        assert!(panes.close().is_some());
        assert_eq!(*panes.layout(), Layout::Pane(PaneId(2)));
        assert!(panes.close().is_none(), "the last one stays");
        assert_eq!(three().only().len(), 2);
    }

    #[test]
    fn borders_move_within_bounds() {
        let mut panes = three();
        let share = |panes: &Panes| match panes.layout() {
            Layout::Split(split) => split.share,
            Layout::Pane(_) => 0,
        };
        assert!(panes.push(Toward::Left));
        assert_eq!(share(&panes), 450, "the border of the column");
        for _ in 0..100 {
            panes.push(Toward::Left);
        }
        assert_eq!(share(&panes), 100);
        panes.even();
        assert_eq!(share(&panes), 500);
        assert!(panes.share(PaneId(1), Way::Beside, 700) && share(&panes) == 700);
        assert!(panes.share(PaneId(2), Way::Below, 2_000));
        assert!(!panes.share(PaneId(0), Way::Below, 500));
        assert!(!Panes::default().push(Toward::Up));
    }

    #[test]
    fn exchange_takes_the_keyboard_along() {
        let mut panes = three();
        panes.focused_mut().new_lines = 7;
        assert!(panes.exchange(Toward::Left));
        assert_eq!((panes.focused_id(), panes.focused().new_lines), (PaneId(0), 7));
        assert_eq!(panes.layout().ids(), [PaneId(0), PaneId(1), PaneId(2)]);
    }

    #[test]
    fn nonsense_is_no_layout() {
        let twice = Layout::Split(Box::new(Split {
            way: Way::Below,
            share: 500,
            first: Layout::Pane(PaneId(1)),
            second: Layout::Pane(PaneId(1)),
        }));
        assert!(Panes::with(twice, BTreeMap::new(), PaneId(1)).is_none());
        assert!(Panes::with(Layout::Pane(PaneId(u32::MAX)), BTreeMap::new(), PaneId(1)).is_none());
        let one = Panes::with(Layout::Pane(PaneId(4)), BTreeMap::new(), PaneId(1)).unwrap();
        assert_eq!((one.focused_id(), one.count()), (PaneId(4), 1));
    }

    #[test]
    fn any_steps_keep_the_tree_whole() {
        use proptest::prelude::*;
        proptest!(ProptestConfig::with_cases(128), |(steps in proptest::collection::vec(0_u8..14, 0..60))| {
            let mut panes = Panes::default();
            for step in steps {
                match step {
                    0 | 1 => drop(panes.split(Way::Beside)),
                    2 | 3 => drop(panes.split(Way::Below)),
                    4 => drop(panes.close()),
                    5 => panes.zoom(),
                    6 => panes.cycle(false),
                    7 => panes.even(),
                    8 => drop(panes.push(Toward::Up)),
                    9 => drop(panes.exchange(Toward::Right)),
                    10 => drop(panes.neighbour(Toward::Down).map(|id| panes.focus(id))),
                    11 => drop(panes.push(Toward::Right)),
                    12 => drop(panes.exchange(Toward::Up)),
                    _ => panes.cycle(true),
                }
                let ids = panes.layout().ids();
                prop_assert!(ids.len() <= MAX_PANES && ids.len() == panes.count());
                prop_assert!(ids.contains(&panes.focused_id()));
            }
        });
    }
}
