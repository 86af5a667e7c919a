//! The reference policy: what each caller may see of a world, read naively from the specification.
//! It works on the sources' own JSON and shares no code with the domain.

pub(super) mod admit;
mod contents;
pub(super) mod json;
pub(super) mod listings;
mod overviews;
mod proxy;
pub(super) mod release;
pub(super) mod routes;
mod rule;
mod search;
mod searches;
mod sensitive;
mod sets;
mod shown;
mod taken;
mod verdicts;

pub(super) use admit::{Need, Right, View, admit};
pub(super) use routes::Route;
