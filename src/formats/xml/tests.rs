//! What the guard lets through, and what it stops.

use super::*;

fn refuse(body: &[u8]) -> Fault {
    read_any(body, Doctype::Refuse).unwrap_err()
}

#[test]
fn tree_with_names_and_text() {
    let body = b"\xef\xbb\xbf<?xml version='1.0' encoding='utf-16'?><!-- c --><p:presence xmlns:p='urn:ietf:params:xml:ns:pidf' a='1 &amp; 2'>\
        x&lt;<p:note xml:lang='en'>y</p:note><![CDATA[<z>]]>&#x41;</p:presence><?pi ?>\n";
    let root = read(body, Space::Pidf, "presence").unwrap();
    assert_eq!((root.text.as_str(), root.attribute("a")), ("x<<z>A", Some("1 & 2")));
    let note = root.child(Space::Pidf, "note").unwrap();
    assert_eq!((note.trimmed(), note.attribute("xml:lang")), ("y", Some("en")));
}

#[test]
fn name_spaces_go_by_uri_and_end_with_their_element() {
    let body = b"<a xmlns='urn:ietf:params:xml:ns:rlmi'><b xmlns='urn:ietf:params:xml:ns:pidf' xmlns:q='x:y'><q:c/></b><d/><q:e/><f xmlns=''/></a>";
    let root = read_any(body, Doctype::Refuse).unwrap();
    let spaces: Vec<_> = root.children.iter().map(|c| c.space).collect();
    assert_eq!(root.space, Space::Rlmi);
    assert_eq!(spaces, [Space::Pidf, Space::Rlmi, Space::Other, Space::None]);
    assert_eq!(root.children[0].children[0].space, Space::Other);
}

#[test]
fn hostile_documents_have_exact_faults() {
    let deep = "<a>".repeat(200_000);
    assert_eq!(refuse(deep.as_bytes()), Offence::TooDeep.at(64 * 3));
    let attributes: String = (0..100_000).fold(String::new(), |all, n| all + &format!(" a{n}=''"));
    assert_eq!(refuse(format!("<a{attributes}/>").as_bytes()).what, Offence::TooManyAttributes);
    let million: String = " a=''".repeat(1_000_000);
    assert_eq!(refuse(format!("<a{million}/>").as_bytes()), Offence::TooLong.at(limits::SIZE));
    let many = format!("<r>{}</r>", "<a/>".repeat(70_000));
    assert_eq!(refuse(many.as_bytes()).what, Offence::TooManyElements);
    let declared = |depth| (0..60).fold(String::new(), |all, n| all + &format!("xmlns:p{depth}x{n}='u' "));
    let spaces = (0..6).fold(String::new(), |all, depth| all + &format!("<a {}>", declared(depth)));
    assert_eq!(refuse(spaces.as_bytes()).what, Offence::TooManySpaces);
    let laughs = b"<!DOCTYPE l [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'>]><l>&b;</l>";
    assert_eq!(refuse(laughs), Offence::Doctype.at(0));
    assert_eq!(read_any(laughs, Doctype::Skip).unwrap_err().what, Offence::Entity);
    let external = b"<!DOCTYPE p PUBLIC '-//x' 'http://127.0.0.1/x.dtd'><p/>";
    assert_eq!(refuse(external).what, Offence::Doctype);
    assert!(read_any(external, Doctype::Skip).is_ok());
}

#[test]
fn broken_documents_have_exact_faults() {
    for (body, fault) in [
        (&b""[..], Offence::Truncated.at(0)),
        (b"   ", Offence::Truncated.at(3)),
        (b"hello", Offence::Syntax.at(0)),
        (b"<a", Offence::Truncated.at(0)),
        (b"<a>", Offence::Truncated.at(3)),
        (b"<a><b></a>", Offence::Syntax.at(6)),
        (b"<a/><b/>", Offence::Syntax.at(4)),
        (b"<a/>x", Offence::Syntax.at(4)),
        (b"<a b=1/>", Offence::Syntax.at(0)),
        (b"<a b='1' b='2'/>", Offence::Syntax.at(0)),
        (b"<a>&nbsp;</a>", Offence::Entity.at(3)),
        (b"<a b='&nbsp;'/>", Offence::Entity.at(0)),
        (b"<a>&#0;</a>", Offence::Character.at(3)),
        (b"<a>&#x1b;</a>", Offence::Character.at(3)),
        (b"<a b='&#27;'/>", Offence::Character.at(0)),
        (b"<a>\x1b[2J</a>", Offence::Character.at(3)),
        ("<a>é\u{ffff}</a>".as_bytes(), Offence::Character.at(5)),
        ("<a b='\u{fffe}'>\x01</a>".as_bytes(), Offence::Character.at(6)),
        (b"<a>&#xffff;</a>", Offence::Character.at(3)),
        (b"<a>\xff</a>", Offence::Encoding.at(3)),
        (b"\xef\xbb\xbf<a>\x00</a>", Offence::Character.at(6)),
        (b"\xff\xfe<\x00a\x00/\x00>\x00", Offence::Encoding.at(0)),
    ] {
        assert_eq!(read_any(body, Doctype::Refuse), Err(fault), "{}", String::from_utf8_lossy(body));
    }
}

#[test]
fn truncated_anywhere_is_a_fault() {
    let body = b"<?xml version='1.0'?><a x='1'><b>t&amp;u</b><!-- c --><![CDATA[d]]></a>";
    for cut in 0..body.len() {
        assert!(read_any(&body[..cut], Doctype::Refuse).is_err(), "{cut}");
    }
    assert!(read_any(body, Doctype::Refuse).is_ok());
}

/// Ten times the input must not cost much more than ten times the steps. Steps are not seen from
/// outside; what is seen is that the largest hostile inputs end within the patience of a test run.
#[test]
fn largest_inputs_end() {
    for unit in ["<a>", "<a/>", "<", "&amp;", "<!--", "<![CDATA[", "]]>", "<a ", "'\"", "</", "<?x ?>", "<!DOCTYPE "] {
        let body = unit.repeat(limits::SIZE / unit.len());
        let _ = read_any(body.as_bytes(), Doctype::Skip);
        let _ = read_any(format!("<r>{}", body.get(..body.len() - 8).unwrap_or_default()).as_bytes(), Doctype::Skip);
    }
}

#[test]
fn escape_keeps_what_xml_can_carry() {
    assert_eq!(escape("a<b>&\"c\"\t\r\n\u{0}\u{1b}é😀"), "a&lt;b&gt;&amp;&quot;c&quot;&#9;&#13;&#10;é😀");
    assert_eq!(escape("\u{fffd}\u{fffe}\u{ffff}"), "\u{fffd}");
    assert!(matches!(escape("plain"), std::borrow::Cow::Borrowed("plain")));
}
