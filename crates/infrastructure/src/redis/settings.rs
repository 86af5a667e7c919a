//! Where Redis is.

use std::time::Duration;

use secrecy::SecretString;

/// Where Redis is and how long an answer of it is waited for.
#[derive(Debug, Clone)]
pub struct RedisSettings {
    /// `redis://[user:password@]host[:port][/database]`.
    pub url: SecretString,
    /// What every key begins with.
    pub key_prefix: String,
    /// An answer that takes longer is none: 20 ms.
    pub patience: Duration,
    /// Bytes of opened copies in the process: 32 MiB; 0 keeps none.
    pub near_bytes: u64,
}

impl RedisSettings {
    /// The settings of a service that has Redis at an address.
    pub fn new(url: SecretString) -> Self {
        Self {
            url,
            key_prefix: "portal".to_owned(),
            patience: Duration::from_millis(20),
            near_bytes: 32 * 1_024 * 1_024,
        }
    }
}
