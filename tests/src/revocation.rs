//! The list of revocations, written as the portal writes it.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use portal_application::ports::{Clock as _, DecidedOn, Ids as _, UnitsOfWork as _};
use portal_domain::audit::{AccessEvent, ActorKind, EventType, Outcome};
use portal_domain::id::{ClientId, Issuer, PortalAccessEventId, RequestId, Subject, TenantId};
use portal_infrastructure::crypto::{KeyRing, KeyedHash, RevocationHashes, RevocationKey};
use portal_infrastructure::postgres::{
    Database, DeliverySeal, Login, PgRevoker, PgUnitsOfWork, Revocation, UnitsOfWorkParts,
};
use portal_infrastructure::system::SystemIds;

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
        let database = self.app_database();
        let tenant = TenantId::parse(&person.tenant).expect("a tenant");
        PgRevoker::new(database)
            .revoke(&tenant, &entry)
            .await
            .expect("it is written");
    }

    fn app_database(&self) -> Database {
        let url = self.database.url("DATABASE_URL");
        Database::with_slack(Login::App, &url, 10).expect("an address")
    }

    /// Takes back what a person granted to a client, as the portal does it. Wakes nobody.
    pub async fn revoke_app(&self, person: &Person, client: &str) {
        let now: Timestamp = self.clock.now();
        let ring = Arc::new(KeyRing::parse(KEY_RING, now).expect("a key ring"));
        let units = PgUnitsOfWork::new(UnitsOfWorkParts {
            database: self.app_database(),
            identities: KeyedHash::new(&ring, "journal-identity"),
            revocations: RevocationHashes::new(&ring),
            seal: DeliverySeal::new(ring),
            provider_wake: Arc::default(),
            ids: Arc::new(SystemIds),
            clock: Arc::new(self.clock.clone()),
        });
        let tenant = TenantId::parse(&person.tenant).expect("a tenant");
        let request = RequestId::parse("revoke-app").expect("an id");
        let begun = units.begin(&tenant, DecidedOn::default(), &request).await;
        let mut work = begun.expect("it begins").expect("nothing was decided");
        let issuer = Issuer::parse(&self.sandbox.issuer_url()).expect("an issuer");
        let subject = Subject::parse(&person.subject).expect("a subject");
        let client = ClientId::parse(client).expect("a client");
        work.revoke_app(&(issuer, subject), &client, now)
            .await
            .expect("it is written");
        work.commit(event(tenant, request, now))
            .await
            .expect("it is committed");
    }
}

fn event(tenant_id: TenantId, request_id: RequestId, now: Timestamp) -> AccessEvent {
    AccessEvent {
        id: PortalAccessEventId::new(SystemIds.ulid(now)),
        tenant_id,
        account_id: None,
        patient_id: None,
        actor: ActorKind::System,
        delegation_id: None,
        identity: None,
        client: None,
        event_type: EventType::AppRevoked,
        outcome: Outcome::Success,
        reason_code: None,
        resource_type: None,
        resource_ids: Vec::new(),
        resource_count: 0,
        query_keys: Vec::new(),
        operation: "revokeApp",
        client_address: None,
        user_agent_class: "none",
        request_id,
        occurred_at: now,
        fence: None,
    }
}
