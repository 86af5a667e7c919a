//! The values of a granular scope.

use std::fmt;

/// One FHIR token (R4 3.1.1.4.10). A scope cannot hold a backslash (RFC 6749 section 3.3), so there
/// are no escapes, and a code with a comma or a bar cannot be asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Token {
    /// `code`, of whatever system.
    Code(Box<str>),
    /// `|code`, without a system.
    CodeWithoutSystem(Box<str>),
    /// `system|`, whatever the code.
    System(Box<str>),
    /// `system|code`
    SystemAndCode(Box<str>, Box<str>),
}

impl Token {
    /// Reads one value. Neither system nor code, or a second bar, is no token.
    pub(super) fn parse(value: &str) -> Option<Self> {
        match value.split_once('|') {
            None if value.is_empty() => None,
            None => Some(Self::Code(value.into())),
            Some((_, code)) if code.contains('|') => None,
            Some(("", "")) => None,
            Some(("", code)) => Some(Self::CodeWithoutSystem(code.into())),
            Some((system, "")) => Some(Self::System(system.into())),
            Some((system, code)) => Some(Self::SystemAndCode(system.into(), code.into())),
        }
    }

    /// Whether a code of a system is what is asked for; both are compared exactly.
    pub(super) fn matches(&self, system: Option<&str>, code: Option<&str>) -> bool {
        match self {
            Self::Code(asked) => code == Some(asked),
            Self::CodeWithoutSystem(asked) => system.is_none() && code == Some(asked),
            Self::System(asked) => system == Some(asked),
            Self::SystemAndCode(asked, of_it) => system == Some(asked) && code == Some(of_it),
        }
    }
}

impl fmt::Display for Token {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => formatter.write_str(code),
            Self::CodeWithoutSystem(code) => write!(formatter, "|{code}"),
            Self::System(system) => write!(formatter, "{system}|"),
            Self::SystemAndCode(system, code) => write!(formatter, "{system}|{code}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODINGS: [(Option<&str>, Option<&str>); 5] = [
        (None, Some("a")),
        (Some("x"), Some("a")),
        (Some("y"), Some("a")),
        (Some("x"), Some("b")),
        (Some("x"), None),
    ];

    #[test]
    fn each_form_matches_what_it_names() {
        for (text, expected) in [
            ("a", [true, true, true, false, false]),
            ("|a", [true, false, false, false, false]),
            ("x|", [false, true, false, true, true]),
            ("x|a", [false, true, false, false, false]),
            ("A", [false; 5]),
            ("X|a", [false; 5]),
        ] {
            let token = Token::parse(text).unwrap();
            let found = CODINGS.map(|(system, code)| token.matches(system, code));
            assert_eq!(found, expected, "{text}");
            assert_eq!(token.to_string(), text);
        }
    }

    #[test]
    fn what_names_nothing_is_no_token() {
        for text in ["", "|", "x|a|", "x|a|b", "||a", "x||"] {
            assert_eq!(Token::parse(text), None, "{text}");
        }
    }
}
