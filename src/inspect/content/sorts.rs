//! What content can be, with what follows of it and the extensions it goes by.

use crate::inspect::kinds::Class::{self, Allowed, Asked, Blocked};

/// How one looks further into something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::inspect) enum Within {
    /// There is nothing to look for.
    Nothing,
    /// Members with a directory at the end.
    Zip,
    /// Members one after the other.
    Tar,
    /// One stream.
    Gzip,
    /// Streams of a compound file.
    Compound,
    /// Names of a PDF.
    Pdf,
    /// Words of rich text.
    Rich,
    /// Words of a page.
    Page,
    /// Words of a document of Office that is one file of XML.
    Xml,
    /// Nobody here can look into it.
    Closed,
}

/// A sort of content.
#[derive(Debug, PartialEq, Eq)]
pub struct Sort {
    /// What it is, with its article.
    pub noun: &'static str,
    /// What becomes of it, whatever it is called.
    pub class: Class,
    /// The extensions it goes by, in small letters.
    pub extensions: &'static [&'static str],
    pub(in crate::inspect) within: Within,
}

impl Sort {
    /// Whether it goes by this extension.
    #[must_use]
    pub fn fits(&self, extension: &str) -> bool {
        self.extensions.contains(&extension)
    }
}

macro_rules! sorts {
    ($($name:ident: $noun:literal, $class:ident, [$($extension:literal),*], $within:ident;)*) => {
        $(pub(in crate::inspect) const $name: &Sort =
            &Sort { noun: $noun, class: $class, extensions: &[$($extension),*], within: Within::$within };)*
        /// All of them.
        const ALL: &[&Sort] = &[$($name),*];
    };
}

