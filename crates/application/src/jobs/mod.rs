//! What the portal does without being asked.

mod deliver;
mod provider;
mod retry;

pub use deliver::deliver;
pub use provider::ProviderJob;
