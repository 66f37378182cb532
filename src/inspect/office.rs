//! Parts of documents of Office (ECMA-376, Open Packaging Conventions) that tell what the document does.

use super::reason::Finding;

/// What a part gives away, by its name and content.
pub(super) fn part(name: &str, octets: &[u8]) -> Vec<Finding> {
    let name = name.to_lowercase();
    let is_types = name == "[content_types].xml";
    let is_relations = std::path::Path::new(&name).extension().is_some_and(|extension| extension == "rels");
    if !is_types && !is_relations {
        return Vec::new();
    }
    // Parts may be in UTF-16: then every second octet is none.
    let text: Vec<u8> = octets.iter().filter(|octet| **octet != 0).map(u8::to_ascii_lowercase).collect();
    let has = |word: &str| memchr::memmem::find(&text, word.as_bytes()).is_some();
    let mut found = Vec::new();
    if is_types && ["macroenabled", "vbaproject", "macrosheet"].iter().any(|word| has(word)) {
        found.push(Finding::Macros);
    }
    let elsewhere = ["attachedtemplate", "/oleobject", "/frame", "/subdocument", "externallink", "mhtml:"];
    if is_relations && has("\"external\"") && elsewhere.iter().any(|word| has(word)) {
        found.push(Finding::Remote);
    }
    found
}
