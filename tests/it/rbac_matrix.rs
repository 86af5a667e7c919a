//! Staff on the internal port: what each role may do, and what the use cases then do.

mod accounts;
mod audit;
mod delegations;
mod imports;
mod matrix;
mod operations;
mod settings;
mod surfaces;
mod tenants;
mod traces;
