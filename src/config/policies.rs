//! Policies as layers of settings: what is recommended lies below the file, what is managed above everything.

use std::path::{Path, PathBuf};

use super::keys::{KnownKey, Section, known};
use super::layers::Origin;
use super::paths::{Paths, expand_home};
use super::raw::{Setting, Value};
use super::resolve::{FileRead, check};
use crate::policy::{Decision, Denial, Level, Policy, Value as Decided};

/// What policies decide of the settings, as settings.
#[derive(Debug, Clone, Default)]
pub(super) struct Policies {
    managed: Vec<(Setting, Denial)>,
    recommended: Vec<(Setting, Denial)>,
}

impl Policies {
    pub(super) fn new(policy: &Policy) -> Self {
        let of = |level| policy.table().decisions(level).into_iter().filter_map(setting).collect();
        Self { managed: of(Level::Managed), recommended: of(Level::Recommended) }
    }

    /// The settings of one layer.
    pub(super) fn layer(&self, origin: Origin, wanted: impl Fn(Section) -> bool) -> Vec<Setting> {
        self.of(origin).iter().map(|(setting, _)| setting).filter(|setting| wanted(setting.key.section)).cloned().collect()
    }

    /// Which policy set a key.
    pub(super) fn who(&self, key: &KnownKey, origin: Origin) -> Option<Denial> {
        self.of(origin).iter().find(|(setting, _)| setting.key == key).map(|(_, denial)| denial.clone())
    }

    /// The policies that settings of the command line are against.
    pub(super) fn against(&self, flags: &[Setting]) -> Vec<Denial> {
        let other = |(managed, denial): &(Setting, Denial)| {
            let against = flags.iter().any(|flag| flag.key == managed.key && flag.value != managed.value);
            against.then(|| denial.clone())
        };
        self.managed.iter().filter_map(other).collect()
    }

    fn of(&self, origin: Origin) -> &[(Setting, Denial)] {
        match origin {
            Origin::Managed => &self.managed,
            Origin::Recommended => &self.recommended,
            Origin::Default | Origin::File | Origin::Environment | Origin::Flag => &[],
        }
    }
}

/// The files of policies that the configuration names; relative ones are beside it.
#[must_use]
pub fn named_policies(read: &FileRead, paths: &Paths) -> Vec<PathBuf> {
    let Some(raw) = read.raw() else { return Vec::new() };
    let named = raw.general.iter().rev().find(|setting| setting.key.section == Section::Policy && setting.key.name == "files");
    let texts = match named.map(|setting| &setting.value) {
        Some(Value::Words(texts)) => texts.as_slice(),
        Some(Value::Text(text)) => std::slice::from_ref(text),
        _ => &[],
    };
    let beside = paths.config.parent().unwrap_or(Path::new(""));
    texts.iter().map(|text| beside.join(expand_home(text))).collect()
}

/// The key of the configuration that a policy names.
fn key(path: &str) -> Option<&'static KnownKey> {
    let (table, name) = path.split_once('.')?;
    known(Section::ALL.into_iter().find(|section| section.table() == table)?, name)
}

fn setting(decision: Decision) -> Option<(Setting, Denial)> {
    let key = key(decision.key)?;
    let value = match decision.value {
        Decided::Flag(flag) => Value::Flag(flag),
        Decided::Number(number) => Value::Number(number),
        Decided::Text(text) => Value::Text(text),
        Decided::List(texts) => Value::Words(texts),
    };
    Some((Setting { key, value: check(key.kind, value)?, place: None }, decision.denial))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::catalogue;

    #[test]
    fn every_setting_a_policy_decides_is_one_and_takes_the_value() {
        for row in catalogue::rows() {
            for lock in row.locks {
                assert!(key(lock.key).is_some(), "{} decides {}, which is no setting", row.name, lock.key);
            }
            for (path, value) in row.decides(&row.example.value()) {
                let denial = Denial { policy: row.name, origin: String::new(), managed: true };
                assert!(setting(Decision { key: path, value, denial }).is_some(), "{} cannot set {path}", row.name);
            }
        }
    }
}
