//! URNs of what has no address: the correlation of a request, and what is served only once.

use portal_domain::id::RequestId;
use ulid::Ulid;
use xxhash_rust::xxh3::xxh3_128;

/// Variant and version bits of a UUID whose other bits are anyone's (RFC 9562 section 5.8).
const CUSTOM: u128 = (0x8 << 76) | (0x2 << 62);
const CUSTOM_MASK: u128 = !((0xf << 76) | (0x3 << 62));

/// `urn:uuid:` of a correlation: a UUID stays itself, a ULID is its own 128 bits, and any other
/// text is hashed into a UUID of version 8, so that the same correlation gives the same URN.
pub(crate) fn urn(request_id: &RequestId) -> String {
    let text = request_id.as_str();
    if is_uuid(text) {
        return format!("urn:uuid:{}", text.to_ascii_lowercase());
    }
    Ulid::from_string(text).map_or_else(|_| hashed_urn(text.as_bytes()), |ulid| uuid_urn(ulid.0))
}

/// `urn:uuid:` of version 8 of a hash: the same bytes give the same URN.
pub(crate) fn hashed_urn(bytes: &[u8]) -> String {
    uuid_urn(xxh3_128(bytes) & CUSTOM_MASK | CUSTOM)
}

/// `urn:uuid:` of 128 bits.
pub(crate) fn uuid_urn(bits: u128) -> String {
    let hex = format!("{bits:032x}");
    let groups = [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ];
    format!("urn:uuid:{}", groups.join("-"))
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn uuids_stay_and_ulids_are_their_bits() {
        let of = |text: &str| urn(&RequestId::parse(text).unwrap());
        assert_eq!(
            of("0190163D-8694-739B-AEA5-966C26F8AD91"),
            "urn:uuid:0190163d-8694-739b-aea5-966c26f8ad91"
        );
        assert_eq!(
            of("00000000000000000000000010"),
            "urn:uuid:00000000-0000-0000-0000-000000000020"
        );
    }

    proptest! {
        #[test]
        fn every_correlation_has_one_well_formed_urn(text in "[!-~]{1,128}") {
            let id = RequestId::parse(&text).unwrap();
            let urn = urn(&id);
            prop_assert!(is_uuid(urn.strip_prefix("urn:uuid:").unwrap()));
            prop_assert_eq!(urn, super::urn(&id));
        }
    }
}
