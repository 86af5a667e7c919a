//! Keys and what is done with them: sealing, cursors, keyed hashes.
//!
//! Every key is derived from one ring (HKDF-SHA256, RFC 5869) for one purpose and, where data
//! belongs to a tenant, for that tenant, so that a value of one purpose or tenant means nothing
//! under another.

mod cursors;
mod hook_secrets;
mod keyed_hash;
mod revocation_hashes;
mod ring;
mod sealer;
mod secrets;

pub use cursors::Cursors;
pub use hook_secrets::HookSecrets;
pub use keyed_hash::KeyedHash;
pub use revocation_hashes::{RevocationHashes, RevocationKey, RevocationKind};
pub use ring::KeyRing;
pub use sealer::{SealError, Sealer};
pub use secrets::RingSecrets;

/// Joins texts so that no two lists of texts give the same bytes.
pub(crate) fn joined<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(160);
    for part in parts {
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part);
    }
    bytes
}
