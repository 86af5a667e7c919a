//! The generated leak suite: random worlds, callers and requests against a reference policy that
//! is read naively from the specification and shares no code with the domain.
//!
//! `GENERATED_SEED` sets the seed (each failure prints the one to set), `CENSUS_WORLDS`,
//! `TWO_WORLDS` and `SOAK_STEPS` how much is tried.

mod ask;
mod census;
mod found;
mod generator;
mod markers;
mod model;
pub(crate) mod random;
mod reference;
mod scopes;
mod tokens;
mod two_worlds;
mod world;
