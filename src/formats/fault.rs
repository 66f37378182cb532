//! What can be wrong with a body. One variant for each offence, never with the body's words in it.

/// The bytes are not the document they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{what} at byte {offset}")]
pub struct Fault {
    /// The offence.
    pub what: Offence,
    /// Where: octets from the start of the body.
    pub offset: usize,
}

/// Offences against the grammar of the body types, and against our limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Offence {
    /// More octets than we read.
    #[error("a body that is too long")]
    TooLong,
    /// Elements within elements, deeper than we follow.
    #[error("elements nested too deeply")]
    TooDeep,
    /// More elements than we keep.
    #[error("too many elements")]
    TooManyElements,
    /// An element with more attributes than any needs.
    #[error("too many attributes")]
    TooManyAttributes,
    /// More name space declarations in force at once than any document needs.
    #[error("too many name spaces")]
    TooManySpaces,
    /// A document type definition, which none of our documents has.
    #[error("a document type definition")]
    Doctype,
    /// A reference to an entity that XML itself does not define.
    #[error("an unknown entity")]
    Entity,
    /// Bytes that are not UTF-8.
    #[error("bytes that are not UTF-8")]
    Encoding,
    /// A character that XML does not permit.
    #[error("a character that is not permitted")]
    Character,
    /// Not well-formed.
    #[error("broken markup")]
    Syntax,
    /// The document ends too early.
    #[error("a truncated document")]
    Truncated,
    /// Well-formed, but another type of document.
    #[error("another kind of document")]
    WrongDocument,
    /// An attribute or element that must be there is missing.
    #[error("a missing part")]
    Missing,
    /// A value that does not follow its grammar.
    #[error("a broken value")]
    Value,
    /// A multipart body whose type names no usable boundary.
    #[error("no usable boundary")]
    Boundary,
    /// More entries than we keep.
    #[error("too many entries")]
    TooMany,
    /// More parts than we keep.
    #[error("too many parts")]
    TooManyParts,
}

impl Offence {
    /// The fault of committing this at an octet.
    pub(super) const fn at(self, offset: usize) -> Fault {
        Fault { what: self, offset }
    }
}
