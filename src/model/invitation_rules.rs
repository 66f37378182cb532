//! What policy says of invitations to voice, video, shared programs and files. A person's program declines them
//! all; the rules say in whose name, and what the other side is told.

use super::FileRules;

/// Whether something must be encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrecy {
    /// It must be.
    Required,
    /// It must not be.
    Off,
}

/// The rules. The default forbids nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InvitationRules {
    /// In whose name voice is declined.
    pub voice: Option<String>,
    /// In whose name video is declined.
    pub video: Option<String>,
    /// In whose name shared programs and whiteboards are declined.
    pub sharing: Option<String>,
    /// Whether voice and video must be encrypted, and in whose name.
    pub calls_secret: Option<(Secrecy, String)>,
    /// Whether shared programs and whiteboards must be, and in whose name.
    pub sharing_secret: Option<(Secrecy, String)>,
    /// What is said of files.
    pub files: FileRules,
}

/// What somebody is invited to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Invited {
    /// Voice.
    pub voice: bool,
    /// Video.
    pub video: bool,
    /// A shared program, or a whiteboard.
    pub sharing: bool,
    /// All of it is offered encrypted.
    pub secret: bool,
}

/// What a policy objects to, and in whose name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Objection {
    /// To the thing itself.
    Policy(String),
    /// To its encryption, or the lack of it.
    Encryption(String),
}

impl InvitationRules {
    /// What the rules object to in an invitation; `None`: nothing.
    #[must_use]
    pub fn objection(&self, to: Invited) -> Option<Objection> {
        let forbidden = [(to.voice, &self.voice), (to.video, &self.video), (to.sharing, &self.sharing)];
        if let Some(whose) = forbidden.into_iter().find_map(|(wanted, rule)| rule.as_ref().filter(|_| wanted)) {
            return Some(Objection::Policy(whose.clone()));
        }
        let secrecy = [(to.voice || to.video, &self.calls_secret), (to.sharing, &self.sharing_secret)];
        secrecy.into_iter().find_map(|(wanted, rule)| {
            let (secrecy, whose) = rule.as_ref().filter(|_| wanted)?;
            let differs = to.secret != (*secrecy == Secrecy::Required);
            differs.then(|| Objection::Encryption(whose.clone()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_thing_goes_before_its_encryption() {
        let call = Invited { voice: true, video: false, sharing: false, secret: false };
        let rules = InvitationRules { calls_secret: Some((Secrecy::Required, "E".into())), ..InvitationRules::default() };
        assert_eq!(rules.objection(call), Some(Objection::Encryption("E".into())));
        assert_eq!(rules.objection(Invited { secret: true, ..call }), None);
        assert_eq!(rules.objection(Invited { voice: false, sharing: true, ..call }), None);
        let rules = InvitationRules { voice: Some("P".into()), ..rules };
        assert_eq!(rules.objection(call), Some(Objection::Policy("P".into())));
        let off = InvitationRules { sharing_secret: Some((Secrecy::Off, "O".into())), ..InvitationRules::default() };
        let sharing = Invited { voice: false, sharing: true, ..call };
        assert_eq!(off.objection(sharing), None);
        assert_eq!(off.objection(Invited { secret: true, ..sharing }), Some(Objection::Encryption("O".into())));
    }
}
