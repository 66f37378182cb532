//! Files that are missing, broken, full and in the way.

use std::sync::{Arc, Mutex};

use super::*;
use crate::demo::{ServerConfig, User};
use crate::model::{Address, Contact};
use crate::runtime::serve::both_clocks;

fn server() -> Server {
    let user = User::with_password("alice", "Alice", "example.test", "secret");
    Server::new(ServerConfig::new("example.test", vec![user], [1; 32], both_clocks()))
}

fn alice() -> Address {
    Address::parse("alice@example.test").unwrap()
}

fn befriend(server: &mut Server, name: &str) {
    let mut roster = server.account(&alice()).unwrap().roster().clone();
    roster.put(Contact::new(Address::complete(name, Some("example.test")).unwrap()));
    server.set_roster(&alice(), roster, std::time::Instant::now()).unwrap();
}

fn friends(server: &Server) -> usize {
    server.account(&alice()).unwrap().roster().len()
}

/// Everything that is due, written.
async fn settle(store: &mut ServerStore, server: &Server) {
    if store.due(server).is_some() {
        store.write(server);
        store.finished().await;
    }
}

#[tokio::test]
async fn what_is_written_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new").join("store.json");
    let mut first = server();
    let mut store = ServerStore::open(&path, &mut first, |_| {}).unwrap();
    assert_eq!(store.due(&first), None, "nothing is new");
    assert!(!path.exists());
    befriend(&mut first, "bob");
    settle(&mut store, &first).await;
    assert_eq!(store.due(&first), None);
    befriend(&mut first, "carol");
    store.close(&first).await.unwrap();
    let mut second = server();
    let store = ServerStore::open(&path, &mut second, |_| {}).unwrap();
    assert_eq!((friends(&second), store.due(&second)), (2, None));
    assert_eq!(second.snapshot(), first.snapshot());
}

#[test]
fn a_broken_file_is_told_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store.json");
    let good = serde_json::to_string(&server().snapshot()).unwrap();
    for broken in ["", "{", "[]", "{\"version\":1}", &good.replace("\"version\":1", "\"version\":9"), &good[..good.len() - 3]] {
        std::fs::write(&path, broken).unwrap();
        let fault = ServerStore::open(&path, &mut server(), |_| {}).unwrap_err();
        assert!(matches!(fault, StoreFault::Broken { .. }) && fault.to_string().contains("was left as it is"), "{fault}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), broken);
    }
    assert!(matches!(ServerStore::open(folder.path(), &mut server(), |_| {}), Err(StoreFault::Unreadable { .. })));
}

/// As a full disk is: what is there cannot be replaced. Told once, nothing lost, and written when
/// there is room again.
#[tokio::test]
async fn a_disk_that_takes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner");
    let path = inner.join("store.json");
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    let mut server = server();
    let ear = told.clone();
    let mut store = ServerStore::open(&path, &mut server, move |words| ear.lock().unwrap().push(words.to_owned())).unwrap();
    std::fs::write(&inner, "in the way").unwrap();
    for name in ["bob", "carol"] {
        befriend(&mut server, name);
        settle(&mut store, &server).await;
    }
    assert_eq!(told.lock().unwrap().len(), 1, "{told:?}");
    assert!(told.lock().unwrap()[0].contains("nothing is lost"), "{told:?}");
    assert!(store.due(&server).is_some_and(|at| at > Instant::now()), "not at once again");
    assert_eq!(friends(&server), 2);
    std::fs::remove_file(&inner).unwrap();
    settle(&mut store, &server).await;
    assert_eq!(told.lock().unwrap().last().unwrap(), "the store is written again");
    let mut again = self::server();
    ServerStore::open(&path, &mut again, |_| {}).unwrap();
    assert_eq!(friends(&again), 2);
}
