//! A code as rules name it: `system|code`, or `code` of any system.

use portal_fhir::Coding;

/// Names a code, of one system or of any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodePattern {
    system: Option<Box<str>>,
    code: Box<str>,
}

const MAX_LENGTH: usize = 300;

impl CodePattern {
    /// Reads `system|code` or `code`.
    pub fn parse(text: &str) -> Option<Self> {
        let (system, code) = match text.rsplit_once('|') {
            Some((system, code)) => (Some(system), code),
            None => (None, text),
        };
        let good = |part: &str| !part.is_empty() && !part.chars().any(char::is_control);
        let readable = text.len() <= MAX_LENGTH && good(code) && system.is_none_or(good);
        readable.then(|| Self {
            system: system.map(Box::from),
            code: code.into(),
        })
    }

    /// Whether a coding is meant.
    pub fn matches(&self, coding: &Coding) -> bool {
        let of_system = self.system.is_none() || self.system == coding.system;
        of_system && self.has_code_of(coding)
    }

    /// Whether a coding may be meant: one without a system may be of any.
    pub fn may_match(&self, coding: &Coding) -> bool {
        self.matches(coding) || (coding.system.is_none() && self.has_code_of(coding))
    }

    fn has_code_of(&self, coding: &Coding) -> bool {
        coding.code.as_deref() == Some(&*self.code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coding(system: Option<&str>, code: Option<&str>) -> Coding {
        Coding {
            system: system.map(Box::from),
            code: code.map(Box::from),
        }
    }

    #[test]
    fn a_pattern_means_a_code_of_its_system_or_of_any() {
        let codings = [
            coding(Some("s"), Some("a")),
            coding(Some("t"), Some("a")),
            coding(None, Some("a")),
            coding(Some("s"), Some("b")),
            coding(Some("s"), None),
            coding(None, None),
        ];
        for (text, means, may_mean) in [
            (
                "a",
                [true, true, true, false, false, false],
                [true, true, true, false, false, false],
            ),
            (
                "s|a",
                [true, false, false, false, false, false],
                [true, false, true, false, false, false],
            ),
            ("S|a", [false; 6], [false, false, true, false, false, false]),
            ("s|A", [false; 6], [false; 6]),
            ("s", [false; 6], [false; 6]),
        ] {
            let pattern = CodePattern::parse(text).unwrap();
            assert_eq!(
                codings.each_ref().map(|it| pattern.matches(it)),
                means,
                "{text}"
            );
            assert_eq!(
                codings.each_ref().map(|it| pattern.may_match(it)),
                may_mean,
                "{text}"
            );
        }
    }

    #[test]
    fn a_pattern_has_a_code_and_plain_characters() {
        for text in ["", "|", "|a", "s|", "s|a|", "a\u{0}", "s\n|a"] {
            assert_eq!(CodePattern::parse(text), None, "{text:?}");
        }
        assert_eq!(
            CodePattern::parse("s|t|a").unwrap().system.as_deref(),
            Some("s|t")
        );
        assert!(CodePattern::parse(&"a".repeat(300)).is_some());
        assert_eq!(CodePattern::parse(&"a".repeat(301)), None);
    }
}
