//! The directory (directorySearch): users of the domain and personas, by how their names and
//! addresses begin. Of company and country nothing is known here, so nobody is found by them.

use super::Server;
use crate::demo::accounts::Account;
use crate::formats::lcs::without_scheme;
use crate::formats::soap::{Answer, MAX_ROWS, Row};
use crate::model::Address;

impl Server {
    /// Everybody of whom every row is true, in the order of their addresses.
    pub(super) fn search(&self, rows: &[(String, String)], most: u32) -> Answer {
        let most = usize::try_from(most).unwrap_or(MAX_ROWS).min(MAX_ROWS);
        let matches = |who: &Address, account: &Account| {
            !rows.is_empty() && rows.iter().all(|(attribute, value)| fits(who, &account.display, attribute, value))
        };
        let mut found = self.accounts.iter().filter(|(who, account)| matches(who, account));
        let rows = found
            .by_ref()
            .take(most)
            .map(|(who, account)| Row {
                uri: who.as_str().to_owned(),
                display_name: Some(account.display.clone()).filter(|name| !name.is_empty()),
                ..Row::default()
            })
            .collect();
        Answer::Directory { rows, more: found.next().is_some() }
    }
}

/// Whether an attribute of a user begins like this. A part of a name is found at each of its words.
fn fits(who: &Address, display: &str, attribute: &str, value: &str) -> bool {
    let value = value.trim().to_lowercase();
    let begins = |text: &str| text.to_lowercase().starts_with(&value);
    let is = |name: &str| attribute.eq_ignore_ascii_case(name);
    let mut words = display.split_whitespace();
    if value.is_empty() {
        false
    } else if is("givenName") {
        words.next().is_some_and(begins)
    } else if is("sn") {
        words.skip(1).any(begins)
    } else if is("displayName") {
        begins(display) || words.any(begins)
    } else if is("mail") || is("msRTCSIP-PrimaryUserAddress") {
        begins(who.as_str()) || begins(without_scheme(who.as_str()))
    } else {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_begin_with_the_value() {
        let who = Address::parse("bob@example.test").unwrap();
        for (attribute, value, expected) in [
            ("givenName", "bo", true),
            ("givenName", "Exa", false),
            ("sn", "exa", true),
            ("displayName", "Bob E", true),
            ("displayname", "example", true),
            ("mail", "bob@", true),
            ("msRTCSIP-PrimaryUserAddress", "sip:bob@", true),
            ("msRTCSIP-PrimaryUserAddress", "sip:carol", false),
            ("company", "Ex", false),
            ("givenName", " ", false),
        ] {
            assert_eq!(fits(&who, "Bob Example", attribute, value), expected, "{attribute} {value}");
        }
    }
}
