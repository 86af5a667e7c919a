//! Whether what the service stands on is there.

use async_trait::async_trait;

/// The state of one dependency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// Its name, such as `postgres`.
    pub name: &'static str,
    /// Whether it answered.
    pub healthy: bool,
    /// Whether the service cannot become ready without it.
    pub required: bool,
}

/// Looks at the dependencies.
#[async_trait]
pub trait Health: Send + Sync {
    /// The state of each dependency now.
    async fn components(&self) -> Vec<Component>;
}
