//! Who asks: bearer tokens of OpenID Connect providers (RFC 7519, RFC 9068, OpenID Connect
//! Discovery 1.0), and the administration of their users.

mod admin;
mod claims;
mod discovery;
mod introspected;
mod introspection;
mod jwks;
mod jwt;
mod members;
mod provider;
mod realm;
#[cfg(test)]
mod rotation_tests;
mod service_token;
mod settings;
mod staff;
#[cfg(test)]
mod standing_tests;
#[cfg(test)]
mod test_issuer;
mod user;
mod verifier;

pub use admin::KeycloakAdmin;
pub use introspection::OidcIntrospection;
pub use settings::{AcrLevels, ClientCredentials, IssuerSettings, OidcSettings, parse_issuers};
pub use staff::OidcStaffVerifier;
pub use verifier::OidcVerifier;
