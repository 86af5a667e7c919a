//! The keys that seal cache entries and cursors.

use std::sync::Arc;

use jiff::Timestamp;
use portal_infrastructure::crypto::KeyRing;

use super::reader::Reader;
use super::setting::{Form, Role, Secrecy, Setting};

pub(super) static KEY_RING: Setting = Setting::new(
    "KEY_RING",
    Form::Own("comma list of id:YYYY-MM-DD:base64url of 32 bytes"),
    "k1:2026-01-01:<openssl rand -base64 32 | tr '+/' '-_' | tr -d '='>",
    "Sealing keys: id ([a-z0-9]{1,16}), first day of use, key. The newest seals, all open. The same for every role.",
)
.secrecy(Secrecy::Secret)
.needed_by(&[Role::Serve, Role::Relay]);

pub(super) static SETTINGS: [&Setting; 1] = [&KEY_RING];

pub(super) fn key_ring(reader: &mut Reader<'_>, now: Timestamp) -> Option<Arc<KeyRing>> {
    reader
        .read_adapted(&KEY_RING, |value| KeyRing::parse(value, now))
        .map(Arc::new)
}
