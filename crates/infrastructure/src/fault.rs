//! What is wrong with settings, all of it at once.

/// What is wrong with one setting. Says where and what is expected, never what was given, which
/// may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {message}")]
pub struct Fault {
    /// The name of the setting, such as `OIDC_ISSUERS`.
    pub setting: String,
    /// The place in it and what is expected there.
    pub message: String,
}

impl Fault {
    /// A fault of a setting.
    pub fn new(setting: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            setting: setting.into(),
            message: message.into(),
        }
    }
}

/// Reads each entry of a list, counted from 1, and keeps either all values or all faults.
pub(crate) fn read_all<T>(
    setting: &str,
    entries: impl Iterator<Item = impl AsRef<str>>,
    mut read: impl FnMut(&str) -> Result<T, &'static str>,
) -> Result<Vec<T>, Vec<Fault>> {
    let mut values = Vec::new();
    let mut faults = Vec::new();
    for (index, entry) in entries.enumerate() {
        match read(entry.as_ref().trim()) {
            Ok(value) => values.push(value),
            Err(expected) => {
                let place = index + 1;
                faults.push(Fault::new(setting, format!("entry {place}: {expected}")));
            }
        }
    }
    if faults.is_empty() {
        Ok(values)
    } else {
        Err(faults)
    }
}
