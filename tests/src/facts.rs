//! What tests make true of people and tenants, by the operator's own import.

use std::collections::BTreeSet;
use std::sync::Arc;

use portal_infrastructure::postgres::Import;
use portal_infrastructure::system::SystemIds;
use serde_json::{Value, json};

use crate::fixture::Fixture;
use crate::people::Person;
use crate::portal::TestPortal;

/// Everything that a delegation can open.
pub const EVERY_RIGHT: [&str; 16] = [
    "summary",
    "allergies",
    "medications",
    "vitals",
    "immunizations",
    "problems",
    "documents",
    "labs",
    "radiology",
    "appointments.view",
    "appointments.manage",
    "refills",
    "messages",
    "billing",
    "export",
    "apps",
];

impl TestPortal {
    /// Imports one line, and says what came of it.
    pub async fn try_import(&self, line: &Value) -> Value {
        let mut import = self.import.lock().await;
        if import.is_none() {
            let owner = self.database.url("DATABASE_OWNER_URL");
            let (clock, ids) = (Arc::new(self.clock.clone()), Arc::new(SystemIds));
            let connected = Import::connect(&owner, clock, ids).await;
            *import = Some(connected.expect("the owner connects"));
        }
        let import = import.as_mut().expect("it is connected");
        let result = import.line(&line.to_string()).await;
        serde_json::to_value(&result).expect("an outcome")
    }

    /// Imports one line that is good.
    pub async fn import(&self, line: &Value) {
        let outcome = self.try_import(line).await;
        assert!(outcome.get("outcome").is_some(), "{outcome}");
    }

    /// The line of a tenant with more members, such as `releasePolicy`.
    pub fn tenant_line(&self, tenant: &str, more: &Value) -> Value {
        let mut line = json!({
            "id": tenant, "name": "A tenant", "region": "local", "timeZone": "Asia/Kabul",
            "locale": "en", "calendar": "gregory", "currency": "AFN",
        });
        let members = line.as_object_mut().expect("an object");
        members.extend(more.as_object().expect("an object").clone());
        json!({ "tenant": line })
    }

    /// Gives a tenant settings of its own.
    pub async fn configure(&self, tenant: &str, more: &Value) {
        self.import(&self.tenant_line(tenant, more)).await;
    }

    /// The line of a delegation from 2020 on; `change` replaces members.
    pub fn delegation_line(&self, grantor: &Person, proxy: &Person, change: &Value) -> Value {
        let mut line = json!({
            "tenantId": grantor.tenant, "grantorPatientId": grantor.patient,
            "proxyAccount": {"issuer": self.sandbox.issuer_url(), "subject": proxy.subject},
            "relationshipType": "spouse", "scope": EVERY_RIGHT, "sensitive": [],
            "validFrom": "2020-01-01",
        });
        let members = line.as_object_mut().expect("an object");
        members.extend(change.as_object().expect("an object").clone());
        members.retain(|_, value| !value.is_null());
        if ["parent", "guardian"]
            .iter()
            .any(|kind| members["relationshipType"] == **kind)
        {
            members
                .entry("documentReference")
                .or_insert(json!("DocumentReference/1"));
        }
        json!({ "delegation": line })
    }

    /// Lets somebody act for a patient, and gives the delegation's id. Doing so again changes it.
    pub async fn delegate(&self, grantor: &Person, proxy: &Person, change: &Value) -> String {
        self.import(&self.delegation_line(grantor, proxy, change))
            .await;
        sqlx::query_scalar(
            "SELECT d.delegation_id FROM proxy_delegations d JOIN portal_accounts a \
             ON a.tenant_id = d.tenant_id AND a.account_id = d.proxy_account_id \
             WHERE d.tenant_id = $1 AND d.grantor_patient_id = $2 AND a.subject = $3 \
             ORDER BY d.updated_at DESC, d.delegation_id DESC LIMIT 1",
        )
        .bind(&grantor.tenant)
        .bind(&grantor.patient)
        .bind(&proxy.subject)
        .fetch_one(&self.pool)
        .await
        .expect("the delegation is there")
    }

    /// Gives a delegation a last day that is over.
    pub async fn end_long_ago(&self, id: &str) {
        let sql = "UPDATE proxy_delegations SET valid_to = '2024-01-01' WHERE delegation_id = $1";
        self.change_delegation(sql, id).await;
    }

    /// Makes the code of an invitation too old.
    pub async fn outdate_code(&self, id: &str) {
        let sql = "UPDATE proxy_invitations SET expires_at = '2024-01-01' \
             WHERE delegation_id = $1";
        self.change_delegation(sql, id).await;
    }

    async fn change_delegation(&self, sql: &'static str, id: &str) {
        let changed = sqlx::query(sql).bind(id).execute(&self.pool).await;
        changed.expect("the table is there");
    }

    /// Ends a delegation.
    pub async fn end_delegation(&self, grantor: &Person, proxy: &Person) {
        let ended = json!({"status": "revoked"});
        self.import(&self.delegation_line(grantor, proxy, &ended))
            .await;
    }

    /// A patient without an account, born on a FHIR date; `null` leaves the date out.
    pub fn child(&self, name: &str, born: &Value) -> Person {
        let child = Person::new(&self.tenant, name);
        let mut patient = Fixture::of(&child.patient).patient(name);
        patient["birthDate"] = born.clone();
        if born.is_null() {
            patient
                .as_object_mut()
                .expect("an object")
                .remove("birthDate");
        }
        self.put(&self.tenant, &patient);
        child
    }

