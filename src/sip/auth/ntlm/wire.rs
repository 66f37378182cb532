//! Reading and writing the fields of NTLM messages: little endian, strings and blobs named by
//! length and offset (MS-NLMP section 2.2). A peer's offsets are checked before they are used.

/// What is wrong with a message of the peer. Never holds a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum NtlmFault {
    /// It is not base64.
    #[error("NTLM data that is not base64")]
    Base64,
    /// It does not begin as an NTLM message.
    #[error("NTLM data without its mark")]
    Mark,
    /// It is a message of another type.
    #[error("an NTLM message of the wrong type")]
    Type,
    /// It ends within a field, or a field points outside it.
    #[error("an NTLM message that is cut off")]
    Short,
    /// It is longer than anybody needs.
    #[error("an NTLM message that is too long")]
    Long,
    /// A string is not UTF-16.
    #[error("an NTLM name that is not UTF-16")]
    Text,
    /// Attribute-value pairs that do not end, or of which one is cut off.
    #[error("broken NTLM target information")]
    Target,
}

/// First octets of each message.
pub(super) const MARK: &[u8; 8] = b"NTLMSSP\0";
/// Longest message read or written.
const MAX_MESSAGE: usize = 16 * 1024;

/// A message of the peer.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Checks mark and type.
    pub(super) fn new(bytes: &'a [u8], wanted: u32) -> Result<Self, NtlmFault> {
        if bytes.len() > MAX_MESSAGE {
            return Err(NtlmFault::Long);
        }
        if !bytes.starts_with(MARK) {
            return Err(NtlmFault::Mark);
        }
        let reader = Self(bytes);
        if reader.number(8)? == wanted { Ok(reader) } else { Err(NtlmFault::Type) }
    }

    pub(super) fn array<const N: usize>(self, at: usize) -> Result<[u8; N], NtlmFault> {
        let part = at.checked_add(N).and_then(|end| self.0.get(at..end)).ok_or(NtlmFault::Short)?;
        part.try_into().map_err(|_| NtlmFault::Short)
    }

    pub(super) fn number(self, at: usize) -> Result<u32, NtlmFault> {
        Ok(u32::from_le_bytes(self.array(at)?))
    }

    /// The blob that the length and offset at `at` name.
    pub(super) fn blob(self, at: usize) -> Result<&'a [u8], NtlmFault> {
        let len = usize::from(u16::from_le_bytes(self.array(at)?));
        let offset = usize::try_from(self.number(at + 4)?).map_err(|_| NtlmFault::Short)?;
        // An empty blob may point anywhere.
        if len == 0 {
            return Ok(&[]);
        }
        offset.checked_add(len).and_then(|end| self.0.get(offset..end)).ok_or(NtlmFault::Short)
    }

    /// The string that the length and offset at `at` name.
    pub(super) fn text(self, at: usize) -> Result<String, NtlmFault> {
        from_utf16(self.blob(at)?)
    }
}

/// A message of ours: fixed part first, what it names after it.
pub(super) struct Writer(Vec<u8>);

impl Writer {
    /// Begins a message whose fixed part is `fixed` octets long.
    pub(super) fn new(kind: u32, fixed: usize) -> Self {
        let mut writer = Self(vec![0; fixed]);
        writer.put(0, MARK);
        writer.put(8, &kind.to_le_bytes());
        writer
    }

    /// Puts octets into the fixed part.
    pub(super) fn put(&mut self, at: usize, octets: &[u8]) {
        if let Some(place) = at.checked_add(octets.len()).and_then(|end| self.0.get_mut(at..end)) {
            place.copy_from_slice(octets);
        }
    }

    /// Appends a blob and names it at `at`. What does not fit a length field is cut; no caller
    /// has such.
    pub(super) fn blob(&mut self, at: usize, octets: &[u8]) {
        let len = u16::try_from(octets.len()).unwrap_or(u16::MAX);
        let offset = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        let mut field = [0; 8];
        for (place, octet) in
            field.iter_mut().zip(len.to_le_bytes().into_iter().chain(len.to_le_bytes()).chain(offset.to_le_bytes()))
        {
            *place = octet;
        }
        self.put(at, &field);
        self.0.extend_from_slice(octets.get(..usize::from(len)).unwrap_or(octets));
    }

    pub(super) fn text(&mut self, at: usize, text: &str) {
        self.blob(at, &to_utf16(text));
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.0
    }
}

/// Little-endian UTF-16.
pub(super) fn to_utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

pub(super) fn from_utf16(octets: &[u8]) -> Result<String, NtlmFault> {
    if !octets.len().is_multiple_of(2) {
        return Err(NtlmFault::Text);
    }
    let units = octets.chunks_exact(2).map(|pair| match pair {
        [low, high] => u16::from_le_bytes([*low, *high]),
        _ => 0,
    });
    char::decode_utf16(units).collect::<Result<String, _>>().map_err(|_| NtlmFault::Text)
}

/// Upper case as the protocol means it: character by character, none becomes two.
pub(super) fn upper(text: &str) -> String {
    let one = |c: char| {
        let mut up = c.to_uppercase();
        match (up.next(), up.next()) {
            (Some(only), None) => only,
            _ => c,
        }
    };
    text.chars().map(one).collect()
}
