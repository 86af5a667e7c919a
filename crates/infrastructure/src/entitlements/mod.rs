//! What tenants have licensed: from a list in the settings, or from identity-service.

mod fixed;
mod http;

pub use fixed::StaticEntitlements;
pub use http::HttpEntitlements;
