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

    /// Whether a coding is meant. One without a system may be of any.
    pub fn matches(&self, coding: &Coding) -> bool {
        let system_fits = match (&self.system, &coding.system) {
            (Some(wanted), Some(system)) => wanted == system,
            (Some(_), None) | (None, _) => true,
        };
        system_fits && coding.code.as_deref() == Some(&*self.code)
    }
}
