//! Adapters, a folder for each outside system. Each implements ports of portal-application and
//! knows no other adapter.

mod call_record;
pub mod crypto;
pub mod entitlements;
mod exchange;
pub mod fault;
pub mod http_client;
pub mod identity;
pub mod nats;
pub mod notifier;
pub mod postgres;
pub mod redis;
pub mod system;
pub mod unconfigured;
pub mod upstream;

#[cfg(test)]
mod test_support;