    /// Somebody with an active account and no record.
    pub async fn caregiver(&self, name: &str) -> Person {
        self.caregiver_of(&self.tenant, name).await
    }

    /// The same of another tenant.
    pub async fn caregiver_of(&self, tenant: &str, name: &str) -> Person {
        let person = Person::caregiver(tenant, name);
        self.import(&json!({"account": {
            "tenantId": person.tenant, "kind": "caregiver", "status": "active",
            "issuer": self.sandbox.issuer_url(), "subject": person.subject,
        }}))
        .await;
        person
    }

    /// Asks as a person who acts by a delegation.
    pub async fn get_for(&self, proxy: &Person, delegation: &str, path: &str) -> crate::Answer {
        self.get_with(proxy, path, &[("X-Acting-For", delegation)])
            .await
    }

    /// The newest entries of a person's access log.
    pub async fn log_of(&self, person: &Person) -> Vec<Value> {
        let log = self
            .get_as(person, "/v1/portal/me/access-log?limit=100")
            .await;
        assert_eq!(log.status, 200, "{}", log.verdict());
        log.json()["data"].as_array().cloned().unwrap_or_default()
    }

    /// The requests of a tenant that showed something, as the journal has them.
    pub async fn recorded(&self, tenant: &str) -> BTreeSet<String> {
        let found = sqlx::query_scalar(
            "SELECT request_id FROM access_events WHERE tenant_id = $1 AND outcome = 'success'",
        );
        let ids: Vec<String> = found
            .bind(tenant)
            .fetch_all(&self.pool)
            .await
            .expect("the journal can be read");
        ids.into_iter().collect()
    }

    /// Type and outcome of what the journal says of an operation in the portal's tenant.
    pub async fn journal_of(&self, operation: &str) -> Vec<(String, String)> {
        let found = sqlx::query_as(
            "SELECT event_type, outcome FROM access_events \
             WHERE tenant_id = $1 AND operation = $2 ORDER BY event_id",
        );
        let found = found.bind(&self.tenant).bind(operation);
        found
            .fetch_all(&self.pool)
            .await
            .expect("the journal can be read")
    }

    /// The types of the events that name something of the tenant, in the order in which it happened.
    pub async fn stored_events(&self, id: &str) -> Vec<String> {
        let found = sqlx::query_scalar(
            "SELECT event_type FROM outbox_messages WHERE tenant_id = $1 \
             AND (aggregate_id = $2 OR strpos(data::text, $2) > 0) ORDER BY position",
        );
        found
            .bind(&self.tenant)
            .bind(id)
            .fetch_all(&self.pool)
            .await
            .expect("the outbox can be read")
    }

    /// Writes copies of a person's newest access event, one for every sixth hour from 2024 on, of the
    /// request `copy`.
    pub async fn copy_events(&self, person: &Person, count: usize) {
        let start: jiff::Timestamp = "2024-01-01T00:00:00Z".parse().expect("a moment");
        let sixth = |n: usize| {
            start + jiff::SignedDuration::from_hours(6) * i32::try_from(n).expect("a few")
        };
        let moments = (0..count).map(sixth).map(jiff::Timestamp::as_millisecond);
        let moments: Vec<i64> = moments.collect();
        let id = |at: &i64| ulid::Ulid::from_parts(at.unsigned_abs(), 1);
        let ids: Vec<String> = moments
            .iter()
            .map(|at| format!("paev_{}", id(at)))
            .collect();
        sqlx::query(
            "INSERT INTO access_events (tenant_id, event_id, retention_years, occurred_at, \
             account_id, patient_id, actor_kind, event_type, outcome, resource_ids, \
             resource_count, query_keys, operation, user_agent_class, request_id) \
             SELECT tenant_id, copy.id, retention_years, to_timestamp(copy.at / 1000.0), \
             account_id, patient_id, actor_kind, event_type, outcome, resource_ids, \
             resource_count, query_keys, operation, user_agent_class, 'copy' \
             FROM (SELECT * FROM access_events WHERE tenant_id = $1 AND patient_id = $2 \
             ORDER BY event_id DESC LIMIT 1) newest, UNNEST($3::text[], $4::bigint[]) copy (id, at)",
        )
        .bind(&person.tenant)
        .bind(&person.patient)
        .bind(&ids)
        .bind(&moments)
        .execute(&self.pool)
        .await
        .expect("the journal takes them");
    }

    /// What the journal and the outbox keep of a tenant, row by row.
    pub async fn kept_of(&self, tenant: &str) -> Vec<String> {
        let rows = sqlx::query_scalar(
            "SELECT t::text FROM access_events t WHERE tenant_id = $1 \
             UNION ALL SELECT t::text FROM outbox_messages t WHERE tenant_id = $1",
        );
        rows.bind(tenant)
            .fetch_all(&self.pool)
            .await
            .expect("journal and outbox can be read")
    }

    /// Closes a person's account.
    pub async fn close(&self, person: &Person) {
        let (tenant, patient) = (&person.tenant, &person.patient);
        let line = json!({"tenantId": tenant, "patientId": patient, "status": "closed"});
        self.import(&json!({ "account": line })).await;
    }

    /// The token of an app in whose launch context a patient is.
    pub fn launched(&self, person: &Person, patient: &Person) -> String {
        self.token_with(person, &json!({"patient": patient.patient}))
    }
}
