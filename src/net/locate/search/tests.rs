//! Searches with names answered from a table.

use super::*;
use crate::net::locate::tests::Table;

fn rules() -> Rules {
    Rules {
        clear_text: true,
        strict: false,
        also_named: None,
        seed: 1,
        answer: Duration::from_secs(7),
        patience: Duration::from_secs(12),
        failed: BTreeSet::new(),
        better_than: None,
    }
}

fn domain() -> Target {
    let domain = "d.test".to_owned();
    Target { tls_name: domain.clone(), host: domain, port: None, transport: None, automatic: true }
}

async fn walk(search: &mut Search) -> Vec<String> {
    let mut found = Vec::new();
    while let Some(candidate) = search.next().await {
        found.push(format!("{} {candidate}", candidate.transport.word()));
    }
    found
}

async fn all(table: Table, to: &Target, rules: Rules) -> Vec<String> {
    walk(&mut Search::begin(Arc::new(table), to, rules)).await
}

#[tokio::test]
async fn every_kind_of_name_leads_to_a_server_in_the_order_of_the_steps() {
    let table = Table::default()
        .with_srv("_sipinternal._tcp.d.test", 1, 5060, "in.d.test")
        .with_srv("_sip._tcp.d.test", 1, 5060, "modern.d.test")
        .with_srv("_sips._tcp.d.test", 1, 5061, "modern.d.test")
        .with_srv("_sip._tls.d.test", 1, 443, "edge.d.test")
        .with_srv("_sipinternaltls._tcp.d.test", 2, 5061, "second.d.test")
        .with_srv("_sipinternaltls._tcp.d.test", 1, 5061, "first.d.test");
    let expected = [
        "tls first.d.test:5061",
        "tls second.d.test:5061",
        "tls edge.d.test:443",
        "tls modern.d.test:5061",
        "tcp in.d.test:5060",
        "tcp modern.d.test:5060",
    ];
    assert_eq!(all(table, &domain(), rules()).await, expected);
}

#[tokio::test]
async fn everything_is_asked_at_once() {
    let table = Arc::new(Table::default());
    let search = Search::begin(table.clone(), &domain(), rules());
    let asked = table.asked.lock().unwrap().clone();
    let expected = [
        "SRV _sipinternaltls._tcp.d.test",
        "SRV _sip._tls.d.test",
        "NAPTR d.test",
        "SRV _sips._tcp.d.test",
        "A sipinternal.d.test",
        "A sip.d.test",
        "A sipexternal.d.test",
        "A d.test",
        "SRV _sipinternal._tcp.d.test",
        "SRV _sip._tcp.d.test",
    ];
    assert_eq!(asked, expected, "each question once");
    drop(search);
}

#[tokio::test]
async fn host_names_are_for_domains_without_service_records() {
    let mut search = Search::begin(Arc::new(Table::default()), &domain(), rules());
    let expected = [
        "tls sipinternal.d.test:5061",
        "tls sip.d.test:5061",
        "tls sipexternal.d.test:443",
        "tls d.test:5061",
        "tcp sipinternal.d.test:5060",
        "tcp sip.d.test:5060",
        "tcp d.test:5060",
    ];
    assert_eq!(walk(&mut search).await, expected);
    let told = search.take_told();
    let nothing = |question: &str| Told::Nothing { question: question.into(), fault: LookupFault::NotFound };
    assert_eq!(
        told[..5],
        [
            nothing("SRV _sipinternaltls._tcp.d.test"),
            nothing("SRV _sip._tls.d.test"),
            nothing("NAPTR d.test for SIPS+D2T"),
            nothing("SRV _sips._tcp.d.test"),
            Told::Guessing(Transport::Tls),
        ]
    );
}

#[tokio::test]
async fn naptr_leads_to_other_names_and_only_those_for_sip_count() {
    let mut table = Table::default()
        .with_naptr("d.test", 20, "sips+d2t", "_late.d.test")
        .with_naptr("d.test", 10, "SIPS+D2T", "_early.d.test")
        .with_naptr("d.test", 5, "SIP+D2U", "_udp.d.test")
        .with_naptr("d.test", 5, "SIPS+D2T", "")
        .with_naptr("d.test", 1, "SIPS+D2T", "_regexp.d.test")
        .with_naptr("d.test", 1, "SIPS+D2T", "_address.d.test")
        .with_srv("_late.d.test", 0, 1, "late.d.test")
        .with_srv("_early.d.test", 9, 2, "early.d.test")
        .with_srv("_regexp.d.test", 0, 3, "regexp.d.test")
        .with_srv("_address.d.test", 0, 4, "address.d.test")
        .with_srv("_sips._tcp.d.test", 0, 5, "unused.d.test");
    let records = table.naptr.get_mut("d.test").unwrap();
    records[4].regexp = "!^.*$!sip:x@d.test!".into();
    records[5].flags = "a".into();
    let rules = Rules { clear_text: false, ..rules() };
    assert_eq!(all(table, &domain(), rules).await, ["tls early.d.test:2", "tls late.d.test:1"]);
}

