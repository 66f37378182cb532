//! Presence documents in their exact bytes, in every spelling that was seen, and broken.

use super::*;

/// The notification of the message samples: 475 octets.
const BUSY: &str = "<presentity uri=\"bob@example.test\" xmlns=\"http://schemas.microsoft.com/2002/09/sip/presence\">\
    <availability aggregate=\"300\" description=\"\" epid=\"8bfb9f3f24\"/><activity aggregate=\"600\" description=\"\" epid=\"8bfb9f3f24\"/>\
    <displayName displayName=\"Bob Example\"/><devices><devicePresence epid=\"8bfb9f3f24\" ageOfPresence=\"0\">\
    <availability aggregate=\"300\" description=\"online\"/><activity aggregate=\"600\" description=\"Busy\" note=\"in a review\"/>\
    </devicePresence></devices></presentity>";

fn busy() -> Presentity {
    Presentity {
        uri: "sip:bob@example.test".into(),
        availability: 300,
        activity: 600,
        epid: "8bfb9f3f24".into(),
        display_name: Some("Bob Example".into()),
        devices: vec![DevicePresence {
            epid: "8bfb9f3f24".into(),
            age: Some(0),
            availability: 300,
            availability_description: "online".into(),
            activity: 600,
            description: "Busy".into(),
            note: Some("in a review".into()),
            ..DevicePresence::default()
        }],
        ..Presentity::default()
    }
}

#[test]
fn sample_in_its_exact_bytes() {
    assert_eq!(BUSY.len(), 475);
    assert_eq!(read(BUSY.as_bytes()), Ok(busy()));
    assert_eq!(write(&busy()), BUSY);
}
