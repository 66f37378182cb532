//! Every setting as it is now, and who set it: what a screen of settings shows.

use super::keys::{KNOWN, KnownKey, Section};
use super::layers::{Layers, Origin};
use super::policies::Policies;
use super::raw::{Place, Value};
use crate::policy::Denial;

/// One setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingRow {
    /// Which key.
    pub key: &'static KnownKey,
    /// Of which account, for those of accounts.
    pub account: Option<String>,
    /// The value in force; `None` where nothing is set.
    pub value: Option<Value>,
    /// Who set it.
    pub origin: Origin,
    /// Where, in the file.
    pub place: Option<Place>,
    /// The policy that set it, if one did.
    pub ruled: Option<Denial>,
}

impl SettingRow {
    /// Its whole name, as a path in the file.
    #[must_use]
    pub fn path(&self) -> String {
        match &self.account {
            Some(account) => format!("accounts.{account}.{}", self.key.name),
            None => format!("{}.{}", self.key.section.table(), self.key.name),
        }
    }

    /// The value as a person reads and types it; empty where nothing is set.
    #[must_use]
    pub fn shown(&self) -> String {
        match &self.value {
            None => String::new(),
            Some(Value::Text(text)) => text.clone(),
            Some(Value::Words(words)) => words.join(" "),
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::Flag(flag)) => flag.to_string(),
        }
    }

    /// Why the file cannot change it: a policy decides, or the command line or the environment set it for this run.
    #[must_use]
    pub fn fixed(&self) -> Option<String> {
        match self.origin {
            Origin::Managed => Some(self.ruled.as_ref().map(ToString::to_string).unwrap_or_default()),
            Origin::Environment | Origin::Flag => {
                Some(format!("{} was set for this run by an option or the environment, which win over the file", self.path()))
            }
            Origin::Default | Origin::Recommended | Origin::File => None,
        }
    }
}

/// The rows of these sections, in the order of the table of keys.
pub(super) fn rows(layers: &Layers, policies: &Policies, account: Option<&str>, of: impl Fn(Section) -> bool) -> Vec<SettingRow> {
    KNOWN
        .iter()
        .filter(|key| of(key.section))
        .map(|key| {
            let found = layers.setting(key);
            SettingRow {
                key,
                account: account.map(str::to_owned),
                value: found.map(|(setting, _)| setting.value.clone()),
                origin: found.map_or(Origin::Default, |(_, origin)| origin),
                place: found.and_then(|(setting, _)| setting.place),
                ruled: found.and_then(|(_, origin)| policies.who(key, origin)),
            }
        })
        .collect()
}
