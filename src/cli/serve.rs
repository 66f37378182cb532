//! `serve`: the embedded server by itself, and `serve --hash`.

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Write as _};
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::path::Path;
use std::time::Duration;

use crate::demo::{Feature, Features, Server, ServerConfig, ServerLimits, User, hash_secret, parse_users};
use tokio::sync::mpsc;

use crate::model::{Address, Secret};
use crate::net::gssapi::Keytab;
use crate::runtime::descriptors;
use crate::runtime::serve::{Doors, ServerOrder, Serving, both_clocks};
use crate::runtime::server_store::ServerStore;

use super::args::Serve;
use super::exit::{Exit, Failure};
use super::online::block_on;
use super::output::Diagnostics;
use super::secrets;
use super::signals::Signals;

/// Runs it until a signal comes.
///
/// # Errors
/// Exit 2 for users and addresses that cannot be used, 4 where it cannot listen, 7 for a keytab that cannot be used.
pub fn run(task: &Serve, diagnostics: Diagnostics) -> Result<Exit, Failure> {
    if task.hash {
        return hash(task);
    }
    let users = users(task, diagnostics)?;
    let mut tls = Vec::new();
    if let (Some(at), Some(cert), Some(key)) = (&task.tls_listen, &task.cert, &task.key) {
        tls.push((address(at)?, cert.clone(), key.clone()));
    }
    let tcp = task.listen.as_deref().map(address).transpose()?.into_iter().collect();
    let doors = Doors { tcp, tls, client_ca: task.client_ca.clone() };
    let limits = limits(task);
    descriptors::make_room(doors.descriptors(limits.flows)).map_err(|fault| Failure::new(Exit::Usage, fault.to_string()))?;
    let mut seed = [0; 32];
    getrandom::fill(&mut seed)
        .map_err(|error| Failure::new(Exit::Failed, format!("the system gives no random numbers: {error}")))?;
    let homes = homes(task, &users)?;
    block_on(async {
        let mut signals = Signals::new()?;
        let config = ServerConfig {
            features: Features::without(&task.disable),
            homes,
            poison: task.poison.iter().cloned().collect(),
            limits,
            ..ServerConfig::new(&task.domain, users, seed, both_clocks())
        };
        let mut server = Server::new(config);
        take_tickets(task, &mut server, diagnostics)?;
        let tell = move |words: &str| diagnostics.error(words);
        let store = task.store.as_deref().map(|path| ServerStore::open(path, &mut server, tell)).transpose();
        let store = store.map_err(|fault| Failure::new(Exit::Configuration, fault.to_string()))?;
        let opened = Serving::open(server, doors).await;
        let (serving, open, orders) = opened.map_err(|error| Failure::new(Exit::Unreachable, error.to_string()))?;
        {
            let mut out = std::io::stdout().lock();
            for (transport, at) in &open {
                writeln!(out, "listening {} {at}", transport.word())?;
            }
            out.flush()?;
        }
        // A terminal stops programs in the background that read from it.
        if !std::io::stdin().is_terminal() {
            listen_to_stdin(orders.clone(), task.domain.clone(), diagnostics);
        }
        let serving = serving.with_store(store).with_segments(task.segments);
        serving.run_until(signals.next()).await.map_err(|fault| Failure::new(Exit::Failed, fault.to_string()))?;
        Err(Failure::new(Exit::Interrupted, ""))
    })
}

/// Lets the server take tickets of Kerberos where it has the key for it. A key that was asked for must be there; one of
/// the environment may belong to something else.
fn take_tickets(task: &Serve, server: &mut Server, diagnostics: Diagnostics) -> Result<(), Failure> {
    let of_environment = || std::env::var("KRB5_KTNAME").ok().filter(|name| !name.is_empty());
    let Some(file) = task.keytab.clone().or_else(of_environment) else { return Ok(()) };
    if task.disable.iter().any(|feature| matches!(feature, Feature::Kerberos | Feature::Lcs)) {
        return Ok(());
    }
    match Keytab::open(&task.domain.to_ascii_lowercase(), &file) {
        Ok(keytab) => server.take_tickets(Box::new(keytab)),
        Err(why) if task.keytab.is_some() => return Err(Failure::new(Exit::Configuration, why)),
        Err(why) => diagnostics.warn(&format!("warning: nobody is let in by Kerberos, since {why}")),
    }
    Ok(())
}

