//! Names that are devices of Windows, whatever folder and extension they stand with.

const DEVICES: &[&str] = &["AUX", "CLOCK$", "CON", "CONIN$", "CONOUT$", "NUL", "PRN"];

/// Whether a name is that of a device. Digits above the line count as digits there.
pub(super) fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim().to_uppercase();
    if DEVICES.contains(&stem.as_str()) {
        return true;
    }
    let port = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
    let mut number = port.unwrap_or_default().chars();
    matches!((number.next(), number.next()), (Some('0'..='9' | '¹' | '²' | '³'), None))
}

#[cfg(test)]
mod tests {
    use super::is_device;

    #[test]
    fn devices_are_known_in_every_dress() {
        for name in ["con", "NUL.txt", "Com1", "LPT9.tar.gz", "com¹", "lpt².x", "aux .c", "CONIN$"] {
            assert!(is_device(name), "{name}");
        }
        for name in ["console", "com", "com10", "lptx", "null", "x.con", ""] {
            assert!(!is_device(name), "{name}");
        }
    }
}