#[rustfmt::skip]
sorts! {
    EMPTY: "an empty file", Allowed, [], Nothing;
    UNKNOWN: "data of a kind that is not known", Allowed, [], Nothing;
    TEXT: "text", Allowed, [
        "txt", "text", "log", "md", "srt", "csv", "tsv", "json", "xml", "yaml", "yml", "toml", "ini", "conf", "cfg", "sql", "eml", "ics",
        "vcf", "asc", "pem", "c", "h", "cpp", "hpp", "cc", "rs", "go", "java", "kt", "swift", "ts", "cs", "diff", "patch", "css", "scss",
        "r", "m", "sln", "gradle", "tex", "ps", "eps", "html", "htm", "xhtml", "svg", "js", "py", "sh", "bat", "cmd", "vbs", "ps1", "reg",
        "inf", "uue", "rtf", "crt", "cer", "mht", "mhtml", "url", "desktop", "wsf", "hta", "rdp", "slk", "iqy", "scf", "key", "p7s", "sig", "gpg", "pgp"
    ], Nothing;
    XML: "an XML document", Allowed, ["xml", "txt", "svg", "xhtml", "fodt", "fods", "gpx", "kml", "rss", "xsd", "xsl", "vcproj"], Xml;
    // What runs.
    PE: "a program for Windows", Blocked, [
        "exe", "dll", "ocx", "sys", "drv", "scr", "cpl", "com", "efi", "mui", "xll", "wll", "pif", "tsp", "ax"
    ], Nothing;
    DOS: "a program for DOS", Blocked, ["exe", "com", "sys", "drv", "pif"], Nothing;
    ELF: "a program for Unix", Blocked, ["elf", "so", "ko", "bin", "run", "appimage", "axf"], Nothing;
    MACHO: "a program for macOS", Blocked, ["dylib", "bin", "so"], Nothing;
    JAVA: "a program for Java", Blocked, ["class", "jar", "war", "ear", "jmod"], Nothing;
    JAR: "a program for Java", Blocked, ["jar", "war", "ear"], Zip;
    DEX: "a program for Android", Blocked, ["dex"], Nothing;
    APK: "a program for Android", Blocked, ["apk"], Zip;
    WASM: "a program for web browsers", Blocked, ["wasm"], Nothing;
    EXTENSION: "an extension of a web browser", Blocked, ["crx"], Nothing;
    FLASH: "a program for Flash", Blocked, ["swf"], Nothing;
    PYTHON: "a compiled program in Python", Blocked, ["pyc", "pyo"], Nothing;
    SCRIPT: "a script that an interpreter runs", Blocked, [
        "sh", "bash", "zsh", "fish", "ksh", "csh", "command", "tool", "py", "rb", "lua", "php", "awk", "tcl", "pl", "run", "js", "mjs"
    ], Nothing;
    WINDOWS_SCRIPT: "a script for Windows", Blocked, ["bat", "cmd", "vbe", "jse", "wsf", "wsc", "sct", "ws", "hta"], Nothing;
    LIKE_SCRIPT: "text that reads like a script", Asked, ["bat", "cmd", "vbs", "js", "ps1", "psm1", "vb", "bas"], Nothing;
    // What leads to it.
    LINK: "a shortcut", Blocked, ["lnk"], Nothing;
    TEXT_LINK: "a shortcut", Blocked, ["url", "website", "desktop", "scf", "library-ms", "search-ms", "searchconnector-ms", "webloc"], Nothing;
    SETTINGS: "a file that changes settings of a system", Blocked, [
        "reg", "inf", "settingcontent-ms", "rdp", "slk", "iqy", "appinstaller", "jnlp", "application", "theme", "ini"
    ], Nothing;
    CERTIFICATE: "a certificate", Asked, ["crt", "cer", "pem", "der", "txt", "asc", "key"], Nothing;
    HELP: "a help file, which can run programs", Blocked, ["chm"], Nothing;
    OLD_HELP: "a help file, which can run programs", Blocked, ["hlp"], Nothing;
    INSTALLER: "an installer for Windows", Blocked, ["msi", "msp", "mst", "msu"], Nothing;
    PACKAGE: "an installer for Windows", Blocked, ["appx", "appxbundle", "msix", "msixbundle"], Zip;
    DEB: "a package for Debian", Blocked, ["deb"], Nothing;
    RPM: "a package for Linux", Blocked, ["rpm"], Nothing;
    XAR: "an installer for macOS", Blocked, ["pkg", "mpkg", "xar"], Nothing;
    CABINET: "an archive of installers for Windows", Blocked, ["cab", "msu", "diagcab", "themepack", "deskthemepack"], Nothing;
    DISK: "a disk image", Blocked, ["iso", "img", "vhd", "vhdx", "dmg", "vmdk", "vdi", "udf", "bin"], Nothing;
    ACCESS: "a database that can run programs", Blocked, ["mdb", "mde", "accdb", "accde", "mda", "ade", "adp"], Nothing;
    OUTLOOK: "a mailbox", Blocked, ["pst", "ost"], Nothing;
    ONENOTE: "a notebook that can hold programs", Blocked, ["one", "onepkg", "onetoc2"], Nothing;
    // Pages and documents.
    PAGE: "a web page", Blocked, ["html", "htm", "xhtml", "xht", "shtml", "hta", "php"], Page;
    SVG: "a drawing that can hold programs", Blocked, ["svg"], Page;
    MHT: "a web page with all its parts", Blocked, ["mht", "mhtml"], Page;
    PDF: "a PDF document", Asked, ["pdf", "ai"], Pdf;
    RICH: "rich text", Asked, ["rtf", "doc"], Rich;
    COMPOUND: "a compound document", Asked, ["doc", "dot", "xls", "xlt", "ppt", "pot", "pps", "msg", "pub", "vsd", "mpp", "wps"], Compound;
    WORD97: "a document of Word", Asked, ["doc", "dot"], Compound;
    EXCEL97: "a document of Excel", Asked, ["xls", "xlt", "xla"], Compound;
    POWERPOINT97: "a presentation of PowerPoint", Asked, ["ppt", "pot", "pps"], Compound;
    MAIL: "a stored mail", Asked, ["msg"], Compound;
    LOCKED_OFFICE: "a document under a password", Asked, [
        "docx", "xlsx", "pptx", "doc", "xls", "ppt", "docm", "xlsm", "pptm", "xlsb"
    ], Compound;
    OFFICE: "a document of Office", Asked, [
        "docx", "dotx", "xlsx", "xltx", "pptx", "potx", "ppsx", "vsdx", "docm", "dotm", "xlsm", "xltm", "xlam", "xlsb", "pptm", "ppsm",
        "potm", "ppam", "xps", "oxps"
    ], Zip;
    MACRO_OFFICE: "a document of Office with macros", Blocked, [
        "docm", "dotm", "xlsm", "xltm", "xlam", "xlsb", "pptm", "ppsm", "potm", "ppam", "sldm"
    ], Zip;
    OPEN: "an OpenDocument file", Asked, ["odt", "ott", "ods", "ots", "odp", "otp", "odg", "odf"], Zip;
    EPUB: "an electronic book", Asked, ["epub"], Zip;
    // Archives.
    ZIP: "a zip archive", Asked, ["zip", "zipx", "docx", "xlsx", "pptx", "odt", "key", "pages", "numbers"], Zip;
    TAR: "a tar archive", Asked, ["tar"], Tar;
    GZIP: "a gzip archive", Asked, ["gz", "tgz", "z", "svgz"], Gzip;
    BZIP2: "a bzip2 archive", Asked, ["bz2", "tbz", "tbz2"], Closed;
    XZ: "an xz archive", Asked, ["xz", "txz"], Closed;
    ZSTD: "a zstd archive", Asked, ["zst", "tzst"], Closed;
    LZ4: "an lz4 archive", Asked, ["lz4"], Closed;
    LZIP: "an lzip archive", Asked, ["lz"], Closed;
    COMPRESS: "an archive of compress", Asked, ["z"], Closed;
    SEVEN: "a 7z archive", Asked, ["7z"], Closed;
    RAR: "a RAR archive", Asked, ["rar"], Closed;
    ACE: "an ACE archive", Asked, ["ace"], Closed;
    ARJ: "an ARJ archive", Asked, ["arj"], Closed;
    LHA: "an LHA archive", Asked, ["lha", "lzh"], Closed;
    AR: "an archive of object files", Asked, ["a", "ar", "lib"], Closed;
    CPIO: "a cpio archive", Asked, ["cpio"], Closed;
    // What only is looked at or listened to.
    PNG: "a picture", Allowed, ["png", "apng"], Nothing;
    JPEG: "a picture", Allowed, ["jpg", "jpeg", "jpe", "jfif"], Nothing;
    GIF: "a picture", Allowed, ["gif"], Nothing;
    WEBP: "a picture", Allowed, ["webp"], Nothing;
    BMP: "a picture", Allowed, ["bmp"], Nothing;
    TIFF: "a picture", Allowed, ["tif", "tiff"], Nothing;
    ICON: "a picture", Allowed, ["ico"], Nothing;
    HEIF: "a picture", Allowed, ["heic", "heif", "avif"], Nothing;
    JXL: "a picture", Allowed, ["jxl"], Nothing;
    PSD: "a picture of Photoshop", Asked, ["psd"], Nothing;
    MP3: "sound", Allowed, ["mp3"], Nothing;
    AAC: "sound", Allowed, ["aac"], Nothing;
    OGG: "sound or a film", Allowed, ["ogg", "oga", "opus", "ogv"], Nothing;
    WAVE: "sound", Allowed, ["wav"], Nothing;
    FLAC: "sound", Allowed, ["flac"], Nothing;
    MIDI: "sound", Allowed, ["mid", "midi"], Nothing;
    AIFF: "sound", Allowed, ["aif", "aiff"], Nothing;
    AMR: "sound", Allowed, ["amr"], Nothing;
    MP4: "sound or a film", Allowed, ["mp4", "m4v", "m4a", "mov", "3gp"], Nothing;
    MATROSKA: "a film", Allowed, ["mkv", "webm"], Nothing;
    AVI: "a film", Allowed, ["avi"], Nothing;
    MPEG: "a film", Allowed, ["mpg", "mpeg"], Nothing;
    ASF: "sound or a film of Windows", Allowed, ["wmv", "wma"], Nothing;
    FONT: "a font", Asked, ["ttf", "otf", "woff", "woff2"], Nothing;
    SQLITE: "a database of SQLite", Asked, ["sqlite", "db"], Nothing;
}

/// Whether any sort goes by this extension, so that other content under it is no match.
pub(in crate::inspect) fn is_claimed(extension: &str) -> bool {
    ALL.iter().any(|sort| sort.fits(extension))
}

/// Whether what goes by this extension is opened as a zip archive.
pub(in crate::inspect) fn is_zip_name(extension: &str) -> bool {
    ALL.iter().any(|sort| sort.within == Within::Zip && sort.fits(extension))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspect::kinds::kind_of;

    #[test]
    fn what_is_known_of_content_agrees_with_what_is_known_of_names() {
        for sort in ALL.iter().filter(|sort| sort.class == Allowed && sort.within == Within::Nothing && **sort != TEXT) {
            for extension in sort.extensions {
                let kind = kind_of(extension).map(|kind| kind.class);
                assert_eq!(kind, Some(Allowed), "{} .{extension}", sort.noun);
            }
        }
    }
}
