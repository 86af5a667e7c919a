//! Data on its way out. Each type is the only maker of the next:
//! [`Fetched`] → [`Owned`] → [`Released`] → with the journal's receipt → [`Disclosure`].
//! Bytes can be had from a [`Disclosure`] alone.

mod answer;
mod fetched;
#[cfg(test)]
mod laws;
mod owned;
mod reached;
mod released;
mod room;
mod sealed;
mod stored;

pub use answer::{Answer, Disclosed, Disclosure, Group};
pub use fetched::{Drops, Fetched};
pub use owned::{Freshness, Origin, Owned};
pub use reached::is_reached;
pub use released::{Released, ReleasedRecord};
pub use room::Room;
pub use sealed::Sealed;
pub use stored::{Memo, StoredSet};
