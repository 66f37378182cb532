//! The board: who is what since when, over the whole screen.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use crate::app::listing::{Listing, Order, Parts, Want};
use crate::app::{App, Composer, RowKey, Terms};

/// In which order the board stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sorting {
    /// In groups, who can be reached best first.
    #[default]
    Group,
    /// Who changed last first.
    Change,
    /// Who can be reached best first.
    State,
    /// By name.
    Name,
}

impl Sorting {
    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Change => "change",
            Self::State => "state",
            Self::Name => "name",
        }
    }

    /// The one after it, round the end.
    #[must_use]
    pub const fn next(self) -> Self {
        match self {
            Self::Group => Self::Change,
            Self::Change => Self::State,
            Self::State => Self::Name,
            Self::Name => Self::Group,
        }
    }

    const fn parts(self) -> (Order, Parts) {
        match self {
            Self::Group => (Order::State, Parts::Groups),
            Self::Change => (Order::Change, Parts::Flat),
            Self::State => (Order::State, Parts::Flat),
            Self::Name => (Order::Name, Parts::Flat),
        }
    }
}

/// The state of the board. It is kept while the board is not shown.
#[derive(Debug, Clone, Default)]
pub struct Board {
    /// It covers the screen.
    pub shown: bool,
    /// In which order.
    pub sorting: Sorting,
    /// Who is listed; empty = all.
    pub filter: Composer,
    /// The filter is being typed.
    pub filtering: bool,
    /// Only who can be reached is listed.
    pub online_only: bool,
    /// The row that is marked; none = the first.
    pub selected: Option<RowKey>,
    /// The first row when it was moved last.
    pub top: usize,
    /// Headers below which everything is folded up.
    pub folded: BTreeSet<RowKey>,
    /// The rows, once somebody asked for them; emptied when they may differ.
    pub(super) rows: OnceCell<Listing>,
}

impl App {
    /// The rows of the board, in order.
    #[must_use]
    pub fn board_rows(&self) -> &Listing {
        let board = &self.screen.board;
        board.rows.get_or_init(|| {
            let (order, parts) = board.sorting.parts();
            let terms = Terms::read(board.filter.text());
            let (apart, account) = (self.screen.apart, self.screen.account.clone());
            let want = Want { terms, online: board.online_only, unread: false, order, parts, apart, account };
            Listing::build(self, want, &board.folded)
        })
    }

    /// Which row of the board is marked.
    #[must_use]
    pub fn board_row(&self) -> usize {
        let rows = self.board_rows();
        let found = self.screen.board.selected.as_ref().and_then(|key| rows.position(key));
        found.or_else(|| rows.first_chat()).unwrap_or(0)
    }
}

/// The first row to show: where it was, moved no more than it must be to show the marked one.
#[must_use]
pub fn top_of(was: usize, marked: usize, height: usize, len: usize) -> usize {
    let least = marked.saturating_sub(height.saturating_sub(1));
    was.clamp(least, marked.max(least)).min(len.saturating_sub(height))
}
