//! Which keys are in force where.
//!
//! Sequences are kept in order, so that all that begin alike stand together: what may follow the
//! keys pressed so far is a range, as in a trie.

use std::collections::BTreeMap;
use std::ops::Bound as End;
use std::sync::{Arc, LazyLock};

use super::chord::{Chord, Sequence};
use super::problem::{KeyFault, KeyProblem};
use super::sets;
use crate::app::{Action, ActionSpec, Context, catalogue, named};
use crate::config::{Binding, KeySet, Place, UiSettings};

/// Who gave keys to an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// Its row in the catalogue.
    Row,
    /// The key set.
    Set,
    /// The user.
    User(Place),
}

/// What keys mean.
#[derive(Debug, Clone, Copy)]
pub struct Bound {
    /// The action's row.
    pub spec: &'static ActionSpec,
    /// Who said so.
    pub source: Source,
}

type Table = BTreeMap<Vec<Chord>, Bound>;

/// What keys mean, in each context.
#[derive(Debug, Clone, Default)]
pub struct Keymap {
    set: KeySet,
    tables: BTreeMap<Context, Table>,
    /// The keys of each action, in the order of preference.
    of: BTreeMap<&'static str, Vec<(Context, Sequence)>>,
}

impl Keymap {
    /// The keys of the set with the user's changes, and what is wrong with those.
    #[must_use]
    pub fn new(settings: &UiSettings) -> (Arc<Self>, Vec<KeyProblem>) {
        if settings.key_set == KeySet::Plain && settings.keys.is_empty() {
            return (Self::plain(), Vec::new());
        }
        let mut map = Self::of_set(settings.key_set);
        let problems = map.change(&settings.keys);
        map.index();
        (Arc::new(map), problems)
    }

    /// The plain set.
    #[must_use]
    pub fn plain() -> Arc<Self> {
        static PLAIN: LazyLock<Arc<Keymap>> = LazyLock::new(|| {
            let mut map = Keymap::of_set(KeySet::Plain);
            map.index();
            Arc::new(map)
        });
        Arc::clone(&PLAIN)
    }

    /// Which set it began with.
    #[must_use]
    pub const fn set(&self) -> KeySet {
        self.set
    }

    /// What the set gives comes before what the rows say: a row's key that the set needs for
    /// something else is not in force.
    fn of_set(set: KeySet) -> Self {
        let mut map = Self { set, ..Self::default() };
        for (context, keys, name) in sets::differences(set) {
            if let (Some(keys), Some(spec)) = (Sequence::parse(keys), named(name)) {
                map.put(*context, &keys, Bound { spec, source: Source::Set });
            }
        }
        // Modes are only in the set that has them.
        for spec in catalogue().filter(|spec| set == KeySet::Vim || spec.context != Context::Normal) {
            for keys in spec.keys.iter().filter_map(|keys| Sequence::parse(keys)) {
                if map.in_the_way(spec.context, &keys).next().is_none() {
                    map.put(spec.context, &keys, Bound { spec, source: Source::Row });
                }
            }
        }
        map.without_alt();
        map
    }

    /// Alt is often taken by others, so what has only keys with it gets one more: `ctrl-x @` and the
    /// same key without, as Emacs has it.
    fn without_alt(&mut self) {
        self.index();
        let only = |keys: &Vec<(Context, Sequence)>| keys.iter().all(|(_, keys)| keys.needs_alt());
        let needed: Vec<_> = self
            .of
            .iter()
            .filter(|(_, keys)| only(keys))
            .filter_map(|(name, keys)| Some((*name, keys.first()?.clone())))
            .collect();
        for (name, (context, keys)) in needed {
            if let (Some(spec), Some(keys)) = (named(name), keys.without_alt())
                && self.in_the_way(context, &keys).next().is_none()
            {
                self.put(context, &keys, Bound { spec, source: Source::Row });
            }
        }
    }

    fn put(&mut self, context: Context, keys: &Sequence, bound: Bound) {
        self.tables.entry(context).or_default().insert(keys.chords().to_vec(), bound);
    }

