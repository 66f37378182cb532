//! Who the personas are and what they say. Words only; [`super::personas`] makes them act.
//!
//! In every line `{name}` stands for the first name of the person spoken to.

use crate::formats::msgr::Look;
use crate::model::Availability;

/// One of the people who live in the server.
#[derive(Debug, PartialEq, Eq)]
pub struct Persona {
    /// User part of the address.
    pub user: &'static str,
    /// Name shown.
    pub display: &'static str,
    /// Groups on a prefilled roster; empty for somebody who is not on it.
    pub groups: &'static [&'static str],
    /// How they are at the beginning.
    pub mood: Mood,
    /// What else they can be, in no order.
    pub moods: &'static [Mood],
    /// What they open a conversation with.
    pub openers: &'static [&'static str],
    /// What they answer when nothing else fits.
    pub answers: &'static [&'static str],
    /// How they like their texts to look, now and then.
    pub look: Option<Look>,
}

/// How a persona is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mood {
    /// What others see.
    pub availability: Availability,
    /// The note with it; empty for none.
    pub note: &'static str,
}

const fn mood(availability: Availability, note: &'static str) -> Mood {
    Mood { availability, note }
}

/// A writer's hand.
const PURPLE: Look = Look {
    bold: false,
    italic: true,
    underline: false,
    strike: false,
    colour: Some([128, 0, 128]),
    right_to_left: false,
    font: None,
};

use Availability::{Away, BeRightBack, Busy, Idle, Offline, OnThePhone, Online, OutToLunch};

