//! Changes that must cost little, as the service's own writers make them: by one statement, with
//! the versions raised that the journal's fence compares.

use deadpool_redis::redis;
use serde_json::Value;

use crate::environment::required;
use crate::people::Person;
use crate::portal::TestPortal;

/// The columns of a delegation that can change.
#[derive(Debug, Clone)]
pub struct Terms<'a> {
    /// `active`, `revoked`, ….
    pub status: &'a str,
    /// What the proxy is to the patient.
    pub relationship: &'a str,
    /// The rights.
    pub scope: Vec<&'a str>,
    /// The sensitive categories that were ticked.
    pub sensitive: Vec<&'a str>,
    /// The first day.
    pub valid_from: &'a str,
    /// The last day.
    pub valid_to: Option<&'a str>,
    /// Whether a court ordered it.
    pub court_order: bool,
}

impl TestPortal {
    /// Changes a delegation.
    pub async fn shift_delegation(&self, tenant: &str, id: &str, terms: &Terms<'_>) {
        let changed = sqlx::query(
            "UPDATE proxy_delegations SET status = $3, relationship_type = $4, scope = $5, \
             sensitive = $6, valid_from = $7::text::date, valid_to = $8::text::date, \
             court_order = $9, document_reference = 'DocumentReference/1', version = version + 1 WHERE tenant_id = $1 AND delegation_id = $2",
        )
        .bind(tenant)
        .bind(id)
        .bind(terms.status)
        .bind(terms.relationship)
        .bind(&terms.scope)
        .bind(&terms.sensitive)
        .bind(terms.valid_from)
        .bind(terms.valid_to)
        .bind(terms.court_order)
        .execute(&self.pool)
        .await
        .expect("the delegation can be changed");
        assert_eq!(changed.rows_affected(), 1, "the delegation is there");
    }

    /// Makes another delegation of the same people as an ended one, and gives its id.
    pub async fn shift_new_delegation(
        &self,
        tenant: &str,
        like: &str,
        terms: &Terms<'_>,
    ) -> String {
        let id = format!("pdel_{}", ulid::Ulid::new());
        sqlx::query(
            "INSERT INTO proxy_delegations (tenant_id, delegation_id, grantor_patient_id, \
             proxy_account_id, status, relationship_type, scope, sensitive, valid_from, \
             document_reference, created_at, updated_at) \
             SELECT tenant_id, $3, grantor_patient_id, proxy_account_id, 'revoked', $4, $5, $6, \
             $7::text::date, 'DocumentReference/1', now(), now() \
             FROM proxy_delegations WHERE tenant_id = $1 AND delegation_id = $2",
        )
        .bind(tenant)
        .bind(like)
        .bind(&id)
        .bind(terms.relationship)
        .bind(&terms.scope)
        .bind(&terms.sensitive)
        .bind(terms.valid_from)
        .execute(&self.pool)
        .await
        .expect("a delegation");
        self.shift_delegation(tenant, &id, terms).await;
        id
    }

    /// Has a tenant decide anew.
    pub async fn shift_settings(&self, tenant: &str, settings: &Value) {
        let mut transaction = self.pool.begin().await.expect("a transaction");
        let version: i64 = sqlx::query_scalar(
            "INSERT INTO tenant_configs (tenant_id, version, document, created_at) \
             SELECT $1, COALESCE(max(version), 0) + 1, $2::text::jsonb, now() FROM tenant_configs \
             WHERE tenant_id = $1 RETURNING version",
        )
        .bind(tenant)
        .bind(settings.to_string())
        .fetch_one(&mut *transaction)
        .await
        .expect("settings");
        sqlx::query(
            "UPDATE tenants SET config_version = $2, version = version + 1 WHERE tenant_id = $1",
        )
        .bind(tenant)
        .bind(version)
        .execute(&mut *transaction)
        .await
        .expect("the tenant is there");
        transaction.commit().await.expect("it commits");
    }

    /// Moves a person's account to a status.
    pub async fn shift_account(&self, person: &Person, status: &str) {
        self.set_status(person, status).await;
    }

    /// Everything that is cached, with the key of each.
    pub async fn cached(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let (mut connection, keys) = self.cache_keys().await;
        let mut cached = Vec::new();
        for key in keys {
            // What has ended since is empty.
            let value: redis::RedisResult<Vec<u8>> = redis::cmd("GET")
                .arg(&key)
                .query_async(&mut connection)
                .await;
            cached.push((key, value.unwrap_or_default()));
        }
        cached
    }

    async fn cache_keys(&self) -> (redis::aio::MultiplexedConnection, Vec<Vec<u8>>) {
        let client = redis::Client::open(required("REDIS_URL")).expect("a URL");
        let mut connection = client
            .get_multiplexed_async_connection()
            .await
            .expect("Redis answers");
        let keys: Vec<Vec<u8>> = redis::cmd("KEYS")
            .arg(format!("*{}*", self.prefix))
            .query_async(&mut connection)
            .await
            .expect("keys");
        (connection, keys)
    }

    /// Forgets everything that this portal keeps in Redis.
    pub async fn flush_cache(&self) {
        let (mut connection, keys) = self.cache_keys().await;
        if keys.is_empty() {
            return;
        }
        let deleted: redis::RedisResult<u64> = redis::cmd("DEL")
            .arg(keys)
            .query_async(&mut connection)
            .await;
        deleted.expect("they go");
    }
}
