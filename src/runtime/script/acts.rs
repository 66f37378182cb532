//! The acts of `say`: one JSON object a line.

use serde_json::{Map, Value};

use crate::app::look;
use crate::backend::{Command, GroupChange, RoomCommand};
use crate::model::{Access, Address, Availability, Body, FileId, OwnPresence, RoomId, Roster, Stamp};

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
        body: Body,
    },
    /// `room_send`
    Say {
        /// Where.
        room: RoomId,
        /// What.
        body: Body,
    },
    /// `offer_file`
    OfferFile {
        /// To whom.
        to: Address,
        /// Where it is.
        path: String,
    },
    /// `accept` and `reject`
    Decide {
        /// Which file.
        file: FileId,
        /// Whether it is wanted.
        yes: bool,
    },
    /// Everything else that is an order to the account.
    Order(Command),
    /// `roster`: print the contact list.
    Roster,
    /// `quit`
    Quit,
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
        Wish::read(line)?.act(ground)
    }
}

/// A line that is an object with the name of an act; not yet understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Wish {
    fields: Map<String, Value>,
    word: String,
}

impl Wish {
    /// Reads one line.
    ///
    /// # Errors
    /// [`BadAct`] says what is wrong.
    pub fn read(line: &[u8]) -> Result<Self, BadAct> {
        let bad = |text: String, id: Option<&Value>| BadAct { code: "malformed", text, id: id.cloned() };
        let value: Value = serde_json::from_slice(line).map_err(|error| bad(format!("this line is not JSON: {error}"), None))?;
        let Value::Object(fields) = value else {
            return Err(bad("a line must be one JSON object".to_owned(), None));
        };
        match fields.get("do") {
            Some(Value::String(word)) => {
                let word = word.clone();
                Ok(Self { fields, word })
            }
            _ => Err(bad("the line needs \"do\" with the name of an act".to_owned(), id_of(&fields))),
        }
    }

    /// The name of the act.
    #[must_use]
    pub fn word(&self) -> &str {
        &self.word
    }

    /// A field, whatever it holds.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }

    /// The script's id.
    #[must_use]
    pub fn id(&self) -> Option<&Value> {
        id_of(&self.fields)
    }

    /// The answer to a line that asks for something in a wrong way.
    #[must_use]
    pub fn bad(&self, code: &'static str, text: String) -> BadAct {
        BadAct { code, text, id: self.id().cloned() }
    }

    /// Understands it.
    ///
    /// # Errors
    /// [`BadAct`] says what is wrong.
    pub fn act(&self, ground: Ground<'_>) -> Result<Act, BadAct> {
        let word = self.word();
        match Fields(&self.fields).deed(word, ground) {
            Ok(Some(deed)) => {
                // These two name an offer by `id`; it is not the script's.
                let own = !matches!(word, "accept" | "reject");
                Ok(Act { id: self.id().filter(|_| own).cloned(), deed })
            }
            Ok(None) => Err(self.bad("unknown_act", format!("there is no act `{}`", word.escape_debug()))),
            Err(text) => Err(self.bad("bad_field", format!("{word}: {text}"))),
        }
    }
}

fn id_of(fields: &Map<String, Value>) -> Option<&Value> {
    fields.get("id").filter(|id| id.is_string() || id.is_number())
}

struct Fields<'a>(&'a Map<String, Value>);

