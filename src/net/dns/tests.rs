//! A name server of octets written by hand, on loopback.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::UdpSocket;

use super::*;

/// One record: owner, type, data.
type Record = (&'static str, u16, Vec<u8>);

const A: u16 = 1;
const AAAA: u16 = 28;
const CNAME: u16 = 5;
const SOA: u16 = 6;
const SRV: u16 = 33;
const NAPTR: u16 = 35;

fn name(text: &str) -> Vec<u8> {
    let mut octets = Vec::new();
    for label in text.split('.').filter(|label| !label.is_empty()) {
        octets.push(u8::try_from(label.len()).unwrap());
        octets.extend(label.as_bytes());
    }
    octets.push(0);
    octets
}

fn srv(priority: u16, weight: u16, port: u16, host: &str) -> Vec<u8> {
    let numbers = [priority, weight, port].into_iter().flat_map(u16::to_be_bytes);
    numbers.chain(name(host)).collect()
}

/// The answer to a query (RFC 1035 section 4.1): the same question, this code, these records.
fn answer(query: &[u8], code: u8, ttl: u8, records: &[Record]) -> Vec<u8> {
    let question_end = 12 + query[12..].iter().position(|octet| *octet == 0).unwrap() + 5;
    // An SOA record says how long a name is missing; it stands in the authority section.
    // An address is no answer to who asks for one of the other family.
    let asks_for = u16::from_be_bytes([query[question_end - 4], query[question_end - 3]]);
    let records: Vec<&Record> = records.iter().filter(|record| (record.1, asks_for) != (A, AAAA)).collect();
    let authority = u16::try_from(records.iter().filter(|record| record.1 == SOA).count()).unwrap();
    let answers = u16::try_from(records.len()).unwrap() - authority;
    let counts = [1, answers, authority, 0].map(u16::to_be_bytes).concat();
    let mut octets = [&query[..2], &[0x85, 0x80 | code], &counts].concat();
    octets.extend(&query[12..question_end]);
    for (owner, kind, data) in records {
        octets.extend(name(owner));
        octets.extend(kind.to_be_bytes());
        // Class IN, time to live.
        octets.extend([0, 1, 0, 0, 0, ttl]);
        octets.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        octets.extend(data);
    }
    octets
}

/// A name server that says the same to everybody.
async fn server(code: u8, records: Vec<Record>) -> Dns {
    counted(code, records).await.0
}

/// The same, with the number of questions it was asked.
async fn counted(code: u8, records: Vec<Record>) -> (Dns, Arc<AtomicUsize>) {
    living(code, 60, records).await
}

/// The same; records live so many seconds.
async fn living(code: u8, ttl: u8, records: Vec<Record>) -> (Dns, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let at = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut query = [0; 512];
        while let Ok((len, from)) = socket.recv_from(&mut query).await {
            count.fetch_add(1, Ordering::Relaxed);
            socket.send_to(&answer(&query[..len], code, ttl, &records), from).await.unwrap();
        }
    });
    (Dns::server(at), asked)
}

#[tokio::test]
async fn records_are_read_as_they_are() {
    let records =
        vec![("_sip._tls.d.test", SRV, srv(1, u16::MAX, 443, "Sip.d.test")), ("_sip._tls.d.test", SRV, srv(2, 0, 0, "."))];
    let found = server(0, records).await.srv("_sip._tls.d.test").await.unwrap();
    let expected = [
        Srv { priority: 1, weight: u16::MAX, port: 443, host: "Sip.d.test".into() },
        Srv { priority: 2, weight: 0, port: 0, host: String::new() },
    ];
    assert!(found.len() == 2 && expected.iter().all(|wanted| found.contains(wanted)), "{found:?}");

    let mut data = vec![0, 10, 0, 20];
    for text in ["s", "SIPS+D2T", ""] {
        data.push(u8::try_from(text.len()).unwrap());
        data.extend(text.as_bytes());
    }
    data.extend(name("_sips._tcp.d.test"));
    let found = server(0, vec![("d.test", NAPTR, data)]).await.naptr("d.test").await.unwrap();
    let expected = Naptr {
        order: 10,
        preference: 20,
        flags: "s".into(),
        service: "SIPS+D2T".into(),
        regexp: String::new(),
        replacement: "_sips._tcp.d.test".into(),
    };
    assert_eq!(found, [expected]);
}

