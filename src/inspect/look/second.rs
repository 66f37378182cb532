//! A second file in the same octets: an archive at the end, another way to read the beginning, a document behind it.

use std::ops::Range;

use super::{Look, Place};
use crate::inspect::archive::{self, Halt};
use crate::inspect::content::{self, Glance, Source, Within};
use crate::inspect::reason::Finding;

impl Look<'_> {
    /// Looks for what else it is, and into that.
    pub(super) fn hidden(&mut self, source: &mut dyn Source, glance: &Glance, place: Place<'_>) -> Result<(), Halt> {
        if place.depth > self.budget.limits.depth {
            return Ok(());
        }
        let sort = glance.sort();
        if sort.within != Within::Zip {
            self.hidden_zip(source, glance, place)?;
        }
        if sort.within != Within::Tar {
            self.hidden_tar(source, glance, place)?;
        }
        let is_binary = sort.within == Within::Nothing && *sort != *content::TEXT && *sort != *content::UNKNOWN;
        if is_binary && content::has_pdf_inside(&glance.head) {
            self.found(place, Finding::TwoKinds);
            self.pdf(source, place)?;
        }
        Ok(())
    }

    fn hidden_zip(&mut self, source: &mut dyn Source, glance: &Glance, place: Place<'_>) -> Result<(), Halt> {
        match archive::directory(source, glance, self.budget) {
            Ok(None) => {}
            Ok(Some(directory)) => {
                self.found(place, Finding::TwoKinds);
                archive::walk(self, source, &directory, place)?;
            }
            // Some programs would make something of it, and those it is called after will try.
            Err(Halt::Damaged) => {
                self.found(place, Finding::TwoKinds);
                if place.name.extension().is_some_and(content::is_zip_name) {
                    self.found(place, Finding::Damaged);
                }
            }
            Err(halt) => return Err(halt),
        }
        Ok(())
    }

    /// A member may be called like the first octets of anything. What only is called a tar archive is damaged: the
    /// programs for them look on for a member.
    fn hidden_tar(&mut self, source: &mut dyn Source, glance: &Glance, place: Place<'_>) -> Result<(), Halt> {
        let sort = glance.sort();
        if archive::is_tar(&glance.head) {
            self.found(place, Finding::TwoKinds);
            self.tar(source, place)?;
        } else if place.name.extension() == Some("tar")
            && !matches!(sort.within, Within::Gzip | Within::Closed)
            && *sort != *content::EMPTY
        {
            self.tar(source, place)?;
        }
        Ok(())
    }

    /// Whether what is called a tar archive ends with a zip archive only because that is a member, or the end of one.
    pub(super) fn is_in_one(
        source: &mut dyn Source,
        glance: &Glance,
        place: Place<'_>,
        members: &[Range<u64>],
    ) -> Result<bool, Halt> {
        if !place.claims_tar() {
            return Ok(false);
        }
        let reach = archive::reach(source, glance)?;
        Ok(reach.is_some_and(|reach| members.iter().any(|member| member.start <= reach.start && reach.end <= member.end)))
    }
}
