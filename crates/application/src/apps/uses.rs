//! Which uses of apps are noted: enough to tell the patient, not one for each request.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use metrics::counter;
use portal_domain::access::{PatientGrant, ProxyAccess, Surface};
use portal_domain::id::{ClientId, PortalAccountId, ProxyDelegationId};

use crate::portal::Inner;
use crate::ports::AppUse;

const EVERY: SignedDuration = SignedDuration::from_mins(1);
/// Apps of accounts told apart at once; beyond, uses are left out until some are a minute old.
const MAX_KEYS: usize = 10_000;
/// No consent page shows more.
const MAX_SCOPES: usize = 4_096;

type Key = (PortalAccountId, ClientId, Option<ProxyDelegationId>);

/// When this pod noted each app last.
#[derive(Default)]
pub(crate) struct UseNotes {
    noted: Mutex<HashMap<Key, Timestamp>>,
}

impl UseNotes {
    /// Whether a use is one to be noted.
    fn admit(&self, key: Key, now: Timestamp) -> bool {
        let is_recent = |noted: &Timestamp| now.duration_since(*noted) < EVERY;
        let mut all = self.lock();
        if all.get(&key).is_some_and(is_recent) {
            return false;
        }
        if all.len() >= MAX_KEYS {
            all.retain(|_, noted| is_recent(noted));
        }
        if all.len() >= MAX_KEYS {
            counter!("portal_app_uses_left_out_total").increment(1);
            return false;
        }
        all.insert(key, now);
        true
    }

    /// Notes an app anew at its next use, because it is one of a newer consent.
    pub(crate) fn forget(&self, account: PortalAccountId, client: &ClientId) {
        self.lock()
            .retain(|(of, noted, _), _| *of != account || noted != client);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, Timestamp>> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Has it noted that an app was answered. Never waits, and the answer does not depend on it.
    pub(crate) fn note_app(&self, grant: &PatientGrant) {
        let token = grant.token();
        let Some(client) = token.client.as_ref().filter(|_| !token.first_party) else {
            return;
        };
        if grant.action().surface != Surface::Fhir {
            return;
        }
        let (account, used_at) = (grant.account().id, self.clock.now());
        let delegation = grant.proxy().map(ProxyAccess::delegation);
        let key = (account, client.clone(), delegation.map(|found| found.id));
        if !self.uses.admit(key, used_at) {
            return;
        }
        let grantor = delegation.and_then(|found| Some((found.id, found.grantor_account?.id)));
        self.app_uses.note(AppUse {
            tenant: grant.tenant().id.clone(),
            account,
            client: client.clone(),
            acting: grantor,
            scopes: shortened(&token.scope_text).into(),
            issued_at: token.issued_at,
            revocation_key: token.revocation_keys.subject_and_client,
            used_at,
        });
    }
}

/// As many whole scopes as are kept.
fn shortened(scopes: &str) -> &str {
    let Some((at, _)) = scopes.char_indices().nth(MAX_SCOPES) else {
        return scopes;
    };
    let head = scopes.get(..at).unwrap_or_default();
    head.rsplit_once(' ').map_or("", |(whole, _)| whole)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use portal_domain::access::{Introspection, VerifiedToken};
    use portal_domain::id::PortalAccountId;
    use portal_domain::source::RecordSet;
    use portal_fhir::{Handling, ResourceType};
    use ulid::Ulid;

    use super::*;
    use crate::testing::{Fate, World, account, caller, problem};

    fn key(account: u128, client: &str) -> Key {
        let account = PortalAccountId::new(Ulid(account));
        (account, ClientId::parse(client).unwrap(), None)
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn an_app_of_an_account_is_noted_once_a_minute() {
        let notes = UseNotes::default();
        assert!(notes.admit(key(1, "app"), at(0)));
        assert!(!notes.admit(key(1, "app"), at(59)));
        assert!(notes.admit(key(1, "app"), at(60)));
        assert!(notes.admit(key(1, "other"), at(60)));
        assert!(notes.admit(key(2, "app"), at(60)));
    }

    #[test]
    fn a_revoked_app_is_noted_anew_at_once() {
        let notes = UseNotes::default();
        for (account, client) in [(1, "app"), (1, "other"), (2, "app")] {
            assert!(notes.admit(key(account, client), at(0)));
        }
        let (account, client, _) = key(1, "app");
        notes.forget(account, &client);
        let admitted = [(1, "app"), (1, "other"), (2, "app")]
            .map(|(account, client)| notes.admit(key(account, client), at(1)));
        assert_eq!(admitted, [true, false, false]);
    }

    #[test]
    fn memory_is_bounded_and_comes_back() {
        let notes = UseNotes::default();
        for account in 0..20_000 {
            notes.admit(key(account, "app"), at(0));
        }
        assert_eq!(notes.lock().len(), MAX_KEYS);
        assert!(!notes.admit(key(20_001, "app"), at(59)));
        assert!(notes.admit(key(20_001, "app"), at(60)));
        assert_eq!(notes.lock().len(), 1);
    }

    #[test]
    fn a_scope_is_kept_whole_or_not_at_all() {
        let long = "patient/Condition.rs ".repeat(300);
        let kept = shortened(&long);
        assert!(kept.len() <= MAX_SCOPES && kept.ends_with("patient/Condition.rs"));
        assert_eq!(shortened("openid"), "openid");
        assert_eq!(shortened(&"x".repeat(5_000)), "");
    }

    /// Searches with a client's token on FHIR; what was noted of it.
    async fn noted(client: &str, first_party: bool, fate: Fate) -> Vec<AppUse> {
        let world = World::new();
        *world.introspection.answer.lock().unwrap() = Introspection::Active;
        world
            .sources
            .hold(RecordSet::Conditions, vec![problem("c1", "")]);
        world.journal.expect(&[fate]);
        let mut asking = caller("patient/Condition.rs");
        asking.token = Arc::new(VerifiedToken {
            client: Some(ClientId::parse(client).unwrap()),
            first_party,
            ..(*asking.token).clone()
        });
        let kind = ResourceType::Condition;
        let found = world.portal.search(&asking, kind, &[], Handling::Lenient);
        assert_eq!(found.await.is_ok(), fate == Fate::Durable);
        world.app_uses.0.lock().unwrap().clone()
    }

    #[tokio::test]
    async fn what_a_third_partys_app_was_answered_is_noted_and_nothing_else() {
        let noted_uses = noted("app", false, Fate::Durable).await;
        let [noted_use] = noted_uses.as_slice() else {
            panic!("one use");
        };
        assert_eq!(noted_use.account, account().id);
        assert_eq!(noted_use.client.as_str(), "app");
        assert_eq!(&*noted_use.scopes, "patient/Condition.rs");
        assert_eq!(noted("app", false, Fate::Lost).await, []);
        assert_eq!(noted("portal-web", true, Fate::Durable).await, []);
    }
}
