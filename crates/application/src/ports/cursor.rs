//! Cursors that nobody can read, change, or use for something else.

use jiff::Timestamp;

/// The cursor was not made here, is for another caller or query, or is too old.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cursor invalid")]
pub struct CursorInvalid;

/// What a cursor is sealed to: tenant, account, client, subject, delegation, route and query.
/// Holds ids, so it is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct CursorBinding(Vec<u8>);

impl CursorBinding {
    /// Joins the parts so that no two lists of parts give the same bytes.
    pub fn new<'a>(parts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut bytes = Vec::new();
        for part in parts {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        Self(bytes)
    }

    /// The bytes, as additional authenticated data.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for CursorBinding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CursorBinding(****)")
    }
}

/// Seals cursors. A cursor lives 15 minutes.
pub trait CursorSeal: Send + Sync {
    /// The URL-safe text of a cursor.
    fn seal(&self, binding: &CursorBinding, payload: &[u8], now: Timestamp) -> String;

    /// The payload of a cursor that was sealed to the same binding less than 15 minutes ago.
    fn open(
        &self,
        binding: &CursorBinding,
        cursor: &str,
        now: Timestamp,
    ) -> Result<Vec<u8>, CursorInvalid>;
}
