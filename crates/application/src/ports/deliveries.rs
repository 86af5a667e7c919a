//! Links and codes that wait for the notifier.

use async_trait::async_trait;
use jiff::Timestamp;

use super::{Delivery, StoreError};

/// A delivery that is due.
#[derive(Debug)]
pub struct DueDelivery {
    /// What is to be sent.
    pub delivery: Delivery,
    /// How often it was tried before.
    pub attempts: u32,
}

/// The deliveries that were committed and not taken yet.
#[async_trait]
pub trait Deliveries: Send + Sync {
    /// Some that are due, held back from other pods for a minute. Those whose time is over are
    /// gone.
    async fn claim(&self, now: Timestamp) -> Result<Vec<DueDelivery>, StoreError>;

    /// It was taken, or never will be: it goes.
    async fn done(&self, delivery: &Delivery) -> Result<(), StoreError>;

    /// It is tried again later.
    async fn postpone(&self, delivery: &Delivery, until: Timestamp) -> Result<(), StoreError>;
}
