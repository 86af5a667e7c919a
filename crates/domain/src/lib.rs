//! The rules of the portal as values: who may see what, whose a record is, what is released, and
//! what must be written down. Pure: no async, no I/O, no clock. `now` and ids are arguments.

pub mod access;
pub mod account;
pub mod age_bands;
pub mod audit;
pub mod disclosure;
pub mod document;
pub mod event;
pub mod feature;
pub mod id;
pub mod inbox;
pub mod notification;
pub mod patient_link;
pub mod proxy_delegation;
pub mod release;
pub mod scope;
pub mod sensitivity;
pub mod source;
pub mod tenant;
pub mod tenant_config;
mod words;

#[cfg(test)]
mod testing;
