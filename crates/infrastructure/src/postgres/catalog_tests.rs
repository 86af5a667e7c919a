//! What the database itself says of its tables, policies and logins. A new table, policy or grant
//! fails here until it is listed.

use sqlx::PgConnection;

use super::test_database::TestDatabase;

/// Tables that belong to no tenant.
const OF_NO_TENANT: [&str; 4] = [
    "_sqlx_migrations",
    "inbox_dead_letters",
    "outbox_lanes",
    "relay_cursors",
];

/// Policies of one command. Rows of access events are never changed: reading and writing are
/// policies of their own, and the owner has none. The worker relays every tenant's outbox, and
/// writes to one tenant's at a time.
const OWN_POLICIES: [&str; 4] = [
    "access_events tenant_reads portal_app SELECT USING",
    "access_events tenant_writes portal_app INSERT CHECK",
    "access_events worker_writes portal_worker INSERT CHECK",
    "outbox_messages worker_publishes portal_worker INSERT CHECK",
];

/// Policies that see every tenant, each bound to the login whose work it is.
const EVERY_TENANT: [&str; 11] = [
    "access_events journal_writes portal_journal INSERT CHECK",
    "access_events worker_reads portal_worker SELECT USING",
    "deliveries worker_delivers portal_worker ALL USING",
    "idempotency_records worker_prunes portal_worker ALL USING",
    "outbox_messages worker_relays portal_worker ALL USING",
    "portal_accounts journal_fence portal_journal SELECT USING",
    "provider_tasks worker_asks portal_worker ALL USING",
    "proxy_delegations journal_fence portal_journal SELECT USING",
    "revocations journal_follows portal_journal SELECT USING",
    "tenants journal_retention portal_journal SELECT USING",
    "tenants worker_lists portal_worker ALL USING",
];