/// Everybody. The first one greets who signs in; the last one asks to be let in.
pub const CAST: &[Persona] = &[
    Persona {
        user: "bob",
        display: "Bob Marlowe",
        groups: &["Ops"],
        mood: mood(Online, "on call, ask me anything"),
        moods: &[
            mood(Busy, "staring at a graph"),
            mood(Online, "on call, ask me anything"),
            mood(BeRightBack, "rebooting myself"),
        ],
        openers: &[
            "Morning, {name}! Quiet night: two alerts, both of them the coffee machine.",
            "{name}, do you have a minute? Nothing is on fire, I promise.",
            "I just deleted 400 lines of shell script. Best day of the month.",
        ],
        answers: &[
            "Noted. I will write it on the whiteboard, next to the other things we must not forget.",
            "Let me look at the logs before I say anything clever.",
            "That matches what I see here.",
            "Could be worse. It could be DNS.",
        ],
        look: None,
    },
    Persona {
        user: "carol",
        display: "Carol Ibarra",
        groups: &["Team"],
        mood: mood(Busy, "release notes until 11"),
        moods: &[mood(Online, "release is out!"), mood(OnThePhone, ""), mood(Busy, "release notes until 11")],
        openers: &[
            "{name}, I put you down as a reviewer. It is short, and it has pictures.",
            "Is it me, or did that meeting have a second meeting inside?",
        ],
        answers: &[
            "Good point. I will put it into the plan and pretend that it was there all along.",
            "Agreed. Shall we do it before lunch or blame it on Friday?",
            "Hm. Convince me in one sentence and I am in.",
            "I like that. Can you write it down somewhere I will find it?",
        ],
        look: None,
    },
    Persona {
        user: "dave",
        display: "Dave Okafor",
        groups: &["Ops"],
        mood: mood(Offline, ""),
        moods: &[
            mood(Online, "just in"),
            mood(OutToLunch, "noodles"),
            mood(Idle, ""),
            mood(Online, "in the server room, bad signal"),
        ],
        openers: &["Just got in. Did I miss anything that beeped?", "{name}, which one of us has the key to rack 7? I do not."],
        answers: &[
            "Have you tried turning it off and leaving it off?",
            "Sounds like cabling. It always sounds like cabling to me.",
            "Give me five minutes and a ladder.",
            "OK. I am walking there now.",
        ],
        look: None,
    },
    Persona {
        user: "erin",
        display: "Erin Castellanos",
        groups: &["Team", "Friends"],
        mood: mood(Away, "school run"),
        moods: &[mood(Online, "back at my desk"), mood(Away, "school run"), mood(Busy, "headphones on, door closed")],
        openers: &[
            "{name}! Climbing on Thursday? I promise not to talk about work before the second wall.",
            "I have been saying 'five more minutes' to this bug for two hours.",
        ],
        answers: &[
            "Ha, exactly what I told the duck on my desk.",
            "Let us try it and see what breaks. I will hold the fire blanket.",
            "Can you send me an example? The uglier the better.",
            "Yes! Wait. Yes, still yes.",
        ],
        look: None,
    },
    Persona {
        user: "frank",
        display: "Frank Lindqvist",
        groups: &["Team"],
        mood: mood(Online, ""),
        moods: &[mood(OutToLunch, "soup of the day"), mood(Online, ""), mood(OnThePhone, "customer call")],
        openers: &[
            "The customer in Oslo sends greetings. And a list. A long list.",
            "{name}, small question with, I fear, a big answer: when is it done?",
        ],
        answers: &[
            "I will translate that into customer and call them back.",
            "So that is a yes, written carefully?",
            "Understood. I shall promise nothing and smile.",
            "Could you say that again as if to a person in a suit?",
        ],
        look: None,
    },
    Persona {
        user: "grace",
        display: "Grace Whitfield",
        groups: &["Ops", "Friends"],
        mood: mood(Idle, "night shift, be gentle"),
        moods: &[mood(Online, "awake again"), mood(Idle, "night shift, be gentle"), mood(BeRightBack, "tea")],
        openers: &[
            "Did you see the moon last night? It had better uptime than we do.",
            "{name}, I left you a handover note. The short version: all green, touch nothing.",
        ],
        answers: &[
            "Mm. On the night shift we call that a feature.",
            "Write it in the handover, please. My memory goes off at six.",
            "I have seen that once before. It fixed itself, out of spite.",
            "All calm here. Suspiciously calm.",
        ],
        look: None,
    },
    Persona {
        user: "heidi",
        display: "Heidi Brandt",
        groups: &["Friends"],
        mood: mood(OutToLunch, "the good bakery"),
        moods: &[mood(Online, "full of cake"), mood(OutToLunch, "the good bakery"), mood(Away, "on a train, tunnels ahead")],
        openers: &[
            "Emergency, {name}: they have the plum cake today. How many pieces?",
            "I am on a train beside a man who reads his e-mail aloud.",
        ],
        answers: &[
            "Tell me everything, but slowly, I am eating.",
            "That is the nicest thing that anybody typed at me today.",
            "We should talk about that over something with cream on it.",
            "Oh! And then?",
        ],
        look: None,
    },
    Persona {
        user: "ivan",
        display: "Ivan Petrossian",
        groups: &["Team"],
        mood: mood(Offline, ""),
        moods: &[mood(Online, "testing in production (not really)"), mood(Offline, ""), mood(Busy, "found one")],
        openers: &[
            "I found a bug. It is small and it has six legs. The other one is in your module, {name}.",
            "Can you make it crash on purpose? I would like to compare.",
        ],
        answers: &[
            "Works on my machine. I do not like it when it works on my machine.",
            "What happens if you do it twice, very fast?",
            "I will write a test for that. And one for the test.",
            "Interesting. Please do not touch anything until I have a screenshot.",
        ],
        look: None,
    },
    Persona {
        user: "judy",
        display: "Judy Marchetti",
        groups: &["Friends"],
        mood: mood(Online, "writing, interruptions welcome"),
        moods: &[mood(Busy, "chapter nine"), mood(Online, "writing, interruptions welcome"), mood(Idle, "")],
        openers: &[
            "{name}, a word that means 'almost finished', with more shame in it?",
            "My villain has just become likeable. What do I do?",
        ],
        answers: &[
            "May I steal that for chapter nine?",
            "I would read that book.",
            "Spoken like somebody with a deadline.",
            "Go on. I am taking notes, but fondly.",
        ],
        look: Some(PURPLE),
    },
    Persona {
        user: "nora",
        display: "Nora Quist",
        groups: &[],
        mood: mood(Online, "new here, hello!"),
        moods: &[mood(Online, "learning everybody's name"), mood(BeRightBack, "looking for the printer")],
        openers: &["Hello {name}, I am new on the third floor. Is the printer always like this?"],
        answers: &[
            "Thank you! You are the first one to answer me who is not a printer.",
            "I will remember that. I am writing everything down.",
            "Good to know. Who else should I ask?",
        ],
        look: None,
    },
];

/// A conversation of three: what is said first, and what the other one says to it. `{other}` stands
/// for the first name of that one.
#[derive(Debug, Clone, Copy)]
pub struct Gathering {
    /// By the one who begins.
    pub opener: &'static str,
    /// By the other one.
    pub reply: &'static str,
}

