//! The look into a file, and into everything in it.

mod hold;
mod place;
mod second;

use std::collections::BTreeSet;
use std::io::{Cursor, SeekFrom};
use std::ops::Range;

use hold::Hold;
pub(super) use place::{Expected, Place};

use super::archive::{self, Halt, Plain, Stream};
use super::content::{self, Glance, Sort, Source, Within, piece};
use super::kinds::{Class, kind_of};
use super::limits::Budget;
use super::name::SafeName;
use super::reason::{Finding, Reasons, Why};
use crate::model::{FileRules, Verdict as Ruling};

/// Octets of a page that are searched.
const PAGE: usize = 4 << 20;

/// A look, with what was found so far.
#[derive(Debug)]
pub(super) struct Look<'a> {
    rules: &'a FileRules,
    budget: &'a Budget,
    pub(super) reasons: Reasons,
}

impl<'a> Look<'a> {
    pub(super) fn new(rules: &'a FileRules, budget: &'a Budget) -> Self {
        Self { rules, budget, reasons: Reasons::default() }
    }

    pub(super) const fn budget(&self) -> &'a Budget {
        self.budget
    }

    pub(super) fn found(&mut self, place: Place<'_>, finding: Finding) {
        if finding != Finding::Macros || !place.takes_macros {
            self.reasons.found(place.path, finding);
        }
    }

    /// What a name says.
    pub(super) fn weigh_name(&mut self, place: Place<'_>) {
        if place.in_document {
            return;
        }
        for oddity in place.name.oddities() {
            self.reasons.add(place.path, oddity.class(), Why::Name(*oddity));
        }
        let (class, why) = self.by_extension(place.name);
        self.reasons.add(place.path, class, why);
        match self.rules.of_types(place.name.extensions()) {
            Ruling::Allow => {}
            Ruling::Ask { why, whose } => self.reasons.add(place.path, Class::Asked, Why::Policy { why, whose }),
            Ruling::Block { why, whose } => self.reasons.add(place.path, Class::Blocked, Why::Policy { why, whose }),
        }
    }

    /// What follows of the extension. One an administrator takes by its name is asked about at most.
    fn by_extension(&self, name: &SafeName) -> (Class, Why) {
        let Some(extension) = name.extension() else { return (Class::Asked, Why::NoExtension) };
        let most = self.most(extension);
        let extension = extension.to_owned();
        match kind_of(&extension) {
            Some(kind) => (kind.class.min(most), Why::Kind { extension, family: kind.family }),
            None => (Class::Asked, Why::UnknownKind(extension)),
        }
    }

    fn most(&self, extension: &str) -> Class {
        if self.rules.names(extension) { Class::Asked } else { Class::Blocked }
    }

    /// What the content says, and whether it is what the name says.
    fn weigh_content(&mut self, place: Place<'_>, sort: &'static Sort) {
        if place.executable && (*sort == *content::TEXT || *sort == *content::UNKNOWN) {
            // Whatever it says of itself, a shell would run it.
            self.found(place, Finding::Executable);
        }
        if place.in_document {
            // Pages and drawings are parts of books and documents.
            if sort.class == Class::Blocked && sort.within != Within::Page {
                self.reasons.add(place.path, sort.class, Why::Content(sort));
            }
            return;
        }
        let extension = place.name.extension().unwrap_or_default();
        if sort.fits(extension) {
            // What the name says already is not said twice.
            let class = sort.class.min(self.most(extension));
            if kind_of(extension).is_none_or(|kind| kind.class < class) {
                self.reasons.add(place.path, class, Why::Content(sort));
            }
            return;
        }
        let is_match = *sort == *content::EMPTY || !content::is_claimed(extension);
        let class = if is_match { sort.class } else { sort.class.max(Class::Asked) };
        let why = if is_match { Why::Content(sort) } else { Why::Mismatch { extension: extension.to_owned(), sort } };
        self.reasons.add(place.path, class, why);
    }

    /// Looks at a file, or at a member as a file.
    pub(super) fn file(&mut self, source: &mut dyn Source, place: Place<'_>) -> Result<(), Halt> {
        let glance = Glance::at(source)?;
        let sort = match self.within(source, &glance, place) {
            Ok(sort) => sort,
            Err(halt) if halt.is_local() => {
                self.found(place, Finding::Damaged);
                glance.sort()
            }
            Err(halt) => {
                // What it is stays true, however far one came.
                self.weigh_content(place, glance.sort());
                return Err(halt);
            }
        };
        self.weigh_content(place, sort);
        Ok(())
    }

    /// Looks into it; gives what it is now that more is known.
    fn within(&mut self, source: &mut dyn Source, glance: &Glance, place: Place<'_>) -> Result<&'static Sort, Halt> {
        let sort = glance.sort();
        let is_archive = matches!(sort.within, Within::Zip | Within::Tar | Within::Gzip);
        if is_archive && place.depth > self.budget.limits.depth {
            self.found(place, Finding::TooDeep);
            return Ok(sort);
        }
        match sort.within {
            Within::Zip => {
                let found = self.zip(source, glance, place);
                if found.is_ok() || found.is_err_and(Halt::is_local) {
                    self.hidden(source, glance, place)?;
                }
                return found;
            }
            Within::Tar => {
                let members = self.tar(source, place)?;
                if !Self::is_in_one(source, glance, place, &members)? {
                    self.hidden(source, glance, place)?;
                }
                return Ok(sort);
            }
            Within::Gzip => archive::gzip(self, source, place)?,
            Within::Compound => {
                let (sort, findings) = content::compound(source)?;
                self.all_found(place, findings);
                self.hidden(source, glance, place)?;
                return Ok(sort);
            }
            Within::Pdf => self.pdf(source, place)?,
            Within::Rich => {
                let findings = content::rich(source, self.budget.limits.searched)?;
                self.all_found(place, findings);
            }
            Within::Xml if !place.in_document => {
                let findings = content::office_xml(source, self.budget.limits.held)?;
                self.all_found(place, findings);
            }
            Within::Page if content::smuggles(&piece(source, 0, PAGE)?) => self.found(place, Finding::Smuggled),
            Within::Closed => self.found(place, Finding::Closed),
            Within::Nothing | Within::Page | Within::Xml => {}
        }
        self.hidden(source, glance, place)?;
        Ok(sort)
    }

    fn all_found(&mut self, place: Place<'_>, findings: impl IntoIterator<Item = Finding>) {
        for finding in findings {
            self.found(place, finding);
        }
    }

    /// Gives where the octets of each member are.
    fn tar(&mut self, source: &mut dyn Source, place: Place<'_>) -> Result<Vec<Range<u64>>, Halt> {
        source.seek(SeekFrom::Start(0))?;
        archive::tar(self, &mut Plain::counted(source, u64::MAX, self.budget), place)
    }

    fn pdf(&mut self, source: &mut dyn Source, place: Place<'_>) -> Result<(), Halt> {
        let mut findings = BTreeSet::new();
        let whole = content::pdf(source, self.budget, &mut findings);
        self.all_found(place, findings);
        whole
    }

    fn zip(&mut self, source: &mut dyn Source, glance: &Glance, place: Place<'_>) -> Result<&'static Sort, Halt> {
        let directory = archive::directory(source, glance, self.budget)?.ok_or(Halt::Damaged)?;
        let sort = directory.sort();
        // Parts of a document are its own business where it is opened as one.
        let is_document = [content::OFFICE, content::MACRO_OFFICE, content::OPEN, content::EPUB].contains(&sort);
        let opened_as = place.name.extension().is_some_and(|extension| sort.fits(extension));
        let in_document = is_document && (place.in_document || opened_as);
        let place = Place { in_document, takes_macros: in_document && self.takes_macros(place.name), ..place };
        if is_document && directory.macros() {
            self.found(place, Finding::Macros);
        }
        archive::walk(self, source, &directory, place)?;
        Ok(sort)
    }

    /// Whether an administrator takes documents with macros under this name.
    fn takes_macros(&self, name: &SafeName) -> bool {
        name.extension().is_some_and(|extension| content::MACRO_OFFICE.fits(extension) && self.rules.names(extension))
    }

    /// Looks at what a member holds, and compares it with what was said of it.
    pub(super) fn member(&mut self, stream: &mut dyn Stream, place: Place<'_>, expected: Option<Expected>) -> Result<(), Halt> {
        let held = self.budget.limits.held;
        let mut read = Hold::default();
        match read.all(stream, held) {
            Ok(()) => self.compare(&read, place, expected),
            Err(Halt::Damaged) => self.found(place, Finding::Damaged),
            Err(halt) => {
                // What was seen of it tells what it is, even if it is a bomb.
                self.weigh_content(place, Glance::of_head(&read.octets).sort());
                return Err(halt);
            }
        }
        if place.in_document || place.in_package {
            let found = super::office::part(place.name.as_str(), &read.octets);
            self.all_found(place, found);
        }
        if read.count <= held as u64 {
            return self.file(&mut Cursor::new(read.octets), place);
        }
        let sort = Glance::of_head(&read.octets).sort();
        if sort.within != Within::Nothing {
            self.found(place, Finding::TooLarge);
        }
        self.weigh_content(place, sort);
        Ok(())
    }

    fn compare(&mut self, read: &Hold, place: Place<'_>, expected: Option<Expected>) {
        let Some(expected) = expected else { return };
        if read.count != expected.octets {
            self.found(place, Finding::Disagrees);
        } else if read.sum.clone().finalize() != expected.sum {
            self.found(place, Finding::Damaged);
        }
    }
}
