//! What files are, whatever they are called.

use std::io::Cursor;

use super::builders::{compound, deflated, elf, office, pdf, pe, png, stored, workbook, zip};
use super::{Class, Finding, class, has, judged, words};
use crate::inspect::content::Glance;

fn noun(octets: &[u8]) -> &'static str {
    Glance::at(&mut Cursor::new(octets)).unwrap().sort().noun
}

#[test]
fn formats_are_known_by_their_octets() {
    let at = |from: usize, octets: &[u8]| [&vec![0; from][..], octets, &[0; 600]].concat();
    for (octets, wanted) in [
        (pe(), "a program for Windows"),
        (b"MZ\x90\0\x03".to_vec(), "a program for DOS"),
        (b"MZ is a country code".to_vec(), "text"),
        (elf(), "a program for Unix"),
        (b"\xcf\xfa\xed\xfe\x07\0\0\x01".to_vec(), "a program for macOS"),
        (b"\xca\xfe\xba\xbe\0\0\0\x02".to_vec(), "a program for macOS"),
        (b"\xca\xfe\xba\xbe\0\0\0\x41".to_vec(), "a program for Java"),
        (b"dex\n035\0".to_vec(), "a program for Android"),
        (b"\0asm\x01\0\0\0".to_vec(), "a program for web browsers"),
        (b"#!/bin/sh\n".to_vec(), "a script that an interpreter runs"),
        (b"\xef\xbb\xbf#!/bin/sh\n".to_vec(), "a script that an interpreter runs"),
        (b"#! /usr/bin/env python\n".to_vec(), "a script that an interpreter runs"),
        (b"#![no_std]\n".to_vec(), "text"),
        (b"#!AMR\n\x04".to_vec(), "sound"),
        (b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46".to_vec(), "a shortcut"),
        (b"MSCF\0\0\0\0".to_vec(), "an archive of installers for Windows"),
        (b"!<arch>\ndebian-binary   ".to_vec(), "a package for Debian"),
        (b"\xed\xab\xee\xdb\x03\0".to_vec(), "a package for Linux"),
        (at(0x8001, b"CD001"), "a disk image"),
        ([&[1; 5000][..], b"conectix", &[1; 504]].concat(), "a disk image"),
        ([&[1; 5000][..], b"koly", &[1; 508]].concat(), "a disk image"),
        (png(), "a picture"),
        (b"RIFF\0\0\0\0WEBPVP8 ".to_vec(), "a picture"),
        (b"\0\0\0\x18ftypheic".to_vec(), "a picture"),
        (b"\0\0\0\x18ftypisom".to_vec(), "sound or a film"),
        (b"7z\xbc\xaf\x27\x1c\0\x04".to_vec(), "a 7z archive"),
        (b"Rar!\x1a\x07\x01\0".to_vec(), "a RAR archive"),
        (b"\n\n junk %PDF-1.4\n".to_vec(), "a PDF document"),
        (b"{\\rtf1 hello}".to_vec(), "rich text"),
        (b"".to_vec(), "an empty file"),
        (vec![1, 2, 3, 0, 255], "data of a kind that is not known"),
        ("Grüße\r\n".into(), "text"),
        (b"Gr\xfc\xdfe aus K\xf6ln".to_vec(), "text"),
        (b"\x82\xa0\x82\xa2\x82\xa4".to_vec(), "text"),
        (b"\xff\xfeh\0i\0".to_vec(), "text"),
        (b"h\0i\0 \0t\0".to_vec(), "text"),
        (b"  <!-- x -->\n<!DOCTYPE HTML><p>".to_vec(), "a web page"),
        (b"\xff\xfe<\0h\0t\0m\0l\0>\0".to_vec(), "a web page"),
        (b"<?xml version='1.0'?><svg xmlns='x'>".to_vec(), "a drawing that can hold programs"),
        (b"<?xml version='1.0'?><a/>".to_vec(), "an XML document"),
        (b"<?xml version='1.0'?><job><script language='VBScript'>".to_vec(), "a script for Windows"),
        (b"<hta:application id=x>".to_vec(), "a web page"),
        (b"<package id='x'/>".to_vec(), "text"),
        (b"<package><script language='JScript'>".to_vec(), "a script for Windows"),
        (b"id;price\r\n1;2\r\n".to_vec(), "text"),
        (b"ID;PWXL;N;E\r\nC;Y1;X1;E\"x\"".to_vec(), "a file that changes settings of a system"),
        (b"@echo off\r\ndel x".to_vec(), "a script for Windows"),
        (b"Set x = CreateObject(\"WScript.Shell\")".to_vec(), "text that reads like a script"),
        (b"[InternetShortcut]\r\nURL=file://x".to_vec(), "a shortcut"),
        (b"[Desktop Entry]\nExec=x".to_vec(), "a shortcut"),
        (b"Windows Registry Editor Version 5.00\r\n".to_vec(), "a file that changes settings of a system"),
    ] {
        assert_eq!(noun(&octets), wanted, "{:?}", String::from_utf8_lossy(&octets[..octets.len().min(40)]));
    }
}

#[test]
fn content_counts_more_than_the_name() {
    for (name, octets, wanted) in [
        ("notes.txt", b"hello".to_vec(), Class::Allowed),
        ("notes.txt", pe(), Class::Blocked),
        ("photo.jpg", elf(), Class::Blocked),
        ("photo.png", png(), Class::Allowed),
        ("photo.jpg", png(), Class::Asked),
        ("photo.jpg", b"hello".to_vec(), Class::Asked),
        ("photo.jpg", Vec::new(), Class::Allowed),
        ("notes.txt", b"#!/bin/sh\nrm -r ~".to_vec(), Class::Blocked),
        ("notes.txt", b"<html><script>".to_vec(), Class::Blocked),
        ("setup.exe", b"hello".to_vec(), Class::Blocked),
        ("evil\u{202e}fdp.exe", b"hello".to_vec(), Class::Blocked),
        ("README", b"hello".to_vec(), Class::Asked),
        ("x.unheard", b"hello".to_vec(), Class::Asked),
        ("x.7z", b"7z\xbc\xaf\x27\x1c\0\x04".to_vec(), Class::Asked),
    ] {
        let verdict = judged(name, &octets);
        assert_eq!(class(&verdict), wanted, "{name}: {}", words(&verdict));
    }
    assert_eq!(words(&judged("notes.txt", &pe())), "It ends with .txt but is a program for Windows.");
    assert_eq!(words(&judged("photo.jpg", &png())), "It ends with .jpg but is a picture.");
}

#[test]
fn macros_are_found_in_old_documents() {
    let plain = compound(&["WordDocument", "1Table"], [0; 4]);
    assert_eq!(class(&judged("a.doc", &plain)), Class::Asked, "{}", words(&judged("a.doc", &plain)));
    let many: Vec<String> = (0..60).map(|number| format!("stream {number}")).collect();
    let mut names: Vec<&str> = many.iter().map(String::as_str).collect();
    names.extend(["WordDocument", "Macros", "VBA"]);
    let verdict = judged("a.doc", &compound(&names, [0; 4]));
    assert!(has(&verdict, None, Finding::Macros), "{}", words(&verdict));
    for (sheet, found) in [(0, false), (1, true), (2, false)] {
        let verdict = judged("a.xls", &workbook(&["Workbook"], sheet));
        assert_eq!(has(&verdict, None, Finding::Macros), found, "{sheet}: {}", words(&verdict));
        assert!(!has(&verdict, None, Finding::NotSearched));
    }
    let verdict = judged("a.xls", &workbook(&["Book", "Workbook"], 1));
    assert!(has(&verdict, None, Finding::Macros), "in the second of two: {}", words(&verdict));
    let installer = judged("a.doc", &compound(&["x"], [0x84, 0x10, 0x0c, 0]));
    assert!(words(&installer).contains("an installer for Windows"), "{}", words(&installer));
    let locked = judged("a.docx", &compound(&["EncryptionInfo", "EncryptedPackage"], [0; 4]));
    assert!(has(&locked, None, Finding::Locked) && class(&locked) == Class::Asked);
    let mut circle = compound(&["WordDocument"], [0; 4]);
    circle[512 + 4] = 1;
    assert!(has(&judged("a.doc", &circle), None, Finding::Damaged), "a chain in a circle");
    assert!(has(&judged("a.doc", &plain[..600]), None, Finding::Damaged));
}

#[test]
fn macros_are_found_in_new_documents() {
    let plain = office("", &[deflated("word/media/image1.png", &png()), stored("word/printerSettings1.bin", &[0, 1, 2])]);
    assert_eq!(class(&judged("a.docx", &plain)), Class::Asked, "{}", words(&judged("a.docx", &plain)));
    let project = compound(&["VBA", "dir"], [0; 4]);
    let with = office("", &[deflated("word/vbaProject.bin", &project)]);
    for name in ["a.docx", "a.docm"] {
        assert!(has(&judged(name, &with), None, Finding::Macros), "{name}");
    }
    let renamed = office("", &[deflated("word/other.dat", &project)]);
    assert!(has(&judged("a.docx", &renamed), Some("word/other.dat"), Finding::Macros));
    let by_type = office("application/vnd.ms-word.document.macroEnabled.main+xml", &[]);
    assert!(has(&judged("a.docx", &by_type), Some("[Content_Types].xml"), Finding::Macros));
    let relation = b"<Relationship Type=\"x/attachedTemplate\" Target=\"http://x\" TargetMode=\"External\"/>";
    let remote = office("", &[deflated("word/_rels/settings.xml.rels", relation)]);
    assert!(has(&judged("a.docx", &remote), Some("word/_rels/settings.xml.rels"), Finding::Remote));
    let program = office("", &[deflated("word/media/image1.png", &pe())]);
    assert_eq!(class(&judged("a.docx", &program)), Class::Blocked);
    // Names count where it is unpacked as an archive.
    let script = office("", &[deflated("run.js", b"x")]);
    assert_eq!(class(&judged("a.docx", &script)), Class::Asked);
    assert_eq!(class(&judged("a.zip", &script)), Class::Blocked);
    let open = zip(&[stored("mimetype", b"application/vnd.oasis.opendocument.text"), stored("META-INF/manifest.xml", b"<x/>")]);
    assert_eq!(class(&judged("a.odt", &open)), Class::Asked, "{}", words(&judged("a.odt", &open)));
    let basic = [stored("mimetype", b"x"), stored("META-INF/manifest.xml", b"<x/>"), stored("Basic/Standard/a.xml", b"<x/>")];
    assert!(has(&judged("a.odt", &zip(&basic)), None, Finding::Macros));
}

#[test]
fn what_a_pdf_does_is_found() {
    for (plain, packed, finding) in [
        ("/S /JavaScript /JS (x)", "", Finding::Script),
        ("/J#53 (x)", "", Finding::Script),
        ("", "<< /S/Launch >>", Finding::Launches),
        ("", "1 0 << /OpenAction << /#4a#53(x) >> >>", Finding::Script),
        ("/EmbeddedFiles 5 0 R", "", Finding::Embedded),
        ("/Encrypt 5 0 R", "", Finding::Locked),
    ] {
        let verdict = judged("a.pdf", &pdf(plain, packed));
        assert!(has(&verdict, None, finding), "{plain}{packed}: {}", words(&verdict));
    }
    assert_eq!(words(&judged("a.pdf", &pdf("/Type /Catalog", "<< /JSON 1 >>"))), "It ends with .pdf, as documents do.");
    let broken = String::from_utf8_lossy(&pdf("", "")).replace("/FlateDecode", "/LZWDecode");
    assert!(has(&judged("a.pdf", broken.as_bytes()), None, Finding::NotSearched));
    let mut odd = pdf("", "<< /S/Launch >>");
    let line = odd.windows(8).position(|octets| octets == b"stream\r\n").unwrap();
    odd[line + 7] = b' ';
    assert!(has(&judged("a.pdf", &odd), None, Finding::NotSearched), "a line that does not end");
    let long = "<< /S/Launch >>".to_owned() + &" ".repeat(4 << 20);
    let verdict = judged("a.pdf", &pdf("", &long));
    assert!(has(&verdict, None, Finding::Bomb) && has(&verdict, None, Finding::Launches), "{}", words(&verdict));
}

#[test]
fn what_rich_text_and_pages_do_is_found() {
    let rich = judged("a.rtf", b"{\\rtf1{\\object\\objemb{\\*\\objdata 0105}}}");
    assert!(has(&rich, None, Finding::Embedded) && class(&rich) == Class::Asked);
    assert!(has(&judged("a.doc", b"{\\rtf1{\\object\\objautlink\\objupdate}}"), None, Finding::Launches));
    let page = judged("a.html", b"<html><script>let b=new Blob([atob(x)]);URL.createObjectURL(b)</script>");
    assert!(has(&page, None, Finding::Smuggled));
}
