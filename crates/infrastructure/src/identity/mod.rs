//! Who asks: bearer tokens of OpenID Connect providers (RFC 7519, RFC 9068, OpenID Connect
//! Discovery 1.0).

mod claims;
mod discovery;
mod introspected;
mod introspection;
mod jwks;
mod jwt;
mod members;
mod provider;
#[cfg(test)]
mod rotation_tests;
mod settings;
#[cfg(test)]
mod standing_tests;
#[cfg(test)]
mod test_issuer;
mod verifier;

pub use introspection::OidcIntrospection;
pub use settings::{AcrLevels, ClientCredentials, IssuerSettings, OidcSettings, parse_issuers};
pub use verifier::OidcVerifier;