/// What people gather about.
pub const GATHERINGS: &[Gathering] = &[
    Gathering {
        opener: "{name}, {other} and I cannot agree on lunch. You have the casting vote.",
        reply: "Soup. I have always said soup. But I bow to {name}.",
    },
    Gathering {
        opener: "Quick one for you both, {name} and {other}: who took the good chair from the meeting room?",
        reply: "It was cold and alone. I gave it a home.",
    },
    Gathering {
        opener: "{name}, meet {other}; {other}, {name}. You two have been fixing the same bug since Monday.",
        reply: "That explains why it was always fixed when I came back from coffee.",
    },
];

/// What somebody says who comes into a conversation of several people.
pub const TO_COMPANY: &[&str] =
    &["Hello everybody. What did I miss?", "A crowd! I shall behave.", "Here I am. Who has the agenda?"];

/// What Nora says when she may see the user.
pub const LET_IN: &str = "Thanks for letting me in, {name}! I shall not abuse it. Much.";

/// Something a text may be about, and what is said to it.
#[derive(Debug)]
pub struct Theme {
    /// Whole words that show it, in lower case.
    pub words: &'static [&'static str],
    /// Answers that fit.
    pub answers: &'static [&'static str],
}

/// In this order the first theme that fits is taken.
pub const THEMES: &[Theme] = &[
    Theme {
        words: &["bye", "goodbye", "cu", "later", "goodnight", "night"],
        answers: &[
            "See you, {name}! Mind the step.",
            "Bye! Leave the light on, please.",
            "Until later. I will be here, blinking.",
        ],
    },
    Theme {
        words: &["thanks", "thank", "thx", "cheers", "danke", "merci"],
        answers: &["Any time.", "You are welcome, {name}. That makes us even, I think.", "My pleasure. Put it on the tab."],
    },
    Theme {
        words: &["coffee", "tea", "espresso", "lunch", "cake", "food", "hungry", "pizza"],
        answers: &[
            "Now you have my full attention. Where and when?",
            "Kitchen in five minutes? I know where the good biscuits are hidden.",
            "I was going to be productive, but that is a better plan.",
        ],
    },
    Theme {
        words: &["down", "outage", "broken", "crash", "crashed", "alert", "fire", "bug", "error", "fail", "failed"],
        answers: &[
            "Since when? And did anybody change anything? (They always say no.)",
            "Looking. My graph has a cliff in it that was not there yesterday.",
            "Do not panic. Panic is scheduled for Tuesdays.",
        ],
    },
    Theme {
        words: &["deploy", "release", "ship", "merge", "rollback", "commit"],
        answers: &[
            "Green on my side. Pressing the button is your honour, {name}.",
            "Wait until I have my coffee in hand. It is bad luck otherwise.",
            "Done, and nothing smokes. I am almost disappointed.",
        ],
    },
    Theme {
        words: &["hello", "hi", "hey", "hallo", "morning", "evening", "hola", "bonjour"],
        answers: &[
            "Hi {name}! What is new?",
            "Hello hello. I was just thinking of you, in a good way.",
            "Hey! Good to see your light on.",
        ],
    },
    Theme {
        words: &["joke", "funny", "laugh", "haha", "lol"],
        answers: &[
            "I would tell you a UDP joke, but you might not get it.",
            "There are ten kinds of people, and I have forgotten the other nine.",
            "A SIP proxy walks into a bar. 100 Trying.",
        ],
    },
    Theme {
        words: &["sorry", "apologies", "oops"],
        answers: &["Never mind, it happens to the best of us. I have a list.", "Forgiven, forgotten, backed up."],
    },
    Theme {
        words: &["weather", "rain", "snow", "sun", "sunny"],
        answers: &["No windows here, so I choose to believe it is spring.", "It rains sideways. Very professional rain."],
    },
    Theme {
        words: &["help", "idea", "advice", "stuck"],
        answers: &[
            "Tell me what you tried so far, and what you are too polite to mention.",
            "Say it aloud to a colleague. I can be the colleague.",
        ],
    },
];

/// For questions that fit no theme.
pub const TO_QUESTIONS: &[&str] = &[
    "Good question. The honest answer is 'it depends', the short one is 'yes'.",
    "I think so, but ask me again when I have looked it up.",
    "Somebody knows. Not me, but I know who to ask.",
    "Hm, what would you do if I were not here?",
];

/// For very long texts.
pub const TO_LONG: &[&str] =
    &["That was a whole chapter, {name}! I read it twice. I am with you.", "Let me digest that. In the meantime: yes."];

/// For texts that are shouted.
pub const TO_LOUD: &[&str] = &["No need to shout, my font is big enough.", "I HEARD THAT. Sorry. I heard that."];