/// What each login may do, with whole tables and with single columns.
const PRIVILEGES: [&str; 96] = [
    "portal_app _sqlx_migrations: SELECT",
    "portal_app access_events: INSERT (tenant_id, event_id, retention_years, occurred_at, account_id, patient_id, actor_kind, identity_hash, client_id, event_type, outcome, reason_code, resource_type, resource_ids, resource_count, query_keys, operation, client_address, user_agent_class, request_id, acting_as_proxy, proxy_delegation_id)",
    "portal_app access_events: SELECT",
    "portal_app app_uses: DELETE, INSERT, SELECT",
    "portal_app app_uses: UPDATE (scopes, first_used_at, last_used_at)",
    "portal_app deliveries: INSERT",
    "portal_app idempotency_records: DELETE, INSERT, SELECT",
    "portal_app inbox_dead_letters: INSERT (stream, subject, stream_sequence, reason, payload_hash, received_at)",
    "portal_app inbox_messages: INSERT, SELECT",
    "portal_app notification_preferences: DELETE, INSERT, SELECT",
    "portal_app notification_preferences: UPDATE (document, updated_at, version)",
    "portal_app outbox_messages: INSERT (tenant_id, event_id, lane, aggregate_id, event_type, data, correlation_id, traceparent, occurred_at)",
    "portal_app outbox_messages: SELECT (tenant_id, event_id, aggregate_id, event_type, occurred_at, attempts, dead_at, dead_reason)",
    "portal_app patient_links: DELETE, INSERT, SELECT",
    "portal_app patient_links: UPDATE (system, source_patient_id, verified_at)",
    "portal_app portal_accounts: INSERT, SELECT",
    "portal_app portal_accounts: UPDATE (status, patient_id, issuer, subject, preferred_language, last_login_at, updated_at, version, status_reason, status_since)",
    "portal_app provider_tasks: INSERT (tenant_id, issuer, subject, kind, client_id, patient_id, next_try_at, expires_at)",
    "portal_app provider_tasks: SELECT (tenant_id, issuer, subject, kind, client_id)",
    "portal_app provider_tasks: UPDATE (patient_id, attempts, next_try_at, expires_at, version)",
    "portal_app proxy_approvals: DELETE, INSERT, SELECT",
    "portal_app proxy_delegations: INSERT, SELECT",
    "portal_app proxy_delegations: UPDATE (status, grantor_patient_id, proxy_account_id, updated_at, version)",
    "portal_app proxy_invitations: DELETE, INSERT, SELECT",
    "portal_app proxy_invitations: UPDATE (tries)",
    "portal_app registration_attempts: DELETE, INSERT, SELECT",
    "portal_app registration_attempts: UPDATE (attempts)",
    "portal_app revocations: INSERT (tenant_id, kind, key_hash, not_before, until)",
    "portal_app revocations: SELECT",
    "portal_app revocations: UPDATE (not_before, until)",
    "portal_app tenant_configs: INSERT, SELECT",
    "portal_app tenants: INSERT (tenant_id, name, region, time_zone, locale, calendar, currency, created_at, updated_at, status_since)",
    "portal_app tenants: SELECT",
    "portal_app tenants: UPDATE (updated_at, version, config_version, status, status_since)",
    "portal_app verification_tokens: INSERT, SELECT",
    "portal_app verification_tokens: UPDATE (ended_at)",
    "portal_journal _sqlx_migrations: SELECT",
    "portal_journal access_events: INSERT (tenant_id, event_id, retention_years, occurred_at, account_id, patient_id, actor_kind, identity_hash, client_id, event_type, outcome, reason_code, resource_type, resource_ids, resource_count, query_keys, operation, client_address, user_agent_class, request_id, acting_as_proxy, proxy_delegation_id)",
    "portal_journal portal_accounts: SELECT (tenant_id, account_id, status, version)",
    "portal_journal proxy_delegations: SELECT (tenant_id, delegation_id, status, version)",
    "portal_journal revocations: SELECT",
    "portal_journal tenants: SELECT (tenant_id, retention_years, version)",
    "portal_owner _sqlx_migrations: everything",
    "portal_owner access_events: INSERT, REFERENCES, SELECT, TRIGGER",
    "portal_owner app_uses: everything",
    "portal_owner deliveries: everything",
    "portal_owner every partition: INSERT, REFERENCES, SELECT, TRIGGER",
    "portal_owner idempotency_records: everything",
    "portal_owner inbox_dead_letters: everything",
    "portal_owner inbox_messages: everything",
    "portal_owner notification_preferences: everything",
    "portal_owner outbox_lanes: everything",
    "portal_owner outbox_messages: everything",
    "portal_owner patient_links: everything",
    "portal_owner portal_accounts: everything",
    "portal_owner provider_tasks: everything",
    "portal_owner proxy_approvals: everything",
    "portal_owner proxy_delegations: everything",
    "portal_owner proxy_invitations: everything",
    "portal_owner registration_attempts: everything",
    "portal_owner relay_cursors: everything",
    "portal_owner revocations: everything",
    "portal_owner tenant_configs: everything",
    "portal_owner tenants: everything",
    "portal_owner verification_tokens: everything",
    "portal_worker _sqlx_migrations: SELECT",
    "portal_worker access_events: INSERT (tenant_id, event_id, retention_years, occurred_at, account_id, patient_id, actor_kind, identity_hash, client_id, event_type, outcome, reason_code, resource_type, resource_ids, resource_count, query_keys, operation, client_address, user_agent_class, request_id, acting_as_proxy, proxy_delegation_id)",
    "portal_worker access_events: SELECT",
    "portal_worker deliveries: DELETE, SELECT",
    "portal_worker deliveries: UPDATE (attempts, next_try_at)",
    "portal_worker idempotency_records: DELETE",
    "portal_worker idempotency_records: SELECT (tenant_id, key_hash, expires_at)",
    "portal_worker inbox_dead_letters: SELECT",
    "portal_worker inbox_messages: DELETE",
    "portal_worker inbox_messages: SELECT (tenant_id, kind, event_id, received_at)",
    "portal_worker outbox_lanes: SELECT",
    "portal_worker outbox_lanes: UPDATE (owner, lease_until, fencing_token)",
    "portal_worker outbox_messages: DELETE, SELECT",
    "portal_worker outbox_messages: INSERT (tenant_id, event_id, lane, aggregate_id, event_type, data, correlation_id, traceparent, occurred_at)",
    "portal_worker outbox_messages: UPDATE (attempts, next_try_at, published_at, dead_at, dead_reason)",
    "portal_worker portal_accounts: SELECT (tenant_id, account_id, status, patient_id, version)",
    "portal_worker provider_tasks: DELETE, SELECT",
    "portal_worker provider_tasks: UPDATE (attempts, next_try_at, held_until)",
    "portal_worker proxy_delegations: SELECT (tenant_id, delegation_id, status, relationship_type, grantor_patient_id, proxy_account_id, scope, sensitive, valid_from, valid_to, version)",
    "portal_worker proxy_delegations: UPDATE (status, proxy_account_id, updated_at, version)",
    "portal_worker proxy_invitations: DELETE",
    "portal_worker proxy_invitations: SELECT (tenant_id, delegation_id, expires_at)",
    "portal_worker registration_attempts: DELETE",
    "portal_worker registration_attempts: SELECT (tenant_id, kind, key_hash, hour)",
    "portal_worker relay_cursors: SELECT, UPDATE",
    "portal_worker revocations: DELETE",
    "portal_worker revocations: SELECT (tenant_id, kind, key_hash, not_before, until)",
    "portal_worker revocations: UPDATE (not_before, until)",
    "portal_worker tenants: SELECT (tenant_id, time_zone, retention_years, version)",
    "portal_worker verification_tokens: DELETE",
    "portal_worker verification_tokens: SELECT (tenant_id, token_hash, expires_at, ended_at)",
];

