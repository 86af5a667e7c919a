//! What the portal does without being asked.

mod deliver;
mod provider;
mod prune;
mod retry;
mod rounds;
mod sweep;

pub use deliver::deliver;
pub use provider::ProviderJob;
pub use prune::PruneJob;
pub use sweep::SweepJob;
