//! A world to try the program in: the embedded server with its personas on the loopback interface,
//! in this process, and settings to sign in with. Nothing of it outlives the program. The connection
//! is TLS, with a certificate made at the start by an authority that only this account trusts.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::config::{
    AccountSettings, AuthChoice, ControlSettings, FileSettings, IdleSettings, LogSettings, MessageSettings, NotifySettings,
    PasswordSource, Resolved, ServerChoice, Timing, TransportChoice, UiSettings,
};
use crate::demo::{DefaultHandling, Server, ServerConfig, User, list_uri_of, prefilled_roster};
use crate::history::{Unlock, Vault};
use crate::model::{AccessList, AccountId, Address, InvitationRules, Retention, Secret, Strangers, TransportRules};
use crate::policy::Policy;
use crate::runtime::roster_file::{self, RosterFault};
use crate::runtime::secrets::Secrets;
use crate::runtime::serve::{Doors, ServeError, ServerOrder, Serving, both_clocks};
use crate::runtime::shell::{StartError, random};

/// Domain of the demonstration.
pub const DOMAIN: &str = "chinwag.test";

/// Name of the user in the demonstration.
pub const USER: &str = "you";

/// Why the world cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// No folder for its files.
    #[error("no folder for the demonstration can be made: {0}")]
    Folder(std::io::Error),
    /// The contact list to begin with cannot be written.
    #[error(transparent)]
    Roster(#[from] RosterFault),
    /// The certificate cannot be made.
    #[error("no certificate for the demonstration can be made: {0}")]
    Certificate(#[from] rcgen::Error),
    /// The server cannot start.
    #[error(transparent)]
    Serve(#[from] ServeError),
    /// The system gives no random numbers.
    #[error(transparent)]
    Start(#[from] StartError),
}

/// A server that runs and everything needed to sign in to it.
#[derive(Debug)]
pub struct DemoWorld {
    /// Where the server listens.
    pub address: SocketAddr,
    /// Settings with one account, to be given to [`crate::runtime::Shell::new`].
    pub settings: Resolved,
    orders: mpsc::Sender<ServerOrder>,
    task: JoinHandle<()>,
    _folder: tempfile::TempDir,
}

impl DemoWorld {
    /// Starts the world. The seed decides everything the personas do; without one it is random.
    ///
    /// # Errors
    /// [`DemoError`] in words for the user.
    pub async fn start(seed: Option<u64>) -> Result<Self, DemoError> {
        let folder = tempfile::Builder::new().prefix("chinwag-demo-").tempdir().map_err(DemoError::Folder)?;
        let password: [u8; 16] = random()?;
        let password = uuid::Uuid::from_bytes(password).simple().to_string();
        let user = User::with_password(USER, "You", DOMAIN, &password);
        let mut bytes: [u8; 32] = random()?;
        if let Some(seed) = seed {
            bytes = [0; 32];
            bytes.iter_mut().zip(seed.to_le_bytes()).for_each(|(to, from)| *to = from);
        }
        let mut config = ServerConfig::new(DOMAIN, vec![user], bytes, both_clocks());
        config.personas = true;
        config.default_handling = DefaultHandling::Confirm;
        let papers = Papers::write(folder.path())?;
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let doors = Doors { tcp: Vec::new(), tls: vec![(any, papers.cert, papers.key.clone())], client_ca: None };
        let (serving, open, orders) = Serving::open(Server::new(config), doors).await?;
        // The server has read it; nobody needs it any more.
        std::fs::remove_file(&papers.key).map_err(DemoError::Folder)?;
        let address = open.first().map_or(any, |(_, at)| *at);
        let settings = settings(folder.path(), address, &password, &papers.authority);
        // The people are known before the first sign-in too, as in a program used for a while.
        for account in &settings.accounts {
            let path = roster_file::path(&settings.data_dir, &account.aor);
            let vault = Vault::new(&settings.data_dir, Ok(Unlock::KeyFile));
            roster_file::save(&path, &account.aor, &prefilled_roster(DOMAIN), &AccessList::default(), &vault)?;
        }
        Ok(Self { address, settings, orders, task: tokio::spawn(serving.run()), _folder: folder })
    }

    /// The password of the one account.
    #[must_use]
    pub fn secrets(&self) -> Secrets {
        let found = self.settings.accounts.iter().filter_map(|account| match &account.password {
            PasswordSource::Given(secret) => Some((account.id.clone(), secret.clone())),
            _ => None,
        });
        found.collect()
    }

    /// Drops every connection at once, as a failing network does. New ones are welcome.
    pub async fn cut(&self) {
        let _ = self.orders.send(ServerOrder::Cut).await;
    }

    /// Goes down (`true`: nobody can connect, connections are dropped) or comes back.
    pub async fn refuse(&self, down: bool) {
        let _ = self.orders.send(ServerOrder::Refuse(down)).await;
    }
}

impl Drop for DemoWorld {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Files for TLS: an authority of this run alone, and a certificate of the server signed by it.
struct Papers {
    authority: PathBuf,
    cert: PathBuf,
    key: PathBuf,
}

impl Papers {
    /// Makes them in a folder that nobody else can read. The authority's own key is never written.
    fn write(folder: &Path) -> Result<Self, DemoError> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.distinguished_name.push(DnType::CommonName, "chinwag demonstration");
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        let key = KeyPair::generate()?;
        let names = CertificateParams::new(vec![DOMAIN.to_owned(), Ipv4Addr::LOCALHOST.to_string()])?;
        let cert = names.signed_by(&key, &authority)?;
        let papers =
            Self { authority: folder.join("authority.pem"), cert: folder.join("server.pem"), key: folder.join("server.key") };
        let secret = zeroize::Zeroizing::new(key.serialize_pem());
        for (path, text) in [(&papers.authority, authority.pem().as_str()), (&papers.cert, &cert.pem()), (&papers.key, &secret)] {
            std::fs::write(path, text).map_err(DemoError::Folder)?;
        }
        Ok(papers)
    }
}

fn settings(folder: &Path, server: SocketAddr, password: &str, authority: &Path) -> Resolved {
    let aor = Address::complete(USER, Some(DOMAIN));
    let account = aor.into_iter().map(|aor| AccountSettings {
        id: AccountId::new("demo"),
        aor,
        display_name: "You".to_owned(),
        user: USER.to_owned(),
        password: PasswordSource::Given(Secret::new(password.to_owned())),
        server: ServerChoice::Manual { host: server.ip().to_string(), port: Some(server.port()) },
        unused_server: None,
        strict_server_names: false,
        transport: TransportChoice::Tls,
        allow_clear_text: false,
        ca_file: Some(authority.to_owned()),
        system_roots: false,
        pins: Vec::new(),
        client: None,
        dns: None,
        dialect: None,
        auth: AuthChoice::Auto,
        list_uri: Some(list_uri_of(USER, DOMAIN)),
        adhoc_list_uri: None,
        xcap_root: Some(format!("https://{server}/xcap-root")),
        registration_expires: 600,
        presence_expires: 3600,
        subscribe_rate: 20,
        timing: Timing::default(),
        return_after: Duration::from_mins(5),
        refuse_md5: false,
        auto_sign_in: true,
        auth_ways: vec![AuthChoice::Kerberos, AuthChoice::Ntlm, AuthChoice::Digest],
        ntlm_domain: None,
        rules: TransportRules::default(),
        invitations: InvitationRules::default(),
        barred: None,
    });
    Resolved {
        accounts: account.collect(),
        ui: UiSettings::default(),
        notify: NotifySettings::default(),
        idle: IdleSettings {
            idle_after: Duration::from_mins(5),
            away_after: Duration::from_mins(15),
            lock_after: Duration::ZERO,
            multiplexer: true,
        },
        keep: Retention::Off,
        keyring: false,
        unlock_command: Vec::new(),
        messages: MessageSettings {
            drafts_offline: false,
            queue_for: Duration::from_hours(24),
            strangers: Strangers::Quarantine,
        },
        files: FileSettings { named: Some(folder.join("files")), otherwise: folder.join("files"), scanner: None },
        control: ControlSettings { socket: true },
        log: LogSettings { level: "off".to_owned(), keep: 1, wire: false },
        data_dir: folder.join("data"),
        state_dir: folder.join("state"),
        config_file: None,
        policy: Policy::default(),
        policy_dir: None,
        policy_files: Vec::new(),
    }
}

#[cfg(test)]
mod tests;
