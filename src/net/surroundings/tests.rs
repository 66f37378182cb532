//! Surroundings that are made up, and the real ones of this machine.

use std::sync::Mutex;

use super::*;

/// What the made-up system says.
static SYSTEM: Mutex<Made> = Mutex::new(Made { clock: Duration::ZERO, source: None, gone: false });

struct Made {
    clock: Duration,
    source: Option<IpAddr>,
    gone: bool,
}

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 2));

fn made(change: impl FnOnce(&mut Made)) {
    change(&mut SYSTEM.lock().unwrap());
}

fn ends() -> [Ends; 1] {
    [Ends { link: LinkId(1), local: (HERE, 4000).into(), peer: "10.0.0.1:5060".parse().unwrap() }]
}

fn watched(every: u64) -> Surroundings {
    let system = System {
        clock: || SYSTEM.lock().unwrap().clock,
        source: |_| SYSTEM.lock().unwrap().source,
        ours: |_| !SYSTEM.lock().unwrap().gone,
    };
    let mut around = Surroundings::over(Some(Watching { every: Duration::from_secs(every) }), system, None);
    around.reached(ends()[0].peer);
    around
}

/// One test, since they share the made-up system.
#[tokio::test(start_paused = true)]
async fn what_a_look_finds() {
    made(|m| m.source = Some(HERE));
    let mut around = watched(10);
    let (nothing, disturbed) = (Found::default(), Found { lost: Vec::new(), disturbed: true });
    assert_eq!(around.look(&ends()), nothing);

    // The way is gone: links are asked; who only waits has nothing to gain.
    made(|m| m.source = None);
    assert_eq!(around.look(&ends()), disturbed);
    assert_eq!(around.look(&ends()), nothing, "told once");
    made(|m| m.source = Some(HERE));
    assert_eq!(around.look(&[]), disturbed, "back again");
    made(|m| m.source = None);
    assert_eq!(around.look(&[]), nothing);
    made(|m| m.source = Some(HERE));
    around.look(&[]);

    // Another way.
    made(|m| m.source = Some(IpAddr::V4(Ipv4Addr::new(10, 8, 0, 2))));
    assert_eq!(around.look(&ends()), disturbed);

    // The address is gone from the machine.
    made(|m| m.gone = true);
    assert_eq!(around.look(&ends()), Found { lost: vec![LinkId(1)], disturbed: false });
    made(|m| m.gone = false);

    // Sleep: the one clock ran on, the other stood. Small differences are no sleep.
    tokio::time::advance(Duration::from_secs(10)).await;
    made(|m| m.clock += Duration::from_secs(12));
    assert_eq!(around.look(&ends()), nothing);
    tokio::time::advance(Duration::from_secs(10)).await;
    made(|m| m.clock += Duration::from_hours(1));
    assert_eq!(around.look(&ends()), disturbed);

    // A look every ten seconds, as long as it matters.
    around.look(&ends());
    let before = Instant::now();
    around.due(true).await;
    assert_eq!(before.elapsed(), Duration::from_secs(10));
    let mut seldom = watched(60);
    let before = Instant::now();
    seldom.due(true).await;
    assert_eq!(before.elapsed(), UNTOLD, "where nothing is told");
    tokio::select! {
        () = around.due(false) => panic!("nothing depends on it"),
        () = tokio::time::sleep(Duration::from_hours(1)) => {}
    }
}

#[tokio::test]
async fn the_systems_own_answers() {
    let here: SocketAddr = "127.0.0.1:1".parse().unwrap();
    assert!(ours(here));
    assert!(!ours("192.0.2.77:1".parse().unwrap()), "an address nobody has");
    assert_eq!(source(here.ip()), Some(here.ip()));
    assert!(clock() > Duration::ZERO);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_bell_hangs_and_is_silent_when_nothing_happens() {
    let mut bell = Some(Bell::hang().unwrap());
    bell.as_mut().unwrap().silence();
    bell.as_mut().unwrap().silence();
    let quiet = tokio::time::timeout(Duration::from_millis(20), Bell::ring(&mut bell)).await;
    assert!(quiet.is_err() || bell.is_some());
}
