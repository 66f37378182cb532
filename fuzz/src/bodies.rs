//! What must hold for the bodies of messages: any bytes are refused with a fault or read, and what
//! was read is written so that it is read as the same.

use std::fmt::Debug;

use chinwag::formats::{
    Fault, acl, adrl, cpim, file_description, invitation, iscomposing, keyboard, media_type::MediaType, mim, msgr, msrtc,
    multipart, pidf, pres_rules, provisioning, registration_event, resource_lists, rlmi, rls_services, roaming, sdp, soap,
    text_format, user_info::UserInfo, winfo, wpending, xml, xpidf,
};

/// What is read, written and read again is the same.
fn there_and_back<T: Debug + PartialEq>(data: &[u8], read: impl Fn(&[u8]) -> Result<T, Fault>, write: impl Fn(&T) -> String) {
    match read(data) {
        Err(fault) => assert!(fault.offset <= data.len(), "{fault:?}"),
        Ok(document) => {
            let written = write(&document);
            let again = read(written.as_bytes()).unwrap_or_else(|fault| panic!("{fault:?} in {written:?}"));
            assert_eq!(again, document, "{written:?}");
            assert_eq!(write(&again), written, "the second writing differs");
        }
    }
}

/// What is read and written can be read, and is then written the same. Some documents say on
/// purpose less than what was read.
fn settles<T>(data: &[u8], read: impl Fn(&[u8]) -> Result<T, Fault>, write: impl Fn(&T) -> String) {
    match read(data) {
        Err(fault) => assert!(fault.offset <= data.len(), "{fault:?}"),
        Ok(document) => {
            let written = write(&document);
            let again = read(written.as_bytes()).unwrap_or_else(|fault| panic!("{fault:?} in {written:?}"));
            assert_eq!(write(&again), written, "the second writing differs");
        }
    }
}

/// Presence documents of LCS.
pub fn msrtc(data: &[u8]) {
    there_and_back(data, msrtc::read, msrtc::write);
    if let Some(info) = msrtc::read(data).ok().and_then(|presentity| presentity.user_info) {
        user_info(info.inner.as_bytes());
    }
}

/// What people store with their presence.
pub fn user_info(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let info = UserInfo::of(&text);
    if let Some(info) = &info {
        assert!(info.inner.chars().count() <= 1024);
        assert_eq!(UserInfo::of(&info.inner).as_ref(), Some(info));
    }
    if let Some(changed) = UserInfo::with_note(info.as_ref().map(|info| info.inner.as_str()), Some("a remark")) {
        assert_eq!(changed.note.as_deref(), Some("a remark"));
        assert!(changed.inner.starts_with("<note>a remark</note>"));
        let without = |inner: Option<&str>| UserInfo::with_note(inner, None);
        assert_eq!(without(Some(&changed.inner)), without(info.as_ref().map(|info| info.inner.as_str())));
    }
}

/// Ad hoc lists.
pub fn adrl(data: &[u8]) {
    there_and_back(data, adrl::read, adrl::write);
}

/// Resource list meta-information, in both ways of writing it.
pub fn rlmi(data: &[u8]) {
    there_and_back(data, rlmi::read, rlmi::write);
    there_and_back(data, rlmi::read, rlmi::write_as_lcs);
}

/// Contact lists.
pub fn roaming(data: &[u8]) {
    there_and_back(data, roaming::read, roaming::write);
}

/// Access lists.
pub fn acl(data: &[u8]) {
    there_and_back(data, acl::read, acl::write);
}

/// Watchers who wait.
pub fn wpending(data: &[u8]) {
    there_and_back(data, wpending::read, |watchers| wpending::write(watchers));
}

/// Provisioning.
pub fn provisioning(data: &[u8]) {
    there_and_back(data, provisioning::read, provisioning::write);
}

/// Calls of SERVICE and their answers.
pub fn soap(data: &[u8]) {
    there_and_back(data, soap::read_call, soap::write_call);
    there_and_back(data, soap::read_answer, soap::write_answer);
}

/// Keys pressed.
pub fn keyboard(data: &[u8]) {
    there_and_back(data, keyboard::read, keyboard::write);
}

/// Elections.
pub fn mim(data: &[u8]) {
    there_and_back(data, mim::read, mim::write);
}

/// Registrations that ended.
pub fn registration_event(data: &[u8]) {
    there_and_back(data, registration_event::read, registration_event::write);
}

/// Presence without server.
pub fn xpidf(data: &[u8]) {
    there_and_back(data, xpidf::read, xpidf::write);
}