async fn owner() -> PgConnection {
    let database = TestDatabase::shared().await;
    database.connect("DATABASE_OWNER_URL").await
}

async fn lines(connection: &mut PgConnection, sql: &'static str) -> Vec<String> {
    let mut lines: Vec<String> = sqlx::query_scalar(sql).fetch_all(connection).await.unwrap();
    lines.sort();
    lines
}

const NONE: [&str; 0] = [];

#[tokio::test]
async fn every_table_with_a_tenant_is_under_forced_row_level_security() {
    let mut owner = owner().await;
    let open = lines(
        &mut owner,
        "SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE a.attname = 'tenant_id' AND c.relkind IN ('r', 'p')
            AND NOT (c.relrowsecurity AND c.relforcerowsecurity)",
    )
    .await;
    assert_eq!(open, NONE);
    let without = lines(
        &mut owner,
        "SELECT c.relname::text FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
            AND NOT EXISTS (SELECT FROM pg_attribute a
                WHERE a.attrelid = c.oid AND a.attname = 'tenant_id')",
    )
    .await;
    assert_eq!(without, OF_NO_TENANT);
}

#[tokio::test]
async fn every_table_with_a_tenant_shows_requests_one_tenant_only() {
    let mut owner = owner().await;
    let without = lines(
        &mut owner,
        "SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE a.attname = 'tenant_id' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
            AND NOT EXISTS (SELECT FROM pg_policies p
                WHERE p.tablename = c.relname AND p.permissive = 'PERMISSIVE' AND p.cmd = 'ALL'
                    AND p.roles = ARRAY['portal_app', 'portal_owner']::name[]
                    AND p.qual = '(tenant_id = current_tenant())' AND p.with_check = p.qual)",
    )
    .await;
    assert_eq!(without, ["access_events"]);
}

/// As `table policy roles command clauses`.
const POLICIES: &str = "SELECT format('%s %s %s %s%s%s', tablename, policyname,
        array_to_string(roles, ','), cmd, CASE WHEN qual IS NOT NULL THEN ' USING' END,
        CASE WHEN with_check IS NOT NULL THEN ' CHECK' END)
    FROM pg_policies";

