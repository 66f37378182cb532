//! The acts of `say`: one JSON object a line.

use serde_json::{Map, Value};

use crate::backend::{Command, GroupChange};
use crate::model::{Access, Address, Availability, Body, MessageRef, OwnPresence, Roster, Stamp};

/// What a script wants.
#[derive(Debug, Clone, PartialEq)]
pub struct Act {
    /// Comes back in the events it causes.
    pub id: Option<Value>,
    /// What to do.
    pub deed: Deed,
}

/// One deed.
#[derive(Debug, Clone, PartialEq)]
pub enum Deed {
    /// `send`
    Send {
        /// To whom.
        to: Address,
        /// What.
        text: String,
    },
    /// Everything else that is an order to the account.
    Order(Command),
    /// `roster`: print the contact list.
    Roster,
    /// `quit`
    Quit,
    /// Known by name, not there yet.
    NotYet(&'static str),
}

/// Why a line is no act: the sentence for the `notice`, and the id if one could be read.
#[derive(Debug, Clone, PartialEq)]
pub struct BadAct {
    /// A stable word.
    pub code: &'static str,
    /// What is wrong.
    pub text: String,
    /// The script's id.
    pub id: Option<Value>,
}

/// What acts are read against.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    /// Completes bare names.
    pub domain: &'a str,
    /// Names and groups that an act leaves as they are.
    pub roster: &'a Roster,
    /// The wall time.
    pub now: Stamp,
}

impl Act {
    /// Reads one line.
    ///
    /// # Errors
    /// [`BadAct`] says what is wrong; nothing is to be done then.
    pub fn read(line: &[u8], ground: Ground<'_>) -> Result<Self, BadAct> {
        let bad = |code, text: String, id: Option<&Value>| BadAct { code, text, id: id.cloned() };
        let value: Value =
            serde_json::from_slice(line).map_err(|error| bad("malformed", format!("this line is not JSON: {error}"), None))?;
        let Value::Object(fields) = value else {
            return Err(bad("malformed", "a line must be one JSON object".to_owned(), None));
        };
        let id = fields.get("id").filter(|id| id.is_string() || id.is_number());
        let word = match fields.get("do") {
            Some(Value::String(word)) => word.as_str(),
            _ => return Err(bad("malformed", "the line needs \"do\" with the name of an act".to_owned(), id)),
        };
        match Fields(&fields).deed(word, ground) {
            Ok(Some(deed)) => {
                // These two name an offer by `id`; it is not the script's.
                let own = !matches!(word, "accept" | "reject");
                Ok(Self { id: id.filter(|_| own).cloned(), deed })
            }
            Ok(None) => Err(bad("unknown_act", format!("there is no act `{}`", word.escape_debug()), id)),
            Err(text) => Err(bad("bad_field", format!("{word}: {text}"), id)),
        }
    }
}

struct Fields<'a>(&'a Map<String, Value>);

impl Fields<'_> {
    fn deed(&self, word: &str, ground: Ground<'_>) -> Result<Option<Deed>, String> {
        Ok(Some(match word {
            "send" => Deed::Send { to: self.person("to", ground)?, text: self.needed("text")?.to_owned() },
            "typing" => Deed::Order(Command::Typing { to: self.person("to", ground)?, active: self.flag("active", true)? }),
            "presence" => Deed::Order(Command::SetPresence(self.presence(ground)?)),
            "add" => Deed::Order(self.contact(ground)?),
            "remove" => Deed::Order(Command::RemoveContact(self.person("uri", ground)?)),
            "group" => Deed::Order(Command::Group(self.group()?)),
            "allow" => Deed::Order(Command::SetAccess { who: self.person("uri", ground)?, access: Access::Allow }),
            "block" => Deed::Order(Command::SetAccess { who: self.person("uri", ground)?, access: Access::Block }),
            "search" => Deed::Order(Command::Search { words: self.needed("words")?.to_owned() }),
            "traffic" => Deed::Order(Command::ReportTraffic),
            "roster" => Deed::Roster,
            "quit" => Deed::Quit,
            "offer_file" => Deed::NotYet("offer_file"),
            "accept" => Deed::NotYet("accept"),
            "reject" => Deed::NotYet("reject"),
            _ => return Ok(None),
        }))
    }

    fn text(&self, name: &str) -> Result<Option<&str>, String> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(format!("\"{name}\" must be text")),
        }
    }

    fn needed(&self, name: &str) -> Result<&str, String> {
        self.text(name)?.filter(|text| !text.is_empty()).ok_or_else(|| format!("\"{name}\" is needed"))
    }

    fn flag(&self, name: &str, absent: bool) -> Result<bool, String> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(absent),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(format!("\"{name}\" must be true or false")),
        }
    }

    fn person(&self, name: &str, ground: Ground<'_>) -> Result<Address, String> {
        Address::complete(self.needed(name)?, Some(ground.domain)).map_err(|error| error.to_string())
    }

    fn presence(&self, ground: Ground<'_>) -> Result<OwnPresence, String> {
        let word = self.needed("availability")?;
        let chosen = Availability::from_word(word)
            .filter(|chosen| !matches!(chosen, Availability::Unknown | Availability::Idle))
            .ok_or("\"availability\" must be one of online, busy, brb, away, phone, lunch, offline")?;
        let note = self.text("note")?.unwrap_or_default().to_owned();
        Ok(OwnPresence { chosen, note, automatic: None, since: ground.now })
    }

    fn contact(&self, ground: Ground<'_>) -> Result<Command, String> {
        let address = self.person("uri", ground)?;
        let old = ground.roster.contact(&address);
        let name = match self.text("name")? {
            Some(name) => name.to_owned(),
            None => old.map(|contact| contact.name.clone()).unwrap_or_default(),
        };
        let groups = match self.0.get("groups") {
            None | Some(Value::Null) => old.map(|contact| contact.groups.clone()).unwrap_or_default(),
            Some(Value::Array(groups)) => {
                let names = groups.iter().map(|group| group.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>();
                names.ok_or("\"groups\" must be a list of texts")?
            }
            Some(_) => return Err("\"groups\" must be a list of texts".to_owned()),
        };
        Ok(Command::PutContact { address, name, groups })
    }

    fn group(&self) -> Result<GroupChange, String> {
        let name = self.needed("name")?.to_owned();
        Ok(match self.needed("act")? {
            "add" => GroupChange::Add(name),
            "rename" => GroupChange::Rename { from: name, to: self.needed("to")?.to_owned() },
            "remove" => GroupChange::Remove(name),
            _ => return Err("\"act\" must be add, rename or remove".to_owned()),
        })
    }
}