    /// What has the same keys, begins with them, or is their beginning.
    fn in_the_way<'a>(&'a self, context: Context, keys: &'a Sequence) -> impl Iterator<Item = (&'a Vec<Chord>, &'a Bound)> {
        let table = self.tables.get(&context);
        let chords = keys.chords();
        let shorter = (1..chords.len()).filter_map(move |len| table?.get_key_value(chords.get(..len)?));
        shorter.chain(self.beginning_with(context, chords))
    }

    /// What begins with these chords, or is just them.
    fn beginning_with<'a>(&'a self, context: Context, chords: &'a [Chord]) -> impl Iterator<Item = (&'a Vec<Chord>, &'a Bound)> {
        let range = self.tables.get(&context).map(|table| table.range::<[Chord], _>((End::Included(chords), End::Unbounded)));
        range.into_iter().flatten().take_while(move |(keys, _)| keys.starts_with(chords))
    }

    /// What the chords mean in a context, if they are whole.
    #[must_use]
    pub fn find(&self, context: Context, chords: &[Chord]) -> Option<&Bound> {
        self.tables.get(&context)?.get(chords)
    }

    /// What a single chord means in a context alone.
    #[must_use]
    pub fn action(&self, context: Context, chord: Chord) -> Option<&Action> {
        self.find(context, &[chord]).map(|bound| &bound.spec.action)
    }

    /// What more is needed for the actions whose keys begin with these, in a context.
    pub fn following<'a>(&'a self, context: Context, begun: &'a [Chord]) -> impl Iterator<Item = (&'a [Chord], &'a Bound)> {
        let longer = self.beginning_with(context, begun).filter(|(keys, _)| keys.len() > begun.len());
        longer.map(|(keys, bound)| (keys.get(begun.len()..).unwrap_or_default(), bound))
    }

    /// Everything in force in a context, in the order of the keys.
    pub fn all(&self, context: Context) -> impl Iterator<Item = (&[Chord], &Bound)> {
        self.tables.get(&context).into_iter().flatten().map(|(keys, bound)| (keys.as_slice(), bound))
    }

    /// The keys of an action, wherever they are in force, the usual ones first.
    #[must_use]
    pub fn of(&self, name: &str) -> &[(Context, Sequence)] {
        self.of.get(name).map_or(&[], Vec::as_slice)
    }

    /// The keys for an action that work in these contexts, the nearest first.
    #[must_use]
    pub fn within(&self, contexts: &[Context], name: &str) -> Option<&Sequence> {
        let works = |context: Context, keys: &Sequence| {
            contexts.contains(&context)
                && contexts.iter().take_while(|near| **near != context).all(|near| self.in_the_way(*near, keys).next().is_none())
        };
        self.of(name).iter().find(|(context, keys)| works(*context, keys)).map(|(_, keys)| keys)
    }

    /// The keys of each action by its name. Those of the user come first, then those of the set; of
    /// the rows' in the order of the row.
    fn index(&mut self) {
        let mut of: BTreeMap<&'static str, Vec<(Source, usize, Context, Sequence)>> = BTreeMap::new();
        for (context, table) in &self.tables {
            for (chords, Bound { spec, source }) in table {
                let Some(keys) = Sequence::of(chords) else { continue };
                let place = spec.keys.iter().position(|own| Sequence::parse(own).as_ref() == Some(&keys));
                let place = place.unwrap_or(spec.keys.len());
                of.entry(spec.name).or_default().push((*source, place, *context, keys));
            }
        }
        self.of = of
            .into_iter()
            .map(|(name, mut keys)| {
                keys.sort_by_key(|(source, place, context, _)| (std::cmp::Reverse(*source), *place, *context));
                (name, keys.into_iter().map(|(_, _, context, keys)| (context, keys)).collect())
            })
            .collect();
    }

    /// Takes the user's lines in. Those that only take keys away come first, so that a key can be
    /// given to something else without a word.
    fn change(&mut self, bindings: &[Binding]) -> Vec<KeyProblem> {
        let mut problems = Vec::new();
        let (takes, gives): (Vec<_>, Vec<_>) = bindings.iter().partition(|binding| binding.action.is_empty());
        for binding in takes {
            match (Context::by_name(&binding.context), Sequence::parse(&binding.chord)) {
                (Some(context), Some(keys)) => {
                    if let Some(table) = self.tables.get_mut(&context) {
                        table.retain(|bound, _| !bound.starts_with(keys.chords()));
                    }
                }
                (_, None) => problems.push(KeyProblem { binding: binding.clone(), fault: KeyFault::Chord }),
                (None, _) => {}
            }
        }
        for binding in gives {
            let faults = self.give(binding);
            problems.extend(faults.into_iter().map(|fault| KeyProblem { binding: binding.clone(), fault }));
        }
        problems.extend(self.hidden(bindings));
        problems.sort_by_key(|problem| problem.binding.place);
        problems
    }

    fn give(&mut self, binding: &Binding) -> Vec<KeyFault> {
        let Some(context) = Context::by_name(&binding.context) else { return Vec::new() };
        let mut faults = Vec::new();
        let (keys, spec) = (Sequence::parse(&binding.chord), named(&binding.action));
        if keys.is_none() {
            faults.push(KeyFault::Chord);
        }
        if spec.is_none() {
            faults.push(KeyFault::Action);
        }
        let (Some(keys), Some(spec)) = (keys, spec) else { return faults };
        faults.extend(keys.chords().iter().find_map(|chord| chord.same_as()).map(|same| KeyFault::SameAs(same.to_string())));
        let first = keys.chords().first().and_then(|chord| chord.typed());
        if matches!(context, Context::Everywhere | Context::Composer) && first.is_some() {
            faults.push(KeyFault::Letter);
        }
        faults.extend(self.make_room(context, &keys));
        // A key given to an action everywhere must not be kept by one for a single part.
        if context == Context::Everywhere {
            for part in [Context::Roster, Context::Messages, Context::Composer, Context::Normal, Context::Board] {
                if let Some(table) = self.tables.get_mut(&part) {
                    table.retain(|chords, bound| matches!(bound.source, Source::User(_)) || !chords.starts_with(keys.chords()));
                }
            }
        }
        self.put(context, &keys, Bound { spec, source: Source::User(binding.place) });
        faults
    }

    /// Takes away what has the same keys, begins with them, or is their beginning; says so where
    /// that is not what whoever wrote the line sees in it.
    fn make_room(&mut self, context: Context, keys: &Sequence) -> Vec<KeyFault> {
        let gone: Vec<(Vec<Chord>, Bound)> = self.in_the_way(context, keys).map(|(keys, bound)| (keys.clone(), *bound)).collect();
        let mut faults = Vec::new();
        let mut cut = Vec::new();
        for (chords, bound) in &gone {
            match bound.source {
                Source::User(place) if chords == keys.chords() => faults.push(KeyFault::Twice(place)),
                Source::User(place) => faults.push(KeyFault::Begins(place)),
                // To have the key do something else is what the line is for.
                Source::Row | Source::Set if chords == keys.chords() => {}
                Source::Row | Source::Set => cut.push((chords, bound.spec.name)),
            }
        }
        if let Some((chords, name)) = cut.first() {
            faults.push(KeyFault::Cuts(super::shown(chords), name, cut.len() - 1));
        }
        if let Some(table) = self.tables.get_mut(&context) {
            for (chords, _) in &gone {
                table.remove(chords);
            }
        }
        faults
    }

    /// Lines for everywhere whose keys another line gives to something else in one part.
    fn hidden(&self, bindings: &[Binding]) -> Vec<KeyProblem> {
        let everywhere = bindings.iter().filter(|line| line.context == Context::Everywhere.name() && !line.action.is_empty());
        let mut problems = Vec::new();
        for binding in everywhere {
            let Some(keys) = Sequence::parse(&binding.chord) else { continue };
            for context in Context::ALL.into_iter().filter(|context| *context != Context::Everywhere) {
                let hiding = self.in_the_way(context, &keys).find_map(|(_, bound)| match bound.source {
                    Source::User(place) => Some(place),
                    Source::Row | Source::Set => None,
                });
                if let Some(place) = hiding {
                    let fault = KeyFault::Hidden(place, context.name().to_owned());
                    problems.push(KeyProblem { binding: binding.clone(), fault });
                }
            }
        }
        problems
    }
}
