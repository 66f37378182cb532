//! Parts of documents of Office (ECMA-376, Open Packaging Conventions) that tell what the document does.

use super::content;
use super::reason::Finding;

/// What a part gives away, by its name and content.
pub(super) fn part(name: &str, octets: &[u8]) -> Vec<Finding> {
    let name = name.to_lowercase();
    let is_types = name == "[content_types].xml";
    let is_relations = std::path::Path::new(&name).extension().is_some_and(|extension| extension == "rels");
    if !is_types && !is_relations {
        return Vec::new();
    }
    let text = content::reduced(octets);
    let has = |word: &str| memchr::memmem::find(&text, word.as_bytes()).is_some();
    let mut found = Vec::new();
    if is_types && content::MACRO_WORDS.iter().any(|word| has(word)) {
        found.push(Finding::Macros);
    }
    let elsewhere = ["attachedtemplate", "/oleobject", "/frame", "/subdocument", "externallink", "mhtml:"];
    if is_relations && has("\"external\"") && elsewhere.iter().any(|word| has(word)) {
        found.push(Finding::Remote);
    }
    found
}
