//! Paths within archives.

/// The last part of a path, which is the name of the file.
pub(super) fn last(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or_default()
}

/// Whether unpacking to it would leave the folder: it begins at a root or a drive, or goes up.
pub(super) fn leads_out(path: &str) -> bool {
    let drive = path.as_bytes().get(1) == Some(&b':') && path.starts_with(|c: char| c.is_ascii_alphabetic());
    let parts = || path.split(['/', '\\']);
    // Systems pass over dots and blanks at the end of a part.
    let up = |part: &str| part == ".." || (part.starts_with("..") && part.trim_end_matches(['.', ' ']).is_empty());
    drive || path.starts_with(['/', '\\']) || parts().any(up)
}

/// Whether a link at a place leads out of the folder the archive is unpacked in.
pub(super) fn link_leads_out(place: &str, target: &str) -> bool {
    let drive = target.as_bytes().get(1) == Some(&b':');
    if drive || target.starts_with(['/', '\\']) {
        return true;
    }
    let folders = place.split(['/', '\\']).filter(|part| !matches!(*part, "" | ".")).count().saturating_sub(1);
    let mut depth = i64::try_from(folders).unwrap_or(i64::MAX);
    for part in target.split(['/', '\\']) {
        match part {
            "" | "." => {}
            ".." => depth -= 1,
            _ => depth = depth.saturating_add(1),
        }
        if depth < 0 {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_out_is_known() {
        for path in ["/etc/x", "\\x", "C:\\x", "c:x", "../x", "a/../../x", "a\\..\\x", "a/.. /x", "..."] {
            assert!(leads_out(path), "{path}");
        }
        for path in ["a", "a/b", "..a", "a..", "a/...b", "./a"] {
            assert!(!leads_out(path), "{path}");
        }
        assert!(link_leads_out("a/b", "../../x") && link_leads_out("a", "/x") && link_leads_out("a", ".."));
        assert!(!link_leads_out("a/b", "../x") && !link_leads_out("a", "b/../c"));
    }
}
