//! The languages that the portal speaks.

use http::HeaderMap;
use http::header::{ACCEPT_LANGUAGE, HeaderValue};

use crate::preference::preferences;

/// A language of the portal's own texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Language {
    /// English.
    #[default]
    English,
    /// Pashto of Afghanistan.
    Pashto,
    /// Dari: Persian of Afghanistan.
    Dari,
    /// Arabic.
    Arabic,
}

impl Language {
    /// The BCP 47 tag.
    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Pashto => "ps-AF",
            Self::Dari => "fa-AF",
            Self::Arabic => "ar",
        }
    }

    /// The tag as `Content-Language` has it.
    pub(crate) const fn header(self) -> HeaderValue {
        HeaderValue::from_static(self.tag())
    }

    /// Whether it is written in the Arabic script.
    pub(crate) const fn is_arabic_script(self) -> bool {
        !matches!(self, Self::English)
    }

    /// The language of a tag, whatever its region: a close one is better than none.
    pub(crate) fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        let known = [
            ("en", Self::English),
            ("ps", Self::Pashto),
            ("pbu", Self::Pashto),
            ("fa", Self::Dari),
            ("prs", Self::Dari),
            ("ar", Self::Arabic),
        ];
        known
            .into_iter()
            .find(|(code, _)| primary.eq_ignore_ascii_case(code))
            .map(|(_, language)| language)
    }

    /// The language that a request asks for; none when it asks for none that is spoken here.
    pub(crate) fn asked(headers: &HeaderMap) -> Option<Self> {
        preferences(headers, ACCEPT_LANGUAGE)
            .iter()
            .filter(|preference| preference.weight > 0)
            .find_map(|preference| Self::of_tag(preference.name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_wanted_language_that_is_spoken_is_chosen() {
        let asked = |value: &str| {
            let value = value.parse().unwrap();
            Language::asked(&HeaderMap::from_iter([(ACCEPT_LANGUAGE, value)]))
        };
        assert_eq!(asked("ps-AF"), Some(Language::Pashto));
        assert_eq!(asked("de, fa;q=0.9, en;q=0.8"), Some(Language::Dari));
        assert_eq!(asked("en;q=0.1, ar-AE;q=0.7"), Some(Language::Arabic));
        assert_eq!(asked("ar;q=0, en;q=0.001"), Some(Language::English));
        assert_eq!(asked("de, *"), None);
        assert_eq!(Language::asked(&HeaderMap::new()), None);
    }
}