#[tokio::test]
async fn a_policy_looks_at_the_tenant_or_is_listed() {
    let mut owner = owner().await;
    let of_a_tenant = "(tenant_id = current_tenant())";
    let others = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
        "{POLICIES} WHERE cmd <> 'ALL' AND COALESCE(qual, $1) = $1
            AND COALESCE(with_check, $1) = $1 ORDER BY 1"
    )));
    let others: Vec<String> = others
        .bind(of_a_tenant)
        .fetch_all(&mut owner)
        .await
        .unwrap();
    assert_eq!(others, OWN_POLICIES);
    let every = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
        "{POLICIES} WHERE COALESCE(qual, $1) <> $1 OR COALESCE(with_check, $1) <> $1 ORDER BY 1"
    )));
    let every: Vec<String> = every.bind(of_a_tenant).fetch_all(&mut owner).await.unwrap();
    assert_eq!(every, EVERY_TENANT);
}

#[tokio::test]
async fn a_partition_is_out_of_reach_by_its_own_name() {
    let mut owner = owner().await;
    let reached = lines(
        &mut owner,
        "SELECT p.tablename::text FROM pg_policies p
        JOIN pg_class c ON c.relname = p.tablename WHERE c.relispartition",
    )
    .await;
    assert_eq!(reached, NONE);
}

#[tokio::test]
async fn each_login_has_exactly_the_privileges_that_are_listed() {
    let mut owner = owner().await;
    let found = lines(
        &mut owner,
        "WITH granted AS (
            SELECT c.oid, a.grantee, a.privilege_type, NULL::int2 AS attnum, NULL::name AS attname
            FROM pg_class c, aclexplode(COALESCE(c.relacl, acldefault('r', c.relowner))) a
            WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
            UNION ALL
            SELECT c.oid, a.grantee, a.privilege_type, t.attnum, t.attname
            FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid, aclexplode(t.attacl) a
        ), summed AS (
            SELECT oid, grantee, string_agg(privilege_type, ', ' ORDER BY privilege_type) AS what
            FROM granted WHERE attnum IS NULL AND privilege_type <> 'MAINTAIN'
            GROUP BY oid, grantee
            UNION ALL
            SELECT oid, grantee,
                format('%s (%s)', privilege_type, string_agg(attname, ', ' ORDER BY attnum))
            FROM granted WHERE attnum IS NOT NULL GROUP BY oid, grantee, privilege_type
        )
        SELECT DISTINCT format('%s %s: %s', COALESCE(r.rolname, 'everybody'),
            CASE WHEN c.relispartition THEN 'every partition' ELSE c.relname END,
            CASE what WHEN 'DELETE, INSERT, REFERENCES, SELECT, TRIGGER, TRUNCATE, UPDATE'
                THEN 'everything' ELSE what END)
        FROM summed JOIN pg_class c USING (oid) LEFT JOIN pg_roles r ON r.oid = grantee
        WHERE c.relnamespace = 'public'::regnamespace",
    )
    .await;
    assert_eq!(found, PRIVILEGES);
}

#[tokio::test]
async fn no_login_is_more_than_itself() {
    let mut owner = owner().await;
    let mighty = lines(
        &mut owner,
        "SELECT rolname::text FROM pg_roles WHERE rolname LIKE 'portal%'
            AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolreplication)",
    )
    .await;
    assert_eq!(mighty, NONE);
    let members = lines(
        &mut owner,
        "SELECT format('%s in %s', member::regrole, roleid::regrole) FROM pg_auth_members
        WHERE member::regrole::text LIKE 'portal%' OR roleid::regrole::text LIKE 'portal%'",
    )
    .await;
    assert_eq!(members, NONE);
}

#[tokio::test]
async fn nothing_runs_or_looks_with_the_rights_of_its_owner() {
    let mut owner = owner().await;
    let functions = lines(
        &mut owner,
        "SELECT proname::text FROM pg_proc WHERE prosecdef
            AND pronamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)",
    )
    .await;
    assert_eq!(functions, NONE);
    let views = lines(
        &mut owner,
        "SELECT relname::text FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm')
            AND NOT 'security_invoker=true' = ANY (COALESCE(reloptions, '{}'))",
    )
    .await;
    assert_eq!(views, NONE);
}
