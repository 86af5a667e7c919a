//! One fetch for each key at a time: those who come while it runs share its end. It belongs to
//! none of them, and ends when the last one leaves.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared, WeakShared};

type Running<K, V> = Arc<Mutex<HashMap<K, (u64, WeakShared<BoxFuture<'static, V>>)>>>;

/// The fetches that run now.
pub(super) struct Flights<K, V: Clone> {
    running: Running<K, V>,
    next: AtomicU64,
}

impl<K, V> Flights<K, V>
where
    K: Clone + Eq + Hash + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    pub(super) fn new() -> Self {
        Self {
            running: Arc::default(),
            next: AtomicU64::new(0),
        }
    }

    /// The running fetch of a key, or the one that `begin` makes.
    pub(super) fn join(
        &self,
        key: K,
        begin: impl FnOnce() -> BoxFuture<'static, V>,
    ) -> Shared<BoxFuture<'static, V>> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(flight) = running.get(&key).and_then(|(_, flight)| flight.upgrade()) {
            return flight;
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let landing = Landing {
            key: key.clone(),
            number,
            running: Arc::clone(&self.running),
        };
        let fetch = begin();
        let flight = async move {
            let value = fetch.await;
            drop(landing);
            value
        }
        .boxed()
        .shared();
        if let Some(weak) = flight.downgrade() {
            running.insert(key, (number, weak));
        }
        flight
    }
}

/// Takes the key out when the fetch has ended or was given up.
struct Landing<K: Eq + Hash, V: Clone> {
    key: K,
    number: u64,
    running: Running<K, V>,
}

impl<K: Eq + Hash, V: Clone> Drop for Landing<K, V> {
    fn drop(&mut self) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        // A newer flight may have taken the key after this one was given up.
        if running
            .get(&self.key)
            .is_some_and(|(number, _)| *number == self.number)
        {
            running.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    #[tokio::test]
    async fn those_who_come_together_share_one_fetch() {
        let flights: Flights<&str, usize> = Flights::new();
        let count = Arc::new(AtomicUsize::new(0));
        let begin = || {
            let count = Arc::clone(&count);
            async move {
                tokio::task::yield_now().await;
                count.fetch_add(1, Ordering::SeqCst) + 1
            }
            .boxed()
        };
        let (first, second) = tokio::join!(flights.join("k", begin), flights.join("k", begin));
        assert_eq!((first, second), (1, 1));
        assert_eq!(flights.join("k", begin).await, 2);
    }

    #[tokio::test]
    async fn a_fetch_that_everyone_left_is_begun_anew() {
        let flights: Flights<&str, usize> = Flights::new();
        let left = flights.join("k", || futures::future::pending().boxed());
        drop(left);
        assert_eq!(flights.join("k", || async { 7 }.boxed()).await, 7);
    }
}
