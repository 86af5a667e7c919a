//! The handle's part of services as clients of the sources.

use std::time::Duration;

use jsonwebtoken::jwk::JwkSet;

use super::{Sandbox, named};

impl Sandbox {
    /// Where tokens for services are.
    pub fn service_token_url(&self) -> String {
        format!("{}/services/token", self.world.origin)
    }

    /// Makes a client known by its public keys, a JWK Set.
    ///
    /// # Panics
    ///
    /// The text is no JWK Set.
    pub fn register_service(&self, client: &str, keys: &str) {
        let keys: JwkSet = match serde_json::from_str(keys) {
            Ok(keys) => keys,
            Err(error) => panic!("no JWK Set: {error}"),
        };
        self.world.services().register(client, keys);
    }

    /// Has a source ask for the token of a service, or not.
    pub fn require_bearer(&self, source: &str, is_required: bool) {
        self.world.services().guard(named(source), is_required);
    }

    /// How long tokens of services last from now on.
    pub fn set_service_token_lifetime(&self, lasts: Duration) {
        self.world.services().set_lifetime(lasts);
    }

    /// Lets the token endpoint of services be down, or late.
    pub fn set_service_token_outage(&self, is_down: bool, latency: Duration) {
        self.world.services().set_outage(is_down, latency);
    }

    /// Ends every token of a service.
    pub fn revoke_service_tokens(&self) {
        self.world.services().revoke_all();
    }

    /// How many tokens services were given.
    pub fn service_tokens_issued(&self) -> usize {
        self.world.services().issued()
    }
}
