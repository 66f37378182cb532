//! What the administrator arranged for us ([MS-SIP] 3.7; no schema was found). Telephone lines in it we do not
//! steer; settings are handed on to policy. It is never in the way.

use crate::backend::Event;
use crate::backend::sip::ua::Ua;
use crate::formats::provisioning;

/// Takes the document. One that cannot be read is counted, and nothing else.
pub(super) fn on_document(body: &[u8], ua: &mut Ua) {
    match provisioning::read(body) {
        Ok(told) if told.settings.is_empty() => {}
        Ok(told) => ua.emit(Event::Arranged(told.settings)),
        Err(_) => ua.fault("provisioning-document"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::sip::services::tests::desk;

    #[test]
    fn settings_are_handed_on() {
        let mut ua = desk::ua();
        let body = "<x><provisionGroup name='userSetting'><disableFileTransfer>true</disableFileTransfer></provisionGroup></x>";
        on_document(body.as_bytes(), &mut ua);
        assert_eq!(desk::events(&mut ua), [Event::Arranged(vec![("disableFileTransfer".into(), "true".into())])]);
    }

    #[test]
    fn never_in_the_way() {
        let mut ua = desk::ua();
        let user = "<x><user uri='sip:alice@example.test'><line uri='tel:+1' server='sip:pbx.test'/></user><more/></x>";
        for body in [user, "<x/>", "", "junk", "<!DOCTYPE a><a/>"] {
            on_document(body.as_bytes(), &mut ua);
        }
        assert_eq!(ua.traffic.report().faults.get("provisioning-document"), Some(&3));
        assert!(desk::events(&mut ua).is_empty());
    }
}