#[tokio::test]
async fn naptr_that_leads_nowhere_leaves_the_default_name() {
    let table =
        Table::default().with_naptr("d.test", 1, "SIPS+D2T", "_gone.d.test").with_srv("_sips._tcp.d.test", 0, 5, "sip.d.test");
    let rules = Rules { clear_text: false, ..rules() };
    assert_eq!(all(table, &domain(), rules).await, ["tls sip.d.test:5"]);
}

#[tokio::test]
async fn a_dot_declines_the_service_and_ends_guessing() {
    let table = Table::default().with_srv("_sips._tcp.d.test", 0, 0, "").with_srv("_sip._tcp.d.test", 0, 5060, "sip.d.test");
    let mut search = Search::begin(Arc::new(table), &domain(), rules());
    assert_eq!(walk(&mut search).await, ["tcp sip.d.test:5060"]);
    assert!(search.take_told().contains(&Told::Declined { question: "SRV _sips._tcp.d.test".into() }));
}

#[tokio::test]
async fn servers_outside_the_domain_are_passed_over_where_nothing_would_tell_them() {
    let table = || {
        Table::default()
            .with_srv("_sip._tls.d.test", 1, 443, "d.hoster.test")
            .with_srv("_sip._tls.d.test", 2, 443, "pool.d.test")
            .with_srv("_sip._tls.d.test", 3, 443, "sip.d.test")
            .with_srv("_sip._tcp.d.test", 1, 5060, "d.hoster.test")
            .with_srv("_sip._tcp.d.test", 2, 5060, "pool.d.test")
    };
    let relaxed = all(table(), &domain(), rules()).await;
    assert_eq!(relaxed, ["tls d.hoster.test:443", "tls pool.d.test:443", "tls sip.d.test:443", "tcp pool.d.test:5060"]);
    let mut search = Search::begin(Arc::new(table()), &domain(), Rules { strict: true, ..rules() });
    assert_eq!(walk(&mut search).await, ["tls sip.d.test:443"]);
    let outside = WaitReason::ServerOutside { server: "d.hoster.test".into(), domain: "d.test".into() };
    assert!(search.take_told().contains(&Told::PassedOver(outside)));
    // What the user named is not restricted.
    let named = Target { automatic: false, ..domain() };
    assert_eq!(all(table(), &named, Rules { strict: true, ..rules() }).await.len(), 5);
}

#[tokio::test]
async fn the_same_server_is_tried_once_on_each_way() {
    let mut table = Table::default();
    for service in ["_sipinternaltls._tcp", "_sip._tls", "_sips._tcp", "_sip._tcp"] {
        table = table.with_srv(&format!("{service}.d.test"), 1, 5061, "Sip.d.test").with_srv(
            &format!("{service}.d.test"),
            2,
            5061,
            "sip.d.test",
        );
    }
    assert_eq!(all(table, &domain(), rules()).await, ["tls Sip.d.test:5061", "tcp Sip.d.test:5061"]);
}

