//! JSON that keeps the order of members and the digits of numbers.

use std::fmt;

/// A JSON value that is about to be written.
#[derive(Clone)]
pub(super) enum Json {
    Text(String),
    /// A number or literal, written as it stands.
    Raw(String),
    List(Vec<Json>),
    Object(Vec<(&'static str, Json)>),
}

impl Json {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn raw(text: impl Into<String>) -> Self {
        Self::Raw(text.into())
    }

    pub(super) fn list(values: impl IntoIterator<Item = Json>) -> Self {
        Self::List(values.into_iter().collect())
    }

    pub(super) fn object<const N: usize>(members: [(&'static str, Json); N]) -> Self {
        Self::Object(Vec::from(members))
    }

    /// The object with one more member at its end; anything else unchanged.
    pub(super) fn with(mut self, name: &'static str, value: Json) -> Self {
        if let Self::Object(members) = &mut self {
            members.push((name, value));
        }
        self
    }

    /// As [`Self::with`], when there is a value.
    pub(super) fn with_some(self, name: &'static str, value: Option<Json>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "{}", serde_json::Value::from(text.as_str())),
            Self::Raw(text) => f.write_str(text),
            Self::List(values) => {
                f.write_str("[")?;
                for (index, value) in values.iter().enumerate() {
                    write!(f, "{}{value}", if index == 0 { "" } else { "," })?;
                }
                f.write_str("]")
            }
            Self::Object(members) => {
                f.write_str("{")?;
                for (index, (name, value)) in members.iter().enumerate() {
                    write!(f, "{}\"{name}\":{value}", if index == 0 { "" } else { "," })?;
                }
                f.write_str("}")
            }
        }
    }
}
