//! Values of a query: escapes, lists, and strings that are alike but for case and accents.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::parameters::TextElement;
use crate::header::{Header, HumanName};

/// Splits at every `separator` that no backslash stands before (FHIR R4 3.1.1.4.5.1).
pub(super) fn split(value: &str, separator: char) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut escaped) = (0, false);
    for (at, character) in value.char_indices() {
        if escaped {
            escaped = false;
        } else if character == '\\' {
            escaped = true;
        } else if character == separator {
            parts.push(&value[start..at]);
            start = at + character.len_utf8();
        }
    }
    parts.push(&value[start..]);
    parts
}

/// Takes `\,`, `\|`, `\$` and `\\` for what they stand for; any other escape is an error.
pub(super) fn unescape(value: &str) -> Option<String> {
    let mut out = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        out.push(match character {
            '\\' => characters
                .next()
                .filter(|next| matches!(next, ',' | '|' | '$' | '\\'))?,
            other => other,
        });
    }
    Some(out)
}

/// A text without case and combining marks, so that `Müller`, `MULLER` and `muller` are one; the
/// letters yeh and kaf are the same in Arabic and in Persian spelling.
pub fn fold(text: &str) -> String {
    text.nfkd()
        .filter(|&character| !is_combining_mark(character))
        .map(|character| match character {
            '\u{64a}' | '\u{649}' => '\u{6cc}',
            '\u{643}' => '\u{6a9}',
            other => other,
        })
        .flat_map(char::to_lowercase)
        .collect()
}

/// Whether a name of the person starts with one of the folded texts.
pub(super) fn matches(header: &Header, element: TextElement, asked: &[String]) -> bool {
    let names = header.person.iter().flat_map(|person| &person.names);
    names.flat_map(|name| parts(name, element)).any(|part| {
        let part = fold(part);
        asked.iter().any(|start| part.starts_with(start.as_str()))
    })
}

fn parts(name: &HumanName, element: TextElement) -> Vec<&str> {
    let family = name.family.as_deref();
    match element {
        TextElement::Family => family.into_iter().collect(),
        TextElement::Given => name.given.iter().map(|part| &**part).collect(),
        TextElement::Name => family
            .into_iter()
            .chain(name.text.as_deref())
            .chain(
                name.given
                    .iter()
                    .chain(&name.prefix)
                    .chain(&name.suffix)
                    .map(|part| &**part),
            )
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn spellings_of_one_name_are_one() {
        assert_eq!(fold("Müller"), fold("MULLER"));
        assert_eq!(fold("\u{643}ريمي"), fold("\u{6a9}ریمی"));
        assert_ne!(fold("Karim"), fold("Karima"));
    }
}