#[tokio::test]
async fn a_server_that_failed_lately_goes_behind_those_of_its_priority() {
    let table = Table::default()
        .with_srv("_sip._tls.d.test", 1, 443, "a.d.test")
        .with_srv("_sip._tls.d.test", 1, 443, "b.d.test")
        .with_srv("_sip._tls.d.test", 2, 443, "c.d.test");
    for (failed, first) in [("a.d.test", "b.d.test"), ("b.d.test", "a.d.test")] {
        let rules = Rules { failed: [(failed.to_owned(), 443)].into(), clear_text: false, ..rules() };
        let table = Table { srv: table.srv.clone(), ..Table::default() };
        let found = all(table, &domain(), rules).await;
        assert_eq!(found, [format!("tls {first}:443"), format!("tls {failed}:443"), "tls c.d.test:443".into()]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_name_server_costs_one_bound() {
    let before = Instant::now();
    let mut search = Search::begin(Arc::new(Table::default().with_silence("*")), &domain(), rules());
    while let Some(candidate) = search.next().await {
        assert_eq!(search.addresses(&candidate).await, Err(LookupFault::NoAnswer));
    }
    assert_eq!(before.elapsed(), rules().answer, "everything is asked at once");
}

#[tokio::test(start_paused = true)]
async fn all_names_together_cost_one_bound() {
    let mut table = Table::default().with_silence("_sipinternaltls._tcp.d.test");
    for n in 0..10 {
        table = table.with_srv("_sip._tls.d.test", n, 443, &format!("h{n}.d.test")).with_silence(&format!("h{n}.d.test"));
        table = table.with_naptr("d.test", n, "SIPS+D2T", &format!("_n{n}.d.test")).with_silence(&format!("_n{n}.d.test"));
    }
    let before = Instant::now();
    let mut search = Search::begin(Arc::new(table), &domain(), rules());
    while let Some(candidate) = search.next().await {
        assert_eq!(
            search.addresses(&candidate).await,
            Err(if candidate.guessed { LookupFault::NotFound } else { LookupFault::NoAnswer })
        );
    }
    assert_eq!(before.elapsed(), rules().patience);
}

#[tokio::test(start_paused = true)]
async fn a_question_without_answer_leaves_the_others() {
    // Some name servers drop questions of kinds they do not know.
    let table = Table::default()
        .with_silence("_sipinternaltls._tcp.d.test")
        .with_srv("_sip._tls.d.test", 1, 443, "sip.d.test")
        .with_host("sip.d.test", &["192.0.2.1".parse().unwrap()]);
    let mut search = Search::begin(Arc::new(table), &domain(), rules());
    let candidate = search.next().await.unwrap();
    assert_eq!(search.addresses(&candidate).await, Ok(vec!["192.0.2.1:443".parse().unwrap()]), "asked for when there was time");
}

#[tokio::test(start_paused = true)]
async fn an_early_answer_does_not_wait_for_later_ones() {
    let table = Table::default()
        .with_srv("_sipinternaltls._tcp.d.test", 1, 5061, "sip.d.test")
        .with_host("sip.d.test", &["192.0.2.1".parse().unwrap()])
        .with_silence("_sip._tls.d.test")
        .with_silence("d.test");
    let before = Instant::now();
    let mut search = Search::begin(Arc::new(table), &domain(), rules());
    let candidate = search.next().await.unwrap();
    search.addresses(&candidate).await.unwrap();
    assert_eq!(before.elapsed(), Duration::ZERO);
}

#[tokio::test]
async fn thousands_of_records_become_a_few_servers() {
    let mut table = Table::default();
    let many = (0..10_000).map(|n| Srv { priority: 1, weight: u16::MAX, port: 1, host: format!("h{n}.d.test") });
    table.srv.insert("_sipinternaltls._tcp.d.test".into(), many.collect());
    for n in 0..1000 {
        table = table.with_naptr("d.test", n, "SIPS+D2T", &format!("_n{n}.d.test"));
    }
    let flood: Vec<IpAddr> = (0..10_000_u32).map(|n| IpAddr::V4(n.into())).collect();
    let table = Arc::new(table.with_host("d.test", &flood));
    let mut search = Search::begin(table.clone(), &domain(), rules());
    assert_eq!(walk(&mut search).await.len(), CANDIDATES);
    let itself =
        Candidate { transport: Transport::Tls, name: "d.test".into(), port: 1, accepted: vec![], guessed: true, rank: (1, 0) };
    assert_eq!(search.addresses(&itself).await.unwrap().len(), CANDIDATES);
    assert!(table.asked.lock().unwrap().len() < 64, "few questions follow");
}

#[tokio::test]
async fn records_without_name_or_port_are_left_out() {
    let table = Table::default()
        .with_srv("_sip._tls.d.test", 1, 443, "")
        .with_srv("_sip._tls.d.test", 1, 0, "zero.d.test")
        .with_srv("_sip._tls.d.test", 2, 443, "sip.d.test");
    let rules = Rules { clear_text: false, ..rules() };
    assert_eq!(all(table, &domain(), rules).await, ["tls sip.d.test:443"]);
}

#[tokio::test]
async fn a_way_without_an_answer_differs_from_one_without_records() {
    let empty = Table { srv: [("_sip._tls.d.test".to_owned(), Vec::new())].into(), ..Table::default() };
    let rules = Rules { clear_text: false, ..rules() };
    assert_eq!(all(empty, &domain(), rules).await.len(), 4, "no record in an answer is none at all");
}
