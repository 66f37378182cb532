//! What a row of the catalogue says.

use crate::policy::value::{Kind, Value};

/// A value that stands in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fixed {
    /// Yes or no.
    Flag(bool),
    /// A number.
    Number(u64),
    /// A text or word.
    Text(&'static str),
    /// Texts.
    List(&'static [&'static str]),
}

impl Fixed {
    /// As a value.
    #[must_use]
    pub fn value(self) -> Value {
        match self {
            Self::Flag(flag) => Value::Flag(flag),
            Self::Number(number) => Value::Number(number),
            Self::Text(text) => Value::Text(text.to_owned()),
            Self::List(texts) => Value::List(texts.iter().map(|text| (*text).to_owned()).collect()),
        }
    }
}

/// What a policy is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Category {
    /// Whether the program runs.
    Start,
    /// How it connects, and as whom.
    Connection,
    /// Whom it talks to.
    People,
    /// What is said, and how it looks.
    Messages,
    /// What is kept and written down.
    Records,
    /// Files.
    Files,
    /// Voice, video and shared programs.
    Calls,
}

impl Category {
    /// All, in the order of documents.
    pub const ALL: [Self; 7] =
        [Self::Start, Self::Connection, Self::People, Self::Messages, Self::Records, Self::Files, Self::Calls];

    /// Its heading.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Start => "Starting the program",
            Self::Connection => "Connecting and signing in",
            Self::People => "People",
            Self::Messages => "Messages",
            Self::Records => "What is kept",
            Self::Files => "File transfer",
            Self::Calls => "Calls and sharing",
        }
    }

    /// What must be known of all its policies, if anything must.
    #[must_use]
    pub const fn note(self) -> Option<&'static str> {
        match self {
            Self::Calls => Some(
                "chinwag has no voice, no video and nothing to share: every invitation is declined. These decide in whose name \
                 that is done, and what the caller and the user are told.",
            ),
            Self::Start | Self::Connection | Self::People | Self::Messages | Self::Records | Self::Files => None,
        }
    }
}

/// At which levels a policy can be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Levels {
    /// As managed only: what users could change would be no policy.
    Managed,
    /// As managed, or as a recommended value that users may change.
    Either,
}

/// For whom a policy can be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// For the whole machine, and for single users.
    Both,
    /// For the whole machine only.
    Machine,
}

/// A setting that a policy decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lock {
    /// For which value of the policy.
    pub when: When,
    /// The whole name of the setting; `accounts.transport` is that of every account.
    pub key: &'static str,
    /// What the setting gets.
    pub gives: Gives,
}

/// For which value of the policy a lock holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// For every one.
    Always,
    /// For this one.
    Is(Fixed),
    /// For every one but this.
    Not(Fixed),
}

/// What a locked setting gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gives {
    /// The value of the policy.
    Same,
    /// This.
    This(Fixed),
}

/// How a policy was called in Windows Messenger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Legacy {
    /// The name of the value below `Software\Policies\Microsoft\Messenger\Client`: a DWORD that restricts
    /// when it is exactly 1.
    pub value: &'static str,
    /// Name and meaning are documented by their maker; else only the name is known to have been used.
    pub documented: bool,
}

/// One policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Its name, in files, in the registry and in sentences.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// What it is about.
    pub category: Category,
    /// At which levels.
    pub levels: Levels,
    /// For whom.
    pub scope: Scope,
    /// What is in force where a managed value cannot be used; `None`: as if it were not set.
    pub strict: Option<Fixed>,
    /// The strict value also holds where a managed source cannot be read at all, and might have set it.
    pub guarded: bool,
    /// What holds where nothing is set, in words.
    pub preset: &'static str,
    /// A value for examples.
    pub example: Fixed,
    /// What it does, in plain sentences.
    pub doc: &'static str,
    /// Its name in Windows Messenger.
    pub legacy: Option<Legacy>,
    /// Its name where a server sends it at sign-in.
    pub server: Option<&'static str>,
    /// Settings it decides.
    pub locks: &'static [Lock],
}

impl Row {
    /// Yes or no, managed only, nothing else said: what most rows differ little from.
    pub(super) const fn flag(name: &'static str, category: Category, doc: &'static str) -> Self {
        Self {
            name,
            kind: Kind::Flag,
            category,
            levels: Levels::Managed,
            scope: Scope::Both,
            strict: Some(Fixed::Flag(true)),
            guarded: false,
            preset: "false",
            example: Fixed::Flag(true),
            doc,
            legacy: None,
            server: None,
            locks: &[],
        }
    }

    /// A value of another kind, with an example.
    pub(super) const fn of(mut self, kind: Kind, preset: &'static str, example: Fixed) -> Self {
        self.kind = kind;
        self.preset = preset;
        self.example = example;
        self.strict = None;
        self
    }

    /// What holds where the value cannot be used.
    pub(super) const fn strict(mut self, value: Option<Fixed>) -> Self {
        self.strict = value;
        self
    }

    /// The strict value holds where a source cannot be read, too.
    pub(super) const fn guarded(mut self) -> Self {
        self.guarded = true;
        self
    }

    /// It may be recommended only.
    pub(super) const fn recommendable(mut self) -> Self {
        self.levels = Levels::Either;
        self
    }

    /// It is about the machine, not about single users.
    pub(super) const fn of_machine(mut self) -> Self {
        self.scope = Scope::Machine;
        self
    }

    /// The documented old name.
    pub(super) const fn legacy(mut self, value: &'static str) -> Self {
        self.legacy = Some(Legacy { value, documented: true });
        self
    }

    /// An old name that was seen in use.
    pub(super) const fn legacy_name(mut self, value: &'static str) -> Self {
        self.legacy = Some(Legacy { value, documented: false });
        self
    }

    /// The name servers give it.
    pub(super) const fn server(mut self, name: &'static str) -> Self {
        self.server = Some(name);
        self
    }

    /// The settings it decides.
    pub(super) const fn locks(mut self, locks: &'static [Lock]) -> Self {
        self.locks = locks;
        self
    }

    /// What nothing set means.
    pub(super) const fn preset(mut self, preset: &'static str) -> Self {
        self.preset = preset;
        self
    }

    /// It allows what is allowed anyway; it is set to forbid.
    pub(super) const fn allows(mut self) -> Self {
        self.preset = "true";
        self.example = Fixed::Flag(false);
        self.strict = Some(Fixed::Flag(false));
        self
    }

    /// What a value decides of the settings: whole name of the key, value.
    #[must_use]
    pub fn decides(&self, value: &Value) -> Vec<(&'static str, Value)> {
        let holds = |lock: &&Lock| match lock.when {
            When::Always => true,
            When::Is(this) => this.value() == *value,
            When::Not(this) => this.value() != *value,
        };
        let gives = |lock: &Lock| match lock.gives {
            Gives::Same => (lock.key, value.clone()),
            Gives::This(this) => (lock.key, this.value()),
        };
        self.locks.iter().filter(holds).map(gives).collect()
    }
}

impl Lock {
    /// The setting gets the policy's value.
    pub(super) const fn same(key: &'static str) -> Self {
        Self { when: When::Always, key, gives: Gives::Same }
    }

    /// Where the policy has this value, the setting gets that one.
    pub(super) const fn when(this: Fixed, key: &'static str, that: Fixed) -> Self {
        Self { when: When::Is(this), key, gives: Gives::This(that) }
    }
}