/// Session descriptions. The offer is written and read as the same; the answer has as many media.
pub fn sdp(data: &[u8]) {
    if let Ok(Some(file)) = file_description::read(data) {
        let address = std::net::IpAddr::from([192, 0, 2, 1]);
        let written = file_description::write(&file.medium, file_description::Direction::Send, address);
        let again = file_description::read(written.as_bytes()).unwrap_or_else(|fault| panic!("{fault:?} in {written:?}"));
        assert_eq!(again.map(|again| again.medium), Some(file.medium.clone()), "{written:?}");
        let answer = file.answer(&file.medium, address);
        let taken = file_description::read_answer(answer.as_bytes()).unwrap_or_else(|fault| panic!("{fault:?} in {answer:?}"));
        assert!(taken.is_some(), "{answer:?}");
    }
    match sdp::read(data) {
        Err(fault) => assert!(fault.offset <= data.len(), "{fault:?}"),
        Ok(found) => {
            let Some(offer) = &found.message else { return };
            let written = sdp::write(offer);
            let again = sdp::read(written.as_bytes()).unwrap_or_else(|fault| panic!("{fault:?} in {written:?}"));
            assert_eq!(again.message.as_ref(), Some(offer), "{written:?}");
            assert!(again.others.is_empty());
            let answer = found.answer(offer);
            let again = sdp::read(answer.as_bytes()).unwrap_or_else(|fault| panic!("{fault:?} in {answer:?}"));
            assert_eq!(again.message.as_ref(), Some(offer), "{answer:?}");
            assert!(again.others.is_empty(), "{answer:?}");
            assert_eq!(again.answer(offer), answer);
        }
    }
}

/// How texts look, in the parameter and behind it.
pub fn msgr(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    for look in [msgr::read(&text), msgr::read_field(&text)].into_iter().flatten() {
        let again = msgr::read(&msgr::write(&look)).unwrap_or_else(|| panic!("not readable: {look:?}"));
        assert_eq!(again.font.as_deref(), Some(look.font.as_deref().unwrap_or("Tahoma")));
        assert_eq!(msgr::Look { font: look.font.clone(), ..again }, look);
    }
}

/// Texts within headers.
pub fn text_format(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    if let Ok(format) = text_format::read(&text) {
        let written = text_format::write(&format);
        assert!(!written.contains(['\r', '\n', '\0']), "{written:?}");
        let again = text_format::read(&written).unwrap_or_else(|fault| panic!("{fault:?} in {written:?}"));
        assert_eq!(again.body, format.body);
        assert_eq!(text_format::write(&again), written);
    }
}

/// Multipart bodies: the first line is the content type. Both ways of writing are readable.
pub fn multipart(data: &[u8]) {
    let end = data.iter().position(|b| *b == b'\n').unwrap_or(data.len());
    let (head, body) = data.split_at(end);
    let head = String::from_utf8_lossy(head);
    let body = body.get(1..).unwrap_or_default();
    let _ = MediaType::read(&head);
    let Ok(found) = multipart::read(&head, body) else { return };
    for part in &found.parts {
        let _ = part.parts();
    }
    let ids: Vec<String> = (0..found.parts.len()).map(|n| format!("part{n}@x")).collect();
    let parts: Vec<_> = std::iter::zip(&found.parts, &ids)
        .map(|(part, id)| multipart::NewPart { content_type: "a/b", content_id: id, body: part.body })
        .collect();
    let (plain, lcs) = (multipart::write_related("boundary", &parts), multipart::write_related_as_lcs("boundary", &parts));
    for (written, after) in [(plain, &b""[..]), (lcs, b"\r\n")] {
        let again = multipart::read(&written.content_type, &written.body).unwrap_or_else(|fault| panic!("{fault:?}"));
        assert_eq!(again.parts.len(), parts.len());
        for (id, part) in std::iter::zip(&ids, &parts) {
            let read = again.part(id).unwrap_or_else(|| panic!("{id} is missing"));
            assert_eq!(read.body, [part.body, after].concat());
        }
    }
}

/// Bodies of the standards beside these: presence, watchers, lists, rules, composing, CPIM.
pub fn simple(data: &[u8]) {
    settles(data, pidf::read, pidf::write);
    settles(data, winfo::read, winfo::write);
    settles(data, resource_lists::read, |lists| resource_lists::write(lists));
    settles(data, rls_services::read, |services| rls_services::write(services));
    settles(data, pres_rules::read, |rules| pres_rules::write(rules));
    there_and_back(data, iscomposing::read, iscomposing::write);
    let _ = cpim::read(data);
}

/// Invitations to files.
pub fn invitation(data: &[u8]) {
    there_and_back(data, invitation::read, invitation::write);
}

/// XML of any kind.
pub fn xml(data: &[u8]) {
    for doctype in [xml::Doctype::Refuse, xml::Doctype::Skip] {
        if let Err(fault) = xml::read_any(data, doctype) {
            assert!(fault.offset <= data.len(), "{fault:?}");
        }
    }
    let text = String::from_utf8_lossy(data);
    let whole = format!("<a b=\"{0}\">{0}</a>", xml::escape(&text));
    let root = xml::read_any(whole.as_bytes(), xml::Doctype::Refuse);
    if whole.len() <= xml::limits::SIZE {
        let root = root.unwrap_or_else(|fault| panic!("{fault:?} in {whole:?}"));
        assert_eq!(Some(root.text.as_str()), root.attribute("b"));
    }
}
