//! Lists of preferences with weights: `Accept`, `Accept-Language` (RFC 9110 section 12.4.2).

use http::HeaderMap;
use http::header::HeaderName;

/// One member of such a list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Preference<'a> {
    /// What is wanted, as sent.
    pub(crate) name: &'a str,
    /// Parameters before the weight, names as sent.
    pub(crate) parameters: Vec<(&'a str, &'a str)>,
    /// The weight in thousandths; 0 means: not this.
    pub(crate) weight: u16,
}

/// The members of a header, the most wanted first; equal weights keep their order. What cannot be
/// read as text is as if it was not sent.
pub(crate) fn preferences(headers: &HeaderMap, name: HeaderName) -> Vec<Preference<'_>> {
    let mut all: Vec<_> = headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(member)
        .collect();
    all.sort_by_key(|preference| std::cmp::Reverse(preference.weight));
    all
}

fn member(text: &str) -> Option<Preference<'_>> {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty())?;
    let mut parameters = Vec::new();
    let mut weight = 1000;
    for (key, value) in parts.filter_map(|part| part.split_once('=')) {
        let (key, value) = (key.trim(), value.trim().trim_matches('"'));
        if key.eq_ignore_ascii_case("q") {
            weight = thousandths(value)?;
            break;
        }
        parameters.push((key, value));
    }
    Some(Preference {
        name,
        parameters,
        weight,
    })
}

/// A qvalue: `0`, `0.5`, `1.000`; anything else is none.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    if part.len() > 3 || !part.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part: u16 = format!("{part:0<3}").parse().ok()?;
    match (whole, part) {
        ("0", part) => Some(part),
        ("1", 0) => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::header::ACCEPT;
    use proptest::prelude::*;

    fn headers(value: &str) -> HeaderMap {
        let value = value.parse().unwrap();
        HeaderMap::from_iter([(ACCEPT, value)])
    }

    #[test]
    fn the_heaviest_comes_first_and_equals_keep_their_order() {
        let headers = headers("a;q=0.2, b , c;v=\"4.0\"; q=1, d;q=0,e;q=7");
        let all = preferences(&headers, ACCEPT);
        let names: Vec<_> = all.iter().map(|it| (it.name, it.weight)).collect();
        assert_eq!(names, [("b", 1000), ("c", 1000), ("a", 200), ("d", 0)]);
        assert_eq!(all[1].parameters, [("v", "4.0")]);
    }

    proptest! {
        #[test]
        fn any_list_is_read_and_weights_stay_in_bounds(text in "[ -~]{0,80}") {
            let headers = headers(&text);
            let all = preferences(&headers, ACCEPT);
            prop_assert!(all.iter().all(|it| it.weight <= 1000));
        }
    }
}