#[tokio::test]
async fn what_was_answered_is_not_asked_again() {
    let (dns, asked) = counted(0, vec![("d.test", SRV, srv(1, 1, 1, "sip.d.test"))]).await;
    assert_eq!(dns.srv("d.test").await, dns.srv("d.test").await);
    assert_eq!(asked.load(Ordering::Relaxed), 1);
    // That there is none is remembered too, where the answer says for how long (RFC 2308 section 5).
    let numbers = [1_u32, 60, 60, 60, 60].into_iter().flat_map(u32::to_be_bytes);
    let soa = [name("ns.test"), name("admin.test"), numbers.collect()].concat();
    let (dns, asked) = counted(3, vec![("test", SOA, soa)]).await;
    assert_eq!(dns.srv("d.test").await, dns.srv("d.test").await);
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn answers_are_kept_for_their_time_and_no_longer() {
    let numbers = [1_u32, 60, 60, 60, 1].into_iter().flat_map(u32::to_be_bytes);
    let soa = [name("ns.test"), name("admin.test"), numbers.collect()].concat();
    let found = (0, ("d.test", SRV, srv(1, 1, 1, "sip.d.test")));
    for (code, record) in [found, (3, ("test", SOA, soa))] {
        let (dns, asked) = living(code, 1, vec![record]).await;
        let before = std::time::Instant::now();
        let first = dns.srv("d.test").await;
        // However soon it is asked again, it is asked anew only when its second is over.
        while asked.load(Ordering::Relaxed) < 2 {
            assert!(before.elapsed() < Duration::from_secs(20), "code {code}: kept for good");
            assert_eq!(dns.srv("d.test").await, first);
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(before.elapsed() >= Duration::from_millis(900), "code {code}: {:?}", before.elapsed());
    }
}

#[tokio::test]
async fn addresses_of_a_named_server_are_kept_too() {
    let numbers = [1_u32, 60, 60, 60, 60].into_iter().flat_map(u32::to_be_bytes);
    let soa = [name("ns.test"), name("admin.test"), numbers.collect()].concat();
    let (dns, asked) = counted(0, vec![("sip.d.test", A, vec![192, 0, 2, 1]), ("d.test", SOA, soa)]).await;
    let first = dns.addresses("sip.d.test").await.unwrap();
    assert_eq!(first, ["192.0.2.1".parse::<IpAddr>().unwrap()]);
    let questions = asked.load(Ordering::Relaxed);
    assert_eq!(dns.addresses("sip.d.test").await.unwrap(), first);
    assert_eq!(asked.load(Ordering::Relaxed), questions);
}

#[tokio::test]
async fn names_that_lead_in_a_circle_end() {
    let circle = vec![("a.test", CNAME, name("b.test")), ("b.test", CNAME, name("a.test"))];
    let dns = server(0, circle).await;
    for asked in ["a.test", "b.test"] {
        assert!(dns.srv(asked).await.is_err());
        assert!(dns.naptr(asked).await.is_err());
        assert!(dns.addresses(asked).await.is_err());
    }
}

#[tokio::test]
async fn aliases_lead_to_the_records_of_the_name_they_stand_for() {
    let records = vec![
        ("_sip._tls.d.test", CNAME, name("_sip._tls.hoster.test")),
        ("_sip._tls.hoster.test", SRV, srv(1, 0, 443, "sip.hoster.test")),
        ("_sip._tls.evil.test", SRV, srv(0, 0, 443, "evil.test")),
    ];
    let found = server(0, records).await.srv("_sip._tls.d.test").await;
    assert_eq!(found, Ok(vec![Srv { priority: 1, weight: 0, port: 443, host: "sip.hoster.test".into() }]));
}

#[tokio::test]
async fn what_is_said_of_other_names_does_not_count() {
    let records = vec![
        ("_sip._tls.d.test", SRV, srv(1, 0, 5061, "sip.d.test")),
        ("_sip._tls.evil.test", SRV, srv(0, 0, 5061, "sip.evil.test")),
    ];
    let found = server(0, records).await.srv("_SIP._tls.D.test").await.unwrap();
    assert_eq!(found.iter().map(|srv| srv.host.as_str()).collect::<Vec<_>>(), ["sip.d.test"]);
}

/// A name server that answers with whatever `make` says to each query, by UDP only.
async fn odd_server(make: impl Fn(&[u8]) -> Vec<Vec<u8>> + Send + 'static) -> Dns {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let at = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut query = [0; 512];
        while let Ok((len, from)) = socket.recv_from(&mut query).await {
            for octets in make(&query[..len]) {
                socket.send_to(&octets, from).await.unwrap();
            }
        }
    });
    Dns::server(at)
}

/// What is sent for a query.
type Maker = Box<dyn Fn(&[u8]) -> Vec<Vec<u8>> + Send>;

