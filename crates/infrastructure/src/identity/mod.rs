//! Who asks: bearer tokens of OpenID Connect providers (RFC 7519, RFC 9068, OpenID Connect
//! Discovery 1.0).

mod claims;
mod discovery;
mod jwks;
mod jwt;
mod members;
mod provider;
mod settings;
#[cfg(test)]
mod test_issuer;
mod verifier;

pub use settings::{AcrLevels, IssuerSettings, OidcSettings, parse_issuers};
pub use verifier::OidcVerifier;