impl Fields<'_> {
    fn deed(&self, word: &str, ground: Ground<'_>) -> Result<Option<Deed>, String> {
        Ok(Some(match word {
            "send" => Deed::Send { to: self.person("to", ground)?, body: self.body()? },
            "room_open" => Deed::Order(Command::Room(RoomCommand::Open(self.people(ground)?))),
            "room_invite" => {
                Deed::Order(Command::Room(RoomCommand::Invite { room: self.room()?, who: self.person("to", ground)? }))
            }
            "room_send" => Deed::Say { room: self.room()?, body: self.body()? },
            "room_leave" => Deed::Order(Command::Room(RoomCommand::Leave(self.room()?))),
            "typing" => Deed::Order(Command::Typing { to: self.person("to", ground)?, active: self.flag("active", true)? }),
            "presence" => Deed::Order(Command::SetPresence(self.presence(ground)?)),
            "add" => Deed::Order(self.contact(ground)?),
            "remove" => Deed::Order(Command::RemoveContact(self.person("uri", ground)?)),
            "group" => Deed::Order(Command::Group(self.group()?)),
            "allow" => Deed::Order(Command::SetAccess { who: self.person("uri", ground)?, access: Access::Allow }),
            "block" => Deed::Order(Command::SetAccess { who: self.person("uri", ground)?, access: Access::Block }),
            "watch" => {
                let people = self.people(ground)?;
                let once = self.flag("once", false)?;
                Deed::Order(if once { Command::Look(people) } else { Command::Watch(people) })
            }
            "confirm_lists" => Deed::Order(Command::ConfirmLists),
            "search" => Deed::Order(Command::Search { words: self.needed("words")?.to_owned() }),
            "traffic" => Deed::Order(Command::ReportTraffic),
            "roster" => Deed::Roster,
            "quit" => Deed::Quit,
            "offer_file" => Deed::OfferFile { to: self.person("to", ground)?, path: self.needed("path")?.to_owned() },
            "accept" => Deed::Decide { file: self.needed("id")?.parse()?, yes: true },
            "reject" => Deed::Decide { file: self.needed("id")?.parse()?, yes: false },
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

    fn room(&self) -> Result<RoomId, String> {
        self.needed("room").map(RoomId::new)
    }

    fn people(&self, ground: Ground<'_>) -> Result<Vec<Address>, String> {
        let wrong = || "\"people\" must be a list of one or more addresses".to_owned();
        let Some(Value::Array(people)) = self.0.get("people") else { return Err(wrong()) };
        let one = |one: &Value| {
            let text = one.as_str().ok_or_else(wrong)?;
            Address::complete(text, Some(ground.domain)).map_err(|error| error.to_string())
        };
        let people = people.iter().map(one).collect::<Result<Vec<_>, _>>()?;
        if people.is_empty() { Err(wrong()) } else { Ok(people) }
    }

    /// The text with its look, which has the fields of `style` in `message` events.
    fn body(&self) -> Result<Body, String> {
        let mut body = Body::plain(self.needed("text")?);
        match self.0.get("style") {
            None | Some(Value::Null) => {}
            Some(Value::Object(fields)) => {
                let fields = Fields(fields);
                let style = &mut body.style;
                let flags = [
                    ("bold", &mut style.bold),
                    ("italic", &mut style.italic),
                    ("underline", &mut style.underline),
                    ("strike", &mut style.strike),
                    ("right_to_left", &mut style.right_to_left),
                ];
                for (name, flag) in flags {
                    *flag = fields.flag(name, false)?;
                }
                if let Some(colour) = fields.text("color")? {
                    style.colour = look::colour(&colour.to_lowercase())?;
                }
            }
            Some(_) => return Err("\"style\" must be an object".to_owned()),
        }
        Ok(body)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TextStyle;

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
        assert_eq!(send, Act { id: Some(7.into()), deed: Deed::Send { to: bob(), body: Body::plain("hi") } });
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
        let people = vec![bob(), Address::parse("carol@else.test").unwrap()];
        let open = order(r#"{"do":"room_open","people":["bob","sip:carol@else.test"]}"#);
        assert_eq!(open, Command::Room(RoomCommand::Open(people)));
        let room = RoomId::new("r1");
        let invite = order(r#"{"do":"room_invite","room":"r1","to":"bob"}"#);
        assert_eq!(invite, Command::Room(RoomCommand::Invite { room: room.clone(), who: bob() }));
        assert_eq!(order(r#"{"do":"room_leave","room":"r1"}"#), Command::Room(RoomCommand::Leave(room.clone())));
        let say =
            read(r##"{"do":"room_send","room":"r1","text":"hi","style":{"bold":true,"color":"#0102ff"},"id":"s"}"##).unwrap();
        let style = TextStyle { bold: true, colour: Some([1, 2, 255]), ..TextStyle::default() };
        let body = Body { style, ..Body::plain("hi") };
        assert_eq!(say, Act { id: Some("s".into()), deed: Deed::Say { room, body } });
        assert_eq!(order(r#"{"do":"search","words":"bob"}"#), Command::Search { words: "bob".into() });
        assert_eq!(order(r#"{"do":"traffic"}"#), Command::ReportTraffic);
        assert_eq!(order(r#"{"do":"watch","people":["bob"]}"#), Command::Watch(vec![bob()]));
        assert_eq!(order(r#"{"do":"watch","people":["bob"],"once":true}"#), Command::Look(vec![bob()]));
        assert_eq!(order(r#"{"do":"confirm_lists"}"#), Command::ConfirmLists);
        assert_eq!(read(r#"{"do":"roster"}"#).unwrap().deed, Deed::Roster);
        assert_eq!(read(r#"{"do":"quit"}"#).unwrap().deed, Deed::Quit);
        let offer = read(r#"{"do":"offer_file","to":"bob","path":"/tmp/a b"}"#).unwrap().deed;
        assert_eq!(offer, Deed::OfferFile { to: bob(), path: "/tmp/a b".into() });
        for (word, yes) in [("accept", true), ("reject", false)] {
            let act = read(&format!(r#"{{"do":"{word}","id":"r3"}}"#)).unwrap();
            assert_eq!((act.id, act.deed), (None, Deed::Decide { file: FileId::Received(3), yes }));
            assert_eq!(read(&format!(r#"{{"do":"{word}","id":"x"}}"#)).unwrap_err().code, "bad_field");
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
            (r#"{"do":"room_open","people":[]}"#, "bad_field", None),
            (r#"{"do":"room_open","people":"bob"}"#, "bad_field", None),
            (r#"{"do":"room_open","people":["bob",7]}"#, "bad_field", None),
            (r#"{"do":"room_send","room":"r1"}"#, "bad_field", None),
            (r#"{"do":"room_invite","room":"","to":"bob"}"#, "bad_field", None),
            (r#"{"do":"send","to":"bob","text":"x","style":"bold"}"#, "bad_field", None),
            (r#"{"do":"send","to":"bob","text":"x","style":{"color":"dark"}}"#, "bad_field", None),
        ] {
            let bad = read(line).unwrap_err();
            assert_eq!((bad.code, bad.id), (code, id.map(Value::from)), "{line}");
        }
    }
}
