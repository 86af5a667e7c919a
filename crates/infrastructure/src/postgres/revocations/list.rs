//! The list in memory.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use portal_application::ports::ListedStanding;
use portal_domain::id::TenantId;

use super::{Revocation, RevocationKey};

/// How old the list may be where a token's standing must be certain.
const FRESH_FOR: Duration = Duration::from_secs(5);

/// What is kept of an entry.
#[derive(Clone, Copy)]
struct Entry {
    /// In seconds, as `iat` is.
    not_before: i64,
    until: Option<Timestamp>,
}

#[derive(Default)]
struct Contents {
    tenants: HashMap<TenantId, HashMap<RevocationKey, Entry>>,
    /// When the last look that succeeded began; none before the first whole one.
    seen: Option<Instant>,
}

/// All tenants' entries, as the database had them lately.
#[derive(Default)]
pub(super) struct List {
    contents: RwLock<Contents>,
}

impl List {
    /// Takes entries over, each in place of what was known under its key.
    pub(super) fn take_over(&self, entries: impl IntoIterator<Item = (TenantId, Revocation)>) {
        let mut contents = self
            .contents
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        for (tenant, revocation) in entries {
            let entry = Entry {
                not_before: revocation.not_before.as_second(),
                until: revocation.until,
            };
            let tenant = contents.tenants.entry(tenant).or_default();
            tenant.insert(revocation.key, entry);
        }
    }

    /// Notes that everything that was there at a time has been taken over.
    pub(super) fn seen(&self, began: Instant) {
        let mut contents = self
            .contents
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        contents.seen = Some(began);
    }

    /// Forgets entries whose tokens have all expired.
    pub(super) fn forget_before(&self, now: Timestamp) {
        let mut contents = self
            .contents
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        contents.tenants.retain(|_, entries| {
            entries.retain(|_, entry| entry.until.is_none_or(|until| until > now));
            !entries.is_empty()
        });
    }

    pub(super) fn is_loaded(&self) -> bool {
        let contents = self.contents.read().unwrap_or_else(PoisonError::into_inner);
        contents.seen.is_some()
    }

    pub(super) fn is_fresh(&self, now: Instant) -> bool {
        let contents = self.contents.read().unwrap_or_else(PoisonError::into_inner);
        contents.is_fresh(now)
    }

    /// What the list says of a token of a tenant.
    pub(super) fn standing(
        &self,
        tenant: &TenantId,
        mut keys: impl Iterator<Item = RevocationKey>,
        issued_at: Timestamp,
        now: Instant,
    ) -> ListedStanding {
        let contents = self.contents.read().unwrap_or_else(PoisonError::into_inner);
        let issued_at = issued_at.as_second();
        let refused = contents.tenants.get(tenant).is_some_and(|entries| {
            keys.any(|key| {
                let entry = entries.get(&key);
                entry.is_some_and(|entry| issued_at <= entry.not_before)
            })
        });
        ListedStanding {
            revoked: refused,
            is_fresh: contents.is_fresh(now),
        }
    }
}

impl Contents {
    fn is_fresh(&self, now: Instant) -> bool {
        self.seen
            .is_some_and(|seen| now.saturating_duration_since(seen) <= FRESH_FOR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::RevocationKind;

    fn key(byte: u8) -> RevocationKey {
        RevocationKey {
            kind: RevocationKind::Session,
            hash: [byte; 32],
        }
    }

    fn at(text: &str) -> Timestamp {
        format!("2026-03-01T{text}Z").parse().expect("a time")
    }

    fn kabul() -> TenantId {
        TenantId::parse("kabul").expect("valid")
    }

    fn listed(not_before: &str, until: Option<&str>) -> List {
        let list = List::default();
        let revocation = Revocation {
            key: key(1),
            not_before: at(not_before),
            until: until.map(at),
        };
        list.take_over([(kabul(), revocation)]);
        list
    }

    fn refuses(list: &List, tenant: &TenantId, keys: &[u8], issued_at: &str) -> bool {
        let keys = keys.iter().map(|byte| key(*byte));
        list.standing(tenant, keys, at(issued_at), Instant::now())
            .revoked
    }

    #[test]
    fn tokens_up_to_the_second_of_the_entry_are_refused_and_a_later_login_works() {
        let list = listed("12:00:00.700", None);
        let refused = |issued_at| refuses(&list, &kabul(), &[1], issued_at);
        assert!(refused("11:00:00"));
        assert!(refused("12:00:00"), "iat has no fraction");
        assert!(!refused("12:00:01"));
    }

    #[test]
    fn an_entry_meets_its_own_key_and_tenant_only() {
        let list = listed("12:00:00", None);
        assert!(refuses(&list, &kabul(), &[7, 1], "11:00:00"));
        assert!(!refuses(&list, &kabul(), &[7], "11:00:00"));
        assert!(!refuses(&list, &kabul(), &[], "11:00:00"));
        let herat = TenantId::parse("herat").expect("valid");
        assert!(!refuses(&list, &herat, &[1], "11:00:00"));
        let other = RevocationKey {
            kind: RevocationKind::Token,
            ..key(1)
        };
        let standing = list.standing(
            &kabul(),
            [other].into_iter(),
            at("11:00:00"),
            Instant::now(),
        );
        assert!(!standing.revoked);
    }

    #[test]
    fn entries_are_forgotten_when_their_tokens_have_expired() {
        let list = listed("12:00:00", Some("12:15:00"));
        list.forget_before(at("12:14:59"));
        assert!(refuses(&list, &kabul(), &[1], "11:59:00"));
        list.forget_before(at("12:15:00"));
        assert!(!refuses(&list, &kabul(), &[1], "11:59:00"));
        let durable = listed("12:00:00", None);
        durable.forget_before(at("23:59:59"));
        assert!(refuses(&durable, &kabul(), &[1], "11:59:00"));
    }

    #[test]
    fn a_list_is_fresh_for_five_seconds_after_its_last_look_began() {
        let (list, began) = (List::default(), Instant::now());
        assert!(!list.is_loaded() && !list.is_fresh(began));
        list.seen(began);
        assert!(list.is_loaded() && list.is_fresh(began + FRESH_FOR));
        assert!(!list.is_fresh(began + FRESH_FOR + Duration::from_millis(1)));
        assert!(list.is_loaded());
    }
}
