//! `serve`: the options of the embedded server.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use super::address;
use crate::demo::Feature;
use crate::model::Address;
use crate::runtime::serve::Segments;

/// What `serve --help` says of the lines it reads.
const SERVE_CONTROL: &str = "\
While it runs it obeys lines on standard input, unless that is a terminal:
  deregister NAME unregistered|rejected|deactivated [EPID]   sign a user out, or one device
  cut                                                        drop every connection
The end of standard input changes nothing.";

/// `serve`
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = SERVE_CONTROL)]
pub struct Serve {
    /// Users, one `NAME:SECRET[:DISPLAY NAME]` a line
    #[arg(long, value_name = "FILE", required_unless_present = "hash")]
    pub users: Option<PathBuf>,
    /// Listen here for TCP; port 0 takes a free one
    #[arg(long, value_name = "ADDR", required_unless_present_any = ["hash", "tls_listen"])]
    pub listen: Option<String>,
    /// Listen here for TLS
    #[arg(long, value_name = "ADDR", requires = "cert", requires = "key")]
    pub tls_listen: Option<String>,
    /// Certificate chain for TLS
    #[arg(long, value_name = "PEM")]
    pub cert: Option<PathBuf>,
    /// Private key for TLS
    #[arg(long, value_name = "PEM")]
    pub key: Option<PathBuf>,
    /// With TLS, demand a certificate of one of these authorities from clients
    #[arg(long, value_name = "PEM", requires = "tls_listen")]
    pub client_ca: Option<PathBuf>,

    /// Key of the service sip/DOMAIN, to let users in with tickets of Kerberos too; without this option the file
    /// that `KRB5_KTNAME` names, if it has that key
    #[arg(long, value_name = "FILE")]
    pub keytab: Option<String>,
    /// Domain of the users' addresses
    #[arg(long, value_name = "D", default_value = "chinwag.test")]
    pub domain: String,
    /// Run without this feature; may be given several times
    #[arg(long, value_name = "FEATURE", value_parser = feature())]
    pub disable: Vec<Feature>,
    /// Keep contact lists, groups, access lists and stored presence in this file
    #[arg(long, value_name = "FILE")]
    pub store: Option<PathBuf>,
    /// Most connections at a time. The limit of open files is raised as far as the system lets it, and must hold them
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub connections: Option<u32>,
    /// Most people on one list subscription (413 beyond)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub list_limit: Option<u16>,
    /// Longest time in seconds a registration or subscription is granted
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(10..=86_400))]
    pub expires: Option<u32>,
    /// For tests of clients: this address spoils every LCS list it stands in (400); may be given several times
    #[arg(long, value_name = "URI", value_parser = address)]
    pub poison: Vec<Address>,
    /// For tests of clients: how what is sent is cut into segments: whole, byte (one octet each),
    /// `coalesce[:N]` (up to N messages in one, 200 if not said)
    #[arg(long, value_name = "HOW", value_parser = segments, default_value = "whole")]
    pub segments: Segments,
    /// Seconds a device of LCS that came back may take to say anew what its user does, before the user is shown as offline
    #[arg(long, value_name = "S", value_parser = clap::value_parser!(u16).range(1..))]
    pub offline_after: Option<u16>,
    /// This user's home is another server: sign-ins are sent there; may be given several times
    #[arg(long, value_name = "USER=HOST:PORT", value_parser = home)]
    pub home: Vec<(String, String)>,
    /// Ask for a password and print what the users file should hold instead of it
    #[arg(long, conflicts_with_all = ["users", "listen", "tls_listen"])]
    pub hash: bool,
    /// With --hash: the user's name
    #[arg(long, value_name = "NAME", requires = "hash")]
    pub name: Option<String>,
}

/// `whole`, `byte`, `coalesce` or `coalesce:N`
fn segments(text: &str) -> Result<Segments, String> {
    match text.split_once(':') {
        None if text == "whole" => Ok(Segments::Whole),
        None if text == "byte" => Ok(Segments::Byte),
        None if text == "coalesce" => Ok(Segments::Coalesce(200)),
        Some(("coalesce", count)) if count.parse::<u16>().is_ok_and(|count| count > 0) => {
            Ok(Segments::Coalesce(count.parse().unwrap_or(200)))
        }
        _ => Err("use whole, byte, coalesce or coalesce:N".to_owned()),
    }
}

/// `alice=hs2.example.test:5061`
fn home(text: &str) -> Result<(String, String), String> {
    let wrong = || "it needs the form USER=HOST:PORT, such as alice=127.0.0.1:5070".to_owned();
    let (user, at) = text.split_once('=').ok_or_else(wrong)?;
    let (host, port) = at.rsplit_once(':').ok_or_else(wrong)?;
    let fine = !user.is_empty()
        && !host.is_empty()
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.:[]".contains(&b))
        && port.parse::<u16>().is_ok_and(|port| port != 0);
    if fine { Ok((user.to_owned(), at.to_owned())) } else { Err(wrong()) }
}

/// The words `--disable` takes, and what each means.
fn feature() -> impl TypedValueParser<Value = Feature> {
    let words = Feature::ALL.map(|feature| PossibleValue::new(feature.word()).help(feature.help()));
    PossibleValuesParser::new(words).try_map(|word| Feature::parse(&word))
}
