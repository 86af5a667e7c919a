//! Parameters of a request as decoded pairs.

use portal_fhir::{ResourceType, parameters};
use url::form_urlencoded;

/// Decoded name and value pairs, in the order of the request.
pub(crate) type Pairs = Vec<(String, String)>;

/// Reads a query string or a form body (WHATWG URL, application/x-www-form-urlencoded). Bytes that
/// are no UTF-8 become replacement characters, which no declared name or code has.
pub(crate) fn read(text: &[u8]) -> Pairs {
    form_urlencoded::parse(text)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}

/// Whether a query string carries a token (RFC 6750 section 5.3).
pub(crate) fn carries_token(query: &str) -> bool {
    form_urlencoded::parse(query.as_bytes()).any(|(name, _)| is_token_name(&name))
}

/// Whether a parameter's name is the one by which tokens are sent in queries and forms.
pub(crate) fn is_token_name(name: &str) -> bool {
    name.eq_ignore_ascii_case("access_token")
}

/// Parameters of REST routes and of every search, beside those that a type declares.
const SHARED: [&str; 23] = [
    "limit",
    "cursor",
    "offset",
    "from",
    "to",
    "eventType",
    "actor",
    "code",
    "category",
    "specialty",
    "locationId",
    "practitionerId",
    "q",
    "_cursor",
    "_count",
    "_sort",
    "_summary",
    "_elements",
    "_format",
    "_total",
    "_include",
    "_revinclude",
    "_has",
];

/// The names of parameters for the journal. A name that no table declares is a client's own text
/// and may say anything, so it is written down as `other`.
pub(crate) fn keys(pairs: &[(String, String)]) -> Vec<Box<str>> {
    let mut keys: Vec<Box<str>> = pairs.iter().map(|(name, _)| known(name).into()).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn known(name: &str) -> &'static str {
    let base = name.split([':', '.']).next().unwrap_or_default();
    let declared = ResourceType::ALL
        .iter()
        .flat_map(|resource_type| parameters(*resource_type))
        .map(|parameter| parameter.name);
    SHARED
        .into_iter()
        .chain(declared)
        .find(|known| *known == base)
        .unwrap_or("other")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tokens_are_found_however_they_are_spelled() {
        assert!(carries_token("a=1&access_token=x"));
        assert!(carries_token("ACCESS_token"));
        assert!(carries_token("%61ccess%5Ftoken=x"));
        assert!(!carries_token("code=access_token&token=1"));
    }

    #[test]
    fn the_journal_sees_no_name_of_a_client() {
        let pairs = read(b"Zohra=1&date=ge2020&code:in=x&date=lt2021&patient.name=Zohra");
        let keys = keys(&pairs);
        let names: Vec<&str> = keys.iter().map(AsRef::as_ref).collect();
        assert_eq!(names, ["code", "date", "other", "patient"]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_and_only_known_names_are_kept(bytes: Vec<u8>) {
            let pairs = read(&bytes);
            prop_assert!(keys(&pairs).len() <= pairs.len());
        }
    }
}
