//! The people of the benches of LCS, and what their accounts are set to.

use chinwag::backend::Target;
use chinwag::backend::sip::{Acknowledge, Expires, SipSettings, Timing};
use chinwag::model::{AccessList, Address, Dialect, Roster, Transport};
use chinwag::sip::auth::{Credentials, Schemes};
use std::time::Duration;

pub const DOMAIN: &str = "example.test";

/// An address of the domain.
pub fn address(user: &str) -> Address {
    Address::parse(&format!("sip:{user}@{DOMAIN}")).unwrap()
}

/// An account of LCS, with nothing on its roster; `number` tells the devices apart.
pub fn settings(user: &str, password: &str, number: usize) -> SipSettings {
    SipSettings {
        aor: address(user),
        display_name: String::new(),
        credentials: Some(Credentials {
            user: user.into(),
            password: zeroize::Zeroizing::new(password.into()),
            domain: String::new(),
        }),
        target: Target {
            host: "127.0.0.1".into(),
            port: Some(5060),
            transport: Some(Transport::Tcp),
            tls_name: DOMAIN.into(),
            automatic: false,
        },
        home: None,
        refusals: None,
        dialect: Some(Dialect::Lcs),
        instance: uuid::Uuid::from_u128(number as u128 + 1),
        expires: Expires::default(),
        list_uri: None,
        adhoc_list_uri: None,
        xcap_root: None,
        roster: Roster::default(),
        access: AccessList::default(),
        subscribe_rate: 25,
        timing: Timing { ping: Duration::from_secs(90), ..Timing::default() },
        return_after: Duration::from_mins(5),
        refuse_md5: false,
        invitations: chinwag::model::InvitationRules::default(),
        schemes: Schemes::default(),
        clock: None,
        product: "chinwag/bench".into(),
        ledger: false,
        acknowledge: Acknowledge::AtOnce,
        files: false,
        files_before: 0,
        received: Vec::new(),
        seed: [number as u8; 32],
    }
}
