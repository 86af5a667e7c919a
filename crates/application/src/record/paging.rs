//! Pages by key: a page begins behind the last key of the one before, so that what came or went
//! in between moves nobody's place.

use portal_domain::access::PatientGrant;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::AccessError;
use crate::portal::Inner;
use crate::ports::{CursorBinding, CursorInvalid};

/// A page of keyed items.
pub(crate) struct Page<T, K> {
    pub(crate) items: Vec<T>,
    /// The last key, when there is more behind it.
    pub(crate) next: Option<K>,
}

/// Takes the page behind a key out of items that are in the order of their keys.
pub(crate) fn page<T, K: Ord>(
    items: Vec<T>,
    after: Option<&K>,
    limit: usize,
    key: impl Fn(&T) -> K,
) -> Page<T, K> {
    let start = after.map_or(0, |after| items.partition_point(|item| key(item) <= *after));
    let more = items.len() > start.saturating_add(limit);
    let items: Vec<T> = items.into_iter().skip(start).take(limit).collect();
    let next = if more { items.last().map(key) } else { None };
    Page { items, next }
}

/// What every cursor of this caller, route and query is sealed to.
pub(crate) fn binding(grant: &PatientGrant, query: &str) -> CursorBinding {
    let token = grant.token();
    let account = grant.account().id.to_string();
    let delegation = grant
        .proxy()
        .map(|proxy| proxy.delegation().id.to_string())
        .unwrap_or_default();
    CursorBinding::new([
        grant.tenant().id.as_str(),
        &account,
        token.client.as_ref().map_or("", |client| client.as_str()),
        token.issuer.as_str(),
        token.subject.as_str(),
        grant.patient().map_or("", |patient| patient.id().as_str()),
        &delegation,
        grant.action().operation,
        query,
    ])
}

impl Inner {
    /// Seals the key of the next page.
    pub(crate) fn seal<K: Serialize>(&self, binding: &CursorBinding, key: &K) -> String {
        let payload = serde_json::to_vec(key).unwrap_or_default();
        self.cursors.seal(binding, &payload, self.clock.now())
    }

    /// The key that a cursor was sealed with.
    pub(crate) fn unseal<K: DeserializeOwned>(
        &self,
        binding: &CursorBinding,
        cursor: Option<&str>,
    ) -> Result<Option<K>, AccessError> {
        let Some(cursor) = cursor else {
            return Ok(None);
        };
        let payload = self.cursors.open(binding, cursor, self.clock.now())?;
        serde_json::from_slice(&payload)
            .map(Some)
            .map_err(|_| CursorInvalid.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_visits_each_item_once() {
        let items: Vec<u32> = (0..47).collect();
        let mut seen = Vec::new();
        let mut after = None;
        for _ in 0..20 {
            let page = page(items.clone(), after.as_ref(), 10, |item| *item);
            seen.extend(page.items);
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(seen, items);
    }
}
