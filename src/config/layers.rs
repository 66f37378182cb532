//! Defaults, then what an administrator recommends, then the file, the environment, the command line, and
//! above all of them what an administrator manages: the last one that sets a key wins.

use super::keys::{KNOWN, KnownKey, Section};
use super::raw::{Setting, Value};

/// Who set a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Nobody: the built-in default.
    Default,
    /// A policy, as a recommendation.
    Recommended,
    /// The configuration file.
    File,
    /// An environment variable.
    Environment,
    /// The command line.
    Flag,
    /// A policy that nobody but the administrator can change.
    Managed,
}

/// What one source sets outside of accounts, or for one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// The source.
    pub origin: Origin,
    /// What it sets.
    pub settings: Vec<Setting>,
}

/// All layers, lowest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layers(Vec<Layer>);

impl Layers {
    /// Only the defaults of these sections.
    #[must_use]
    pub fn defaults(sections: &[Section]) -> Self {
        let settings = KNOWN
            .iter()
            .filter(|key| sections.contains(&key.section))
            .filter_map(|key| Some(Setting { key, value: key.preset.value()?, place: None }))
            .collect();
        Self(vec![Layer { origin: Origin::Default, settings }])
    }

    /// Puts a layer on top of those there are.
    pub fn push(&mut self, origin: Origin, settings: Vec<Setting>) {
        self.0.push(Layer { origin, settings });
    }

    /// The setting in force for a key, and who set it.
    #[must_use]
    pub fn setting(&self, key: &KnownKey) -> Option<(&Setting, Origin)> {
        self.0.iter().rev().find_map(|layer| {
            let found = layer.settings.iter().rev().find(|setting| setting.key == key)?;
            Some((found, layer.origin))
        })
    }

    /// The value in force for `name` of `section`.
    #[must_use]
    pub fn value(&self, section: Section, name: &str) -> Option<&Value> {
        let key = super::keys::known(section, name)?;
        Some(&self.setting(key)?.0.value)
    }

    /// Text in force; `None` where it is not set.
    #[must_use]
    pub fn text(&self, section: Section, name: &str) -> Option<&str> {
        match self.value(section, name)? {
            Value::Text(text) => Some(text),
            Value::Words(_) | Value::Number(_) | Value::Flag(_) => None,
        }
    }

    /// Number in force; zero where it is not set.
    #[must_use]
    pub fn number(&self, section: Section, name: &str) -> u64 {
        match self.value(section, name) {
            Some(Value::Number(number)) => *number,
            _ => 0,
        }
    }

    /// Flag in force; off where it is not set.
    #[must_use]
    pub fn flag(&self, section: Section, name: &str) -> bool {
        self.value(section, name) == Some(&Value::Flag(true))
    }
}
