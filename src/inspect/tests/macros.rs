//! Macros, wherever a program of Office would find them.

use super::builders::{compound, deflated, office, presentation, stored, zip};
use super::{Class, Finding, class, has, judged, words};

#[test]
fn macros_of_presentations_are_in_no_stream_of_their_own() {
    let info = |instance: u8, refers: u8, has_any: u8| {
        let head = [0x0f | (instance << 4), 0, 0xff, 3, 20, 0, 0, 0];
        [&head[..], &[2, 0, 0, 4, 12, 0, 0, 0], &[refers, 0, 0, 0, has_any, 0, 0, 0, 2, 0, 0, 0]].concat()
    };
    for record in [info(1, 1, 1), info(0, 1, 1), info(7, 1, 1), info(1, 1, 0), info(1, 0, 1), info(1, 0, 0)[..8].to_vec()] {
        let verdict = judged("a.ppt", &presentation(&record));
        assert!(has(&verdict, None, Finding::Macros), "{record:?}: {}", words(&verdict));
    }
    // Most have the record, and nothing it refers to.
    for record in [info(1, 0, 0), Vec::new(), vec![0xff, 3]] {
        let verdict = judged("a.ppt", &presentation(&record));
        assert_eq!(words(&verdict), "It ends with .ppt, as documents do.");
    }
    let empty = judged("a.ppt", &compound(&["PowerPoint Document"], [0; 4]));
    assert!(has(&empty, None, Finding::NotSearched), "a small stream is not found");
    let mut circle = presentation(&[]);
    circle[512 + 4 * 9..512 + 4 * 10].copy_from_slice(&2_u32.to_le_bytes());
    assert!(has(&judged("a.ppt", &circle), None, Finding::NotSearched), "a chain in a circle");
}

#[test]
fn macros_are_found_in_documents_that_are_one_file_of_xml() {
    let word = |root: &str, inside: &str| {
        format!(
            "<?xml version='1.0'?><?mso-application progid='Word.Document'?><w:wordDocument xmlns:w='x' {root}>{inside}</w:wordDocument>"
        )
    };
    let data = "<w:docSuppData><w:binData w:name='editdata.mso'>QWN0</w:binData></w:docSuppData>";
    let package = "<?xml version='1.0'?><p:package xmlns:p='http://schemas.microsoft.com/office/2006/xml&#80;ackage'><p:part p:name='/word/x' p:contentType='application/vnd.ms-office.vba&#x50;roject'/></p:package>";
    let far = format!("<!--{}-->{data}", " ".repeat(100_000));
    for text in [
        word("w:macrosPresent=\"yes\"", ""),
        word("w:macrosPresent = 'yes'", ""),
        word("w:macrosPresent='&#121;es'", ""),
        word("w:macrosPresent='no'", data),
        word("", &far),
        word("", data).replace("<?xml version='1.0'?>", ""),
        word("", data).replace("<?xml version='1.0'?><?mso-application progid='Word.Document'?>", ""),
        package.to_owned(),
    ] {
        let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        for (name, octets) in [("a.doc", text.clone().into_bytes()), ("a.xml", text.clone().into_bytes()), ("a.doc", wide)] {
            let verdict = judged(name, &octets);
            assert!(has(&verdict, None, Finding::Macros), "{name} {text:.200}: {}", words(&verdict));
        }
    }
    for text in [word("w:macrosPresent=\"no\"", "<w:t>vbaProject</w:t>"), "<?xml version='1.0'?><a>docSuppData</a>".to_owned()] {
        let verdict = judged("a.xml", text.as_bytes());
        assert_eq!(class(&verdict), Class::Asked, "{text}: {}", words(&verdict));
    }
}

#[test]
fn what_a_document_says_of_its_parts_counts_whatever_it_is_called() {
    let sheet = office("<Override ContentType='application/vnd.ms-excel.macrosheet+xml'/>", &[]);
    for name in ["book.xlsx", "book.xls", "book.doc", "book.zip", "book"] {
        let verdict = judged(name, &sheet);
        assert!(has(&verdict, Some("[Content_Types].xml"), Finding::Macros), "{name}: {}", words(&verdict));
    }
    for written in ["m&#97;crosheet", "m&#x61;crosheet", "m&#0000097;crosheet"] {
        let verdict = judged("book.xlsx", &office(written, &[]));
        assert!(has(&verdict, Some("[Content_Types].xml"), Finding::Macros), "{written}: {}", words(&verdict));
    }
    let part = "word/_rels/settings.xml.rels";
    for mode in ["TargetMode=\"External\"", "TargetMode='External'", "TargetMode = \"&#69;xternal\""] {
        let relation = format!("<Relationship Type='x/attachedTemplate' Target='http://x' {mode}/>");
        let verdict = judged("a.docx", &office("", &[deflated(part, relation.as_bytes())]));
        assert!(has(&verdict, Some(part), Finding::Remote), "{mode}: {}", words(&verdict));
    }
    let other = zip(&[stored("a.txt", b"macrosheet"), stored("b.txt", b"x")]);
    assert_eq!(class(&judged("a.zip", &other)), Class::Asked);
}