/// The order for a message.
#[must_use]
pub fn send(to: Address, text: String, tag: MessageRef) -> Command {
    Command::SendText { to, body: Body::plain(text), tag }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Act, BadAct> {
        let roster = Roster::default();
        Act::read(line.as_bytes(), Ground { domain: "example.test", roster: &roster, now: Stamp::default() })
    }

    fn bob() -> Address {
        Address::parse("bob@example.test").unwrap()
    }

    #[test]
    fn every_act_of_the_contract() {
        let order = |line: &str| match read(line).unwrap().deed {
            Deed::Order(command) => command,
            other => panic!("{other:?}"),
        };
        let send = read(r#"{"do":"send","to":"sip:bob@example.test","text":"hi","id":7}"#).unwrap();
        assert_eq!(send, Act { id: Some(7.into()), deed: Deed::Send { to: bob(), text: "hi".into() } });
        assert_eq!(order(r#"{"do":"typing","to":"bob","active":false}"#), Command::Typing { to: bob(), active: false });
        let presence = order(r#"{"do":"presence","availability":"lunch","note":"soup"}"#);
        assert!(matches!(presence, Command::SetPresence(own) if own.chosen == Availability::OutToLunch && own.note == "soup"));
        assert_eq!(
            order(r#"{"do":"add","uri":"bob","name":"Bob","groups":["Ops"]}"#),
            Command::PutContact { address: bob(), name: "Bob".into(), groups: vec!["Ops".into()] }
        );
        assert_eq!(order(r#"{"do":"remove","uri":"bob"}"#), Command::RemoveContact(bob()));
        assert_eq!(
            order(r#"{"do":"group","act":"rename","name":"Ops","to":"Night"}"#),
            Command::Group(GroupChange::Rename { from: "Ops".into(), to: "Night".into() })
        );
        assert_eq!(order(r#"{"do":"block","uri":"bob"}"#), Command::SetAccess { who: bob(), access: Access::Block });
        assert_eq!(order(r#"{"do":"search","words":"bob"}"#), Command::Search { words: "bob".into() });
        assert_eq!(order(r#"{"do":"traffic"}"#), Command::ReportTraffic);
        assert_eq!(read(r#"{"do":"roster"}"#).unwrap().deed, Deed::Roster);
        assert_eq!(read(r#"{"do":"quit"}"#).unwrap().deed, Deed::Quit);
        for word in ["offer_file", "accept", "reject"] {
            assert_eq!(read(&format!(r#"{{"do":"{word}"}}"#)).unwrap().deed, Deed::NotYet(word));
        }
    }

    #[test]
    fn bad_lines_say_what_is_wrong() {
        for (line, code, id) in [
            ("{", "malformed", None),
            ("\u{fffd}", "malformed", None),
            ("[1]", "malformed", None),
            (r#"{"id":"a"}"#, "malformed", Some("a")),
            (r#"{"do":"dance","id":"a"}"#, "unknown_act", Some("a")),
            (r#"{"do":"send","to":"bob","id":"a"}"#, "bad_field", Some("a")),
            (r#"{"do":"send","to":"b ob","text":"x"}"#, "bad_field", None),
            (r#"{"do":"presence","availability":"sleepy"}"#, "bad_field", None),
            (r#"{"do":"group","act":"burn","name":"x"}"#, "bad_field", None),
        ] {
            let bad = read(line).unwrap_err();
            assert_eq!((bad.code, bad.id), (code, id.map(Value::from)), "{line}");
        }
    }
}