fn limits(task: &Serve) -> ServerLimits {
    let usual = ServerLimits::default();
    let flows = task.connections.map_or(usual.flows, |most| usize::try_from(most).unwrap_or(usize::MAX));
    ServerLimits {
        flows,
        // Everybody signed in answers a challenge of their own; one that is forgotten costs them another.
        nonces: usual.nonces.max(flows.saturating_mul(2)),
        list_entries: task.list_limit.map_or(usual.list_entries, usize::from),
        max_expires: task.expires.unwrap_or(usual.max_expires),
        min_expires: task.expires.map_or(usual.min_expires, |most| most.min(usual.min_expires)),
        presence_wait: task.offline_after.map_or(usual.presence_wait, |s| Duration::from_secs(s.into())),
        ..usual
    }
}

/// Obeys lines on standard input, in a thread of its own: reading it cannot be given up.
fn listen_to_stdin(orders: mpsc::Sender<ServerOrder>, domain: String, diagnostics: Diagnostics) {
    std::thread::spawn(move || {
        for line in std::io::stdin().lines() {
            let Ok(line) = line else { return };
            if line.trim().is_empty() {
                continue;
            }
            match ServerOrder::parse(&line, &domain) {
                Ok(order) => {
                    if orders.blocking_send(order).is_err() {
                        return;
                    }
                }
                Err(why) => diagnostics.warn(&why),
            }
        }
    });
}

/// Where users are at home who are not at home here.
fn homes(task: &Serve, users: &[User]) -> Result<BTreeMap<Address, String>, Failure> {
    let mut homes = BTreeMap::new();
    for (name, at) in &task.home {
        let unknown = || Failure::new(Exit::Usage, format!("--home: there is no user {} in the users file", name.escape_debug()));
        if !users.iter().any(|user| user.name == *name) {
            return Err(unknown());
        }
        homes.insert(Address::complete(name, Some(&task.domain)).map_err(|_| unknown())?, at.clone());
    }
    Ok(homes)
}

fn users(task: &Serve, diagnostics: Diagnostics) -> Result<Vec<User>, Failure> {
    let file = task.users.as_deref().unwrap_or(Path::new(""));
    let unusable = |why: String| Failure::new(Exit::Usage, format!("the users file {} cannot be used: {why}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| unusable(error.to_string()))?;
    match parse_users(&text, &task.domain) {
        Ok(parsed) => {
            if !parsed.plain.is_empty() {
                let lines: Vec<String> = parsed.plain.iter().map(ToString::to_string).collect();
                diagnostics.warn(&format!(
                    "warning: {} has passwords in clear (line {}); `chinwag serve --hash` makes what to write instead",
                    file.display(),
                    lines.join(", ")
                ));
            }
            Ok(parsed.users)
        }
        Err(faults) => Err(unusable(faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))),
    }
}

fn address(text: &str) -> Result<SocketAddr, Failure> {
    let found = text.to_socket_addrs().ok().and_then(|mut all| all.next());
    found.ok_or_else(|| {
        Failure::new(
            Exit::Usage,
            format!("`{}` is no address to listen on; it needs the form 127.0.0.1:5060", text.escape_debug()),
        )
    })
}

/// Prints what the users file should hold instead of a password. Without `--name` the line read
/// is `NAME:PASSWORD`: what is stored serves for one name only.
fn hash(task: &Serve) -> Result<Exit, Failure> {
    let typed = if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() {
        let question = if task.name.is_some() { "Password: " } else { "NAME:PASSWORD: " };
        secrets::ask(question)?
    } else {
        secrets::first_line_of_stdin()?
    };
    let (name, password) = match &task.name {
        Some(name) => (name.clone(), typed),
        None => match typed.expose().split_once(':') {
            Some((name, password)) => (name.to_owned(), Secret::new(password.to_owned())),
            None => return Err(Failure::new(Exit::Usage, "say whose password it is with --name, or write NAME:PASSWORD")),
        },
    };
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", hash_secret(&name, &task.domain, password.expose()))?;
    out.flush()?;
    Ok(Exit::Done)
}
