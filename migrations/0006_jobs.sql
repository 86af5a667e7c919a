-- What the portal does without being asked: at the identity provider, when time is over, and with
-- what is of no use any more.

SET LOCAL lock_timeout = '2s';

CREATE TABLE provider_tasks (
    tenant_id   text COLLATE "C" NOT NULL REFERENCES tenants,
    issuer      text COLLATE "C" NOT NULL,
    subject     text COLLATE "C" NOT NULL,
    kind        text COLLATE "C" NOT NULL
        CHECK (kind IN ('link_patient', 'end_sessions', 'revoke_consent')),
    client_id   text COLLATE "C" NOT NULL DEFAULT '',
    patient_id  text COLLATE "C",
    attempts    integer NOT NULL DEFAULT 0,
    next_try_at timestamptz NOT NULL,
    held_until  timestamptz NOT NULL DEFAULT '-infinity',
    expires_at  timestamptz,
    version     bigint GENERATED ALWAYS AS IDENTITY,
    PRIMARY KEY (tenant_id, issuer, subject, kind, client_id)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
COMMENT ON TABLE provider_tasks IS
    'What the identity provider is to be asked for; a row goes when it was done or its time is over';
COMMENT ON COLUMN provider_tasks.client_id IS 'Whose consent is withdrawn; empty for all else';
COMMENT ON COLUMN provider_tasks.patient_id IS 'Whose record is linked; null unlinks';
COMMENT ON COLUMN provider_tasks.held_until IS
    'A pod asks until then: a newer task of the key waits, so that the older one is not the last word';
COMMENT ON COLUMN provider_tasks.expires_at IS 'When it is given up; null: never';
COMMENT ON COLUMN provider_tasks.version IS
    'Another one for every task that took this place, and for none ever the same';
CREATE INDEX provider_tasks_by_time ON provider_tasks (next_try_at);

ALTER TABLE provider_tasks ENABLE ROW LEVEL SECURITY;
ALTER TABLE provider_tasks FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON provider_tasks TO portal_app, portal_owner
    USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
CREATE POLICY worker_asks ON provider_tasks TO portal_worker USING (true);

-- Never how often it was tried or who holds it; but a newer task begins anew.
GRANT INSERT (tenant_id, issuer, subject, kind, client_id, patient_id, next_try_at, expires_at),
    UPDATE (patient_id, attempts, next_try_at, expires_at, version),
    SELECT (tenant_id, issuer, subject, kind, client_id) ON provider_tasks TO portal_app;
GRANT SELECT, DELETE, UPDATE (attempts, next_try_at, held_until) ON provider_tasks
    TO portal_worker;

COMMENT ON COLUMN revocations.not_before IS
    'Tokens whose iat is not later are refused, in whole seconds; only ever moved forwards, but for '
    'the year 9999 of an app whose consent the identity provider has yet to withdraw';

-- An app whose consent was withdrawn is refused until then, and no longer for ever.
CREATE POLICY worker_lowers ON revocations TO portal_worker
    USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
GRANT SELECT (tenant_id, kind, key_hash, not_before, until), UPDATE (not_before, until)
    ON revocations TO portal_worker;

-- The sweep lists tenants, then works one tenant a transaction: it ends what is over and writes
-- down that it did, and sees of people no more than whom to tell.
CREATE POLICY worker_lists ON tenants TO portal_worker USING (true);
CREATE POLICY worker_tells ON portal_accounts TO portal_worker
    USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
CREATE POLICY worker_ends ON proxy_delegations TO portal_worker
    USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
CREATE POLICY worker_ends ON proxy_invitations TO portal_worker
    USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
-- It relays for every tenant, but tells of one at a time.
CREATE POLICY worker_publishes ON outbox_messages AS RESTRICTIVE FOR INSERT TO portal_worker
    WITH CHECK (tenant_id = current_tenant());
CREATE POLICY worker_writes ON access_events FOR INSERT TO portal_worker
    WITH CHECK (tenant_id = current_tenant());

GRANT SELECT (tenant_id, time_zone, retention_years, version) ON tenants TO portal_worker;
GRANT SELECT (tenant_id, account_id, patient_id, status, version) ON portal_accounts
    TO portal_worker;
GRANT SELECT (tenant_id, delegation_id, status, relationship_type, grantor_patient_id,
        proxy_account_id, scope, sensitive, valid_from, valid_to, version),
    UPDATE (status, proxy_account_id, updated_at, version) ON proxy_delegations TO portal_worker;
GRANT SELECT (tenant_id, delegation_id, expires_at), DELETE ON proxy_invitations TO portal_worker;
GRANT INSERT (tenant_id, event_id, lane, aggregate_id, event_type, data, correlation_id,
    traceparent, occurred_at) ON outbox_messages TO portal_worker;
GRANT INSERT (tenant_id, event_id, retention_years, occurred_at, account_id, patient_id,
    actor_kind, acting_as_proxy, proxy_delegation_id, identity_hash, client_id, event_type, outcome,
    reason_code, resource_type, resource_ids, resource_count, query_keys, operation, client_address,
    user_agent_class, request_id) ON access_events TO portal_worker;

-- What is of no use any more goes, and nobody reads it for that.
CREATE POLICY worker_prunes ON verification_tokens TO portal_worker
    USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
CREATE POLICY worker_prunes ON registration_attempts TO portal_worker
    USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
CREATE POLICY worker_prunes ON inbox_messages TO portal_worker
    USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());

GRANT SELECT (tenant_id, token_hash, expires_at, ended_at), DELETE ON verification_tokens
    TO portal_worker;
GRANT SELECT (tenant_id, kind, key_hash, hour), DELETE ON registration_attempts TO portal_worker;
GRANT SELECT (tenant_id, consumer, event_id, received_at), DELETE ON inbox_messages
    TO portal_worker;
GRANT SELECT (tenant_id, key_hash) ON idempotency_records TO portal_worker;
GRANT DELETE ON revocations TO portal_worker;
