//! Sealed cursors of paged answers.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use portal_application::ports::{CursorBinding, CursorInvalid, CursorSeal};

use super::{KeyRing, Sealer};

const LIFETIME: SignedDuration = SignedDuration::from_mins(15);
/// Pods' clocks differ a little; a cursor from further ahead was not made by one of them.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(1);
const MAX_TEXT: usize = 8 * 1_024;

/// Cursors as base64url text without padding, sealed to their binding, with the time of their
/// making inside.
#[derive(Debug)]
pub struct Cursors {
    sealer: Sealer,
}

impl Cursors {
    /// Cursors under the keys of a ring.
    pub fn new(ring: Arc<KeyRing>) -> Self {
        Self {
            sealer: Sealer::new(ring, "cursor"),
        }
    }
}

impl CursorSeal for Cursors {
    fn seal(&self, binding: &CursorBinding, payload: &[u8], now: Timestamp) -> String {
        let mut sealed = Vec::with_capacity(payload.len() + 64);
        self.sealer
            .seal_into(&mut sealed, "", binding.as_bytes(), now, |plain| {
                plain.extend_from_slice(&now.as_millisecond().to_be_bytes());
                plain.extend_from_slice(payload);
            })
            .expect("a ring holds a key, and a cursor is far below what AES-GCM takes at once");
        URL_SAFE_NO_PAD.encode(sealed)
    }

    fn open(
        &self,
        binding: &CursorBinding,
        cursor: &str,
        now: Timestamp,
    ) -> Result<Vec<u8>, CursorInvalid> {
        if cursor.len() > MAX_TEXT {
            return Err(CursorInvalid);
        }
        let sealed = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| CursorInvalid)?;
        let plain = self
            .sealer
            .open(sealed, 0, "", binding.as_bytes())
            .map_err(|_| CursorInvalid)?;
        let (made_at, payload) = plain.split_first_chunk().ok_or(CursorInvalid)?;
        let made_at =
            Timestamp::from_millisecond(i64::from_be_bytes(*made_at)).map_err(|_| CursorInvalid)?;
        let age = now.duration_since(made_at);
        if age < LIFETIME && age >= -CLOCK_SKEW {
            Ok(payload.to_vec())
        } else {
            Err(CursorInvalid)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::ring::tests::{TEXT, day};
    use super::*;
    use proptest::prelude::*;

    fn cursors() -> Cursors {
        Cursors::new(Arc::new(
            KeyRing::parse(TEXT, day("2026-02-01")).expect("valid"),
        ))
    }

    #[test]
    fn a_cursor_opens_for_its_own_binding_only() {
        let (cursors, now) = (cursors(), day("2026-02-01"));
        let own = CursorBinding::new(["kabul", "account", "GET /labs"]);
        let other = CursorBinding::new(["kabul", "accountG", "ET /labs"]);
        let text = cursors.seal(&own, b"position", now);
        assert_eq!(cursors.open(&own, &text, now), Ok(b"position".to_vec()));
        assert_eq!(cursors.open(&other, &text, now), Err(CursorInvalid));
    }

    #[test]
    fn a_cursor_lives_fifteen_minutes() {
        let (cursors, made) = (cursors(), day("2026-02-01"));
        let binding = CursorBinding::new(["a"]);
        let text = cursors.seal(&binding, b"", made);
        let after = |seconds| made + SignedDuration::from_secs(seconds);
        assert!(cursors.open(&binding, &text, after(899)).is_ok());
        assert!(cursors.open(&binding, &text, after(900)).is_err());
        assert!(cursors.open(&binding, &text, after(-30)).is_ok());
        assert!(cursors.open(&binding, &text, after(-61)).is_err());
    }

    proptest! {
        #[test]
        fn no_text_opens_that_was_not_sealed(text in "[A-Za-z0-9_=+/-]{0,200}") {
            let opened = cursors().open(&CursorBinding::new(["a"]), &text, day("2026-02-01"));
            prop_assert_eq!(opened, Err(CursorInvalid));
        }
    }
}