/// Nothing, garbage, an answer cut anywhere, one to another question: no record, and an end.
#[tokio::test(start_paused = true)]
async fn name_servers_that_make_no_sense_are_given_up() {
    let good = |query: &[u8]| answer(query, 0, 60, &[("d.test", SRV, srv(1, 0, 5061, "sip.d.test"))]);
    let makers: Vec<Maker> = vec![
        Box::new(|_| vec![]),
        Box::new(|_| vec![vec![0xff; 400], vec![], vec![0]]),
        Box::new(move |query| (0..40).map(|len| good(query)[..len].to_vec()).collect()),
        Box::new(move |query| {
            let mut other = good(query);
            other[0] ^= 0xff;
            vec![other]
        }),
        // "Ask again by TCP", where nobody is.
        Box::new(move |query| {
            let mut cut = answer(query, 0, 60, &[]);
            cut[2] |= 2;
            vec![cut]
        }),
    ];
    for (n, make) in makers.into_iter().enumerate() {
        let dns = odd_server(make).await;
        let before = tokio::time::Instant::now();
        let outcome = dns.srv("d.test").await;
        assert!(outcome.is_err(), "{n}: {outcome:?}");
        assert!(before.elapsed() <= Duration::from_secs(20), "{n}: {:?}", before.elapsed());
    }
}

/// Names that point at themselves or at each other, names of more labels than there can be, and more records
/// announced than there are.
#[tokio::test(start_paused = true)]
async fn t24_names_in_circles_and_counts_without_records() {
    let head = |query: &[u8], announced: u16| {
        let mut head = answer(query, 0, 60, &[]);
        head[6..8].copy_from_slice(&announced.to_be_bytes());
        head
    };
    // Type SRV, class IN, a minute, no data.
    let rest = [&SRV.to_be_bytes()[..], &[0, 1, 0, 0, 0, 60, 0, 0]].concat();
    let makers: Vec<Maker> = vec![
        Box::new({
            let rest = rest.clone();
            move |query| {
                let mut octets = head(query, 1);
                let here = u16::try_from(octets.len()).unwrap() | 0xc000;
                octets.extend(here.to_be_bytes());
                octets.extend(&rest);
                vec![octets]
            }
        }),
        Box::new({
            let rest = rest.clone();
            move |query| {
                let mut octets = head(query, 1);
                let here = u16::try_from(octets.len()).unwrap() | 0xc000;
                octets.extend([(here + 2).to_be_bytes(), here.to_be_bytes()].concat());
                octets.extend(&rest);
                vec![octets]
            }
        }),
        Box::new(move |query| {
            let mut octets = head(query, 1);
            octets.extend([1, b'a'].repeat(255));
            octets.push(0);
            octets.extend(&rest);
            vec![octets]
        }),
        Box::new(move |query| {
            let mut octets = answer(query, 0, 60, &[("d.test", SRV, srv(1, 0, 5061, "sip.d.test"))]);
            octets[6..12].copy_from_slice(&[0xff; 6]);
            vec![octets]
        }),
        Box::new(move |query| vec![head(query, u16::MAX)]),
    ];
    for (n, make) in makers.into_iter().enumerate() {
        let dns = odd_server(make).await;
        let before = tokio::time::Instant::now();
        let outcome = dns.srv("d.test").await;
        assert!(outcome.is_err(), "{n}: {outcome:?}");
        assert!(before.elapsed() <= Duration::from_secs(20), "{n}: {:?}", before.elapsed());
    }
}

#[tokio::test]
async fn no_such_name_and_a_failing_server_are_told_apart() {
    // RFC 1035 section 4.1.1.
    let (server_failure, no_such_name) = (2, 3);
    assert_eq!(server(no_such_name, vec![]).await.srv("d.test").await, Err(LookupFault::NotFound));
    assert_eq!(server(0, vec![]).await.srv("d.test").await, Err(LookupFault::NotFound));
    assert_eq!(server(server_failure, vec![]).await.srv("d.test").await, Err(LookupFault::NoAnswer));
}

#[tokio::test]
async fn answers_are_kept_while_the_name_servers_are_the_same() {
    let kept = Kept::default();
    let home = kept.names(Some("127.0.0.1:53")).await.unwrap();
    assert!(Arc::ptr_eq(&home, &kept.names(Some("127.0.0.1")).await.unwrap()), "the same in other words");
    let moved = kept.names(Some("127.0.0.2:53")).await.unwrap();
    assert!(!Arc::ptr_eq(&home, &moved));
    assert!(Arc::ptr_eq(&moved, &kept.names(Some("127.0.0.2:53")).await.unwrap()));
    let made = |contents: &[u8]| kept.same_or(contents, Dns::system);
    let before = made(b"nameserver 192.0.2.1");
    assert!(Arc::ptr_eq(&before, &made(b"nameserver 192.0.2.1")));
    assert!(!Arc::ptr_eq(&before, &made(b"nameserver 192.0.2.2")));
}
