//! The rules of the portal as values: who may see what, whose a record is, what is released, and
//! what must be written down. Pure: no async, no I/O, no clock. `now` and ids are arguments.

pub mod access;
pub mod account;
pub mod audit;
pub mod disclosure;
pub mod id;
pub mod release;
pub mod scope;
pub mod source;
pub mod tenant;

#[cfg(test)]
mod testing;
