//! The list of revocations, written as the portal writes it.

use jiff::{SignedDuration, Timestamp};
use portal_application::ports::Clock as _;
use portal_domain::id::{Issuer, Subject, TenantId};
use portal_infrastructure::crypto::{KeyRing, RevocationHashes, RevocationKey};
use portal_infrastructure::postgres::{Database, Login, PgRevoker, Revocation};

use crate::people::Person;
use crate::portal::{KEY_RING, TestPortal};

impl TestPortal {
    /// Puts a person on the list: tokens of theirs that were issued until now count no longer.
    pub async fn revoke_subject(&self, person: &Person) {
        let subject = Subject::parse(&person.subject).expect("a subject");
        self.revoke(person, |hashes, issuer| hashes.of_subject(issuer, &subject))
            .await;
    }

    /// Puts a session on the list (`sid`).
    pub async fn revoke_session(&self, person: &Person, sid: &str) {
        self.revoke(person, |hashes, issuer| hashes.of_session(issuer, sid))
            .await;
    }

    async fn revoke(
        &self,
        person: &Person,
        key: impl FnOnce(&RevocationHashes, &Issuer) -> RevocationKey,
    ) {
        let now: Timestamp = self.clock.now();
        let ring = KeyRing::parse(KEY_RING, now).expect("a key ring");
        let issuer = Issuer::parse(&self.sandbox.issuer_url()).expect("an issuer");
        let entry = Revocation {
            key: key(&RevocationHashes::new(&ring), &issuer),
            not_before: now,
            until: Some(now + SignedDuration::from_hours(1)),
        };
        let url = self.database.url("DATABASE_URL");
        let database = Database::with_slack(Login::App, &url, 10).expect("an address");
        let tenant = TenantId::parse(&person.tenant).expect("a tenant");
        PgRevoker::new(database)
            .revoke(&tenant, &entry)
            .await
            .expect("it is written");
    }
}
