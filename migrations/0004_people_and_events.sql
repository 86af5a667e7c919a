-- Accounts and delegations that live through the portal: links and codes, idempotency, what goes
-- out by the outbox and what came in.

SET LOCAL lock_timeout = '2s';

ALTER TABLE tenants
    ADD COLUMN status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended'));
COMMENT ON COLUMN tenants.status IS 'A suspended tenant is locked out whole';

ALTER TABLE portal_accounts ADD COLUMN status_reason text;
COMMENT ON COLUMN portal_accounts.status_reason IS
    'Why it is suspended or closed: a code, for staff';

-- Request work may now change people's rows, never the tenant or the id of one.
GRANT INSERT ON portal_accounts TO portal_app;
GRANT UPDATE (status, status_reason, patient_id, issuer, subject, preferred_language,
    last_login_at, updated_at, version) ON portal_accounts TO portal_app;
GRANT INSERT ON proxy_delegations TO portal_app;
GRANT UPDATE (status, proxy_account_id, updated_at, version) ON proxy_delegations TO portal_app;
GRANT INSERT ON tenant_configs TO portal_app;
GRANT UPDATE (status, config_version, updated_at, version) ON tenants TO portal_app;

CREATE TABLE verification_tokens (
    tenant_id     text COLLATE "C" NOT NULL REFERENCES tenants,
    token_hash    bytea NOT NULL CHECK (octet_length(token_hash) = 32),
    identity_hash bytea NOT NULL CHECK (octet_length(identity_hash) = 32),
    patient_id    text COLLATE "C" NOT NULL,
    channel       text NOT NULL CHECK (channel IN ('email', 'phone')),
    created_at    timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    ended_at      timestamptz,
    PRIMARY KEY (tenant_id, token_hash)
);
COMMENT ON TABLE verification_tokens IS
    'Links that were sent to a contact of the patient; a registration is nothing but this';
COMMENT ON COLUMN verification_tokens.token_hash IS 'HMAC-SHA-256 of the link''s token';
COMMENT ON COLUMN verification_tokens.identity_hash IS
    'HMAC-SHA-256 of issuer and subject: only who registered may use the link';
COMMENT ON COLUMN verification_tokens.ended_at IS 'When it was used, or a newer link took its place';
CREATE INDEX verification_tokens_by_identity
    ON verification_tokens (tenant_id, identity_hash) WHERE ended_at IS NULL;

CREATE TABLE registration_attempts (
    tenant_id  text COLLATE "C" NOT NULL REFERENCES tenants,
    kind       text NOT NULL CHECK (kind IN ('subject', 'address', 'mrn')),
    key_hash   bytea NOT NULL CHECK (octet_length(key_hash) = 32),
    hour       timestamptz NOT NULL,
    attempts   integer NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, kind, key_hash, hour)
) WITH (fillfactor = 80);
COMMENT ON TABLE registration_attempts IS 'How often somebody tried to register, hour by hour';

CREATE TABLE proxy_invitations (
    tenant_id     text COLLATE "C" NOT NULL,
    delegation_id text COLLATE "C" NOT NULL,
    code_hash     bytea NOT NULL CHECK (octet_length(code_hash) = 32),
    tries         smallint NOT NULL DEFAULT 0,
    expires_at    timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, delegation_id),
    CONSTRAINT proxy_invitations_delegation
        FOREIGN KEY (tenant_id, delegation_id) REFERENCES proxy_delegations ON DELETE CASCADE
);
COMMENT ON TABLE proxy_invitations IS 'Codes that were sent to invited proxies; gone once used';
COMMENT ON COLUMN proxy_invitations.tries IS 'Wrong codes so far; the fifth ends the invitation';

CREATE TABLE proxy_approvals (
    tenant_id     text COLLATE "C" NOT NULL,
    delegation_id text COLLATE "C" NOT NULL,
    staff_hash    bytea NOT NULL CHECK (octet_length(staff_hash) = 32),
    approved_at   timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, delegation_id, staff_hash),
    CONSTRAINT proxy_approvals_delegation
        FOREIGN KEY (tenant_id, delegation_id) REFERENCES proxy_delegations ON DELETE CASCADE
);
COMMENT ON TABLE proxy_approvals IS
    'Staff who approved a legal delegation: two different ones make it active';

CREATE TABLE notification_preferences (
    tenant_id  text COLLATE "C" NOT NULL,
    account_id text COLLATE "C" NOT NULL,
    document   jsonb NOT NULL CHECK (jsonb_typeof(document) = 'object'),
    updated_at timestamptz NOT NULL,
    version    bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, account_id),
    CONSTRAINT notification_preferences_account
        FOREIGN KEY (tenant_id, account_id) REFERENCES portal_accounts
);

CREATE TABLE app_uses (
    tenant_id     text COLLATE "C" NOT NULL,
    account_id    text COLLATE "C" NOT NULL,
    client_id     text COLLATE "C" NOT NULL,
    scopes        text NOT NULL,
    first_used_at timestamptz NOT NULL,
    last_used_at  timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, account_id, client_id),
    CONSTRAINT app_uses_account
        FOREIGN KEY (tenant_id, account_id) REFERENCES portal_accounts
) WITH (fillfactor = 80);
COMMENT ON TABLE app_uses IS 'Third-party apps that used a grant of the account';

CREATE TABLE idempotency_records (
    tenant_id    text COLLATE "C" NOT NULL REFERENCES tenants,
    key_hash     bytea NOT NULL CHECK (octet_length(key_hash) = 32),
    payload_hash bytea NOT NULL CHECK (octet_length(payload_hash) = 32),
    status       smallint NOT NULL CHECK (status BETWEEN 200 AND 499),
    resource_id  text,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, key_hash)
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.1);
COMMENT ON COLUMN idempotency_records.key_hash IS
    'HMAC-SHA-256 of identity, client, delegation, method, route and key';
COMMENT ON COLUMN idempotency_records.resource_id IS 'What was made or changed; never a body';
CREATE INDEX idempotency_records_by_expiry ON idempotency_records (expires_at);

CREATE TABLE deliveries (
    tenant_id    text COLLATE "C" NOT NULL REFERENCES tenants,
    delivery_id  text COLLATE "C" NOT NULL,
    sealed       bytea NOT NULL,
    attempts     smallint NOT NULL DEFAULT 0,
    next_try_at  timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, delivery_id)
) WITH (autovacuum_vacuum_scale_factor = 0.05);
COMMENT ON TABLE deliveries IS
    'Links and codes on their way to the notifier; a row goes when it was taken or its time is over';
COMMENT ON COLUMN deliveries.sealed IS 'Address, template and secret, sealed with the key ring';
CREATE INDEX deliveries_by_time ON deliveries (next_try_at);

CREATE TABLE outbox_messages (
    tenant_id      text COLLATE "C" NOT NULL REFERENCES tenants,
    event_id       text COLLATE "C" NOT NULL
        CHECK (event_id ~ '^pevt_[0-7][0-9A-HJKMNP-TV-Z]{25}$'),
    position       bigint GENERATED ALWAYS AS IDENTITY,
    lane           smallint NOT NULL CHECK (lane BETWEEN 0 AND 63),
    aggregate_id   text COLLATE "C" NOT NULL,
    event_type     text NOT NULL,
    data           jsonb NOT NULL,
    correlation_id text,
    traceparent    text,
    occurred_at    timestamptz NOT NULL,
    attempts       integer NOT NULL DEFAULT 0,
    next_try_at    timestamptz NOT NULL DEFAULT '-infinity',
    published_at   timestamptz,
    dead_at        timestamptz,
    dead_reason    text,
    PRIMARY KEY (tenant_id, event_id)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 500);
COMMENT ON COLUMN outbox_messages.position IS
    'Rises with every insert: of one aggregate, whose row is locked while it changes, the order of the commits';
COMMENT ON COLUMN outbox_messages.lane IS 'A hash of the aggregate: one relay at a time works in a lane';
COMMENT ON COLUMN outbox_messages.dead_at IS
    'When it was given up; it stays until it is replayed, and keeps nobody else back';
CREATE INDEX outbox_messages_pending ON outbox_messages (lane, position)
    WHERE published_at IS NULL AND dead_at IS NULL;
-- Few rows: what failed and is to be tried again, by what waits behind it.
CREATE INDEX outbox_messages_retried ON outbox_messages (tenant_id, aggregate_id, position)
    WHERE published_at IS NULL AND dead_at IS NULL AND attempts > 0;
CREATE INDEX outbox_messages_published ON outbox_messages (published_at)
    WHERE published_at IS NOT NULL;
CREATE INDEX outbox_messages_dead ON outbox_messages (tenant_id, event_id)
    WHERE dead_at IS NOT NULL;

CREATE TABLE outbox_lanes (
    lane          smallint PRIMARY KEY CHECK (lane BETWEEN 0 AND 63),
    owner         text,
    lease_until   timestamptz NOT NULL DEFAULT '-infinity',
    fencing_token bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
COMMENT ON COLUMN outbox_lanes.fencing_token IS
    'Rises with every claim, so that a relay that lost its lease marks nothing';
INSERT INTO outbox_lanes (lane) SELECT generate_series(0, 63);

CREATE TABLE inbox_messages (
    tenant_id   text COLLATE "C" NOT NULL,
    consumer    text COLLATE "C" NOT NULL,
    event_id    text COLLATE "C" NOT NULL,
    event_type  text NOT NULL,
    outcome     text NOT NULL CHECK (outcome IN ('handled', 'ignored', 'dead')),
    reason      text,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, consumer, event_id)
) WITH (autovacuum_vacuum_scale_factor = 0.05);
COMMENT ON TABLE inbox_messages IS
    'Events of others that were dealt with, each in the transaction of what it changed';
CREATE INDEX inbox_messages_by_time ON inbox_messages (received_at);

CREATE TABLE inbox_dead_letters (
    dead_letter_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    consumer       text NOT NULL,
    subject        text NOT NULL,
    stream_sequence bigint NOT NULL,
    reason         text NOT NULL,
    payload_hash   bytea NOT NULL,
    received_at    timestamptz NOT NULL
);
COMMENT ON TABLE inbox_dead_letters IS
    'Messages that nobody could be believed in: without a tenant of ours, so without its rows';

ALTER TABLE verification_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE verification_tokens FORCE ROW LEVEL SECURITY;
ALTER TABLE registration_attempts ENABLE ROW LEVEL SECURITY;
ALTER TABLE registration_attempts FORCE ROW LEVEL SECURITY;
ALTER TABLE proxy_invitations ENABLE ROW LEVEL SECURITY;
ALTER TABLE proxy_invitations FORCE ROW LEVEL SECURITY;
ALTER TABLE proxy_approvals ENABLE ROW LEVEL SECURITY;
ALTER TABLE proxy_approvals FORCE ROW LEVEL SECURITY;
ALTER TABLE notification_preferences ENABLE ROW LEVEL SECURITY;
ALTER TABLE notification_preferences FORCE ROW LEVEL SECURITY;
ALTER TABLE app_uses ENABLE ROW LEVEL SECURITY;
ALTER TABLE app_uses FORCE ROW LEVEL SECURITY;
ALTER TABLE idempotency_records ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency_records FORCE ROW LEVEL SECURITY;
ALTER TABLE deliveries ENABLE ROW LEVEL SECURITY;
ALTER TABLE deliveries FORCE ROW LEVEL SECURITY;
ALTER TABLE outbox_messages ENABLE ROW LEVEL SECURITY;
ALTER TABLE outbox_messages FORCE ROW LEVEL SECURITY;
ALTER TABLE inbox_messages ENABLE ROW LEVEL SECURITY;
ALTER TABLE inbox_messages FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON verification_tokens TO portal_app, portal_owner
    USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
CREATE POLICY tenant ON registration_attempts TO portal_app, portal_owner
    USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
CREATE POLICY tenant ON proxy_invitations TO portal_app, portal_owner
    USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
CREATE POLICY tenant ON proxy_approvals TO portal_app, portal_owner
    USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
CREATE POLICY tenant ON notification_preferences TO portal_app, portal_owner
    USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
CREATE POLICY tenant ON app_uses TO portal_app, portal_owner
    USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
CREATE POLICY tenant ON idempotency_records TO portal_app, portal_owner
    USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
CREATE POLICY tenant ON deliveries TO portal_app, portal_owner
    USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
CREATE POLICY tenant ON outbox_messages TO portal_app, portal_owner
    USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
CREATE POLICY tenant ON inbox_messages TO portal_app, portal_owner
    USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
-- The relay and the sweeps work through every tenant.
CREATE POLICY worker_relays ON outbox_messages TO portal_worker USING (true);
CREATE POLICY worker_delivers ON deliveries TO portal_worker USING (true);
-- For all commands: a row that a login does not see is none that it removes.
CREATE POLICY worker_prunes ON idempotency_records TO portal_worker USING (true);

GRANT SELECT, INSERT ON verification_tokens, registration_attempts, proxy_invitations,
    proxy_approvals, notification_preferences, app_uses, idempotency_records, inbox_messages
    TO portal_app;
GRANT UPDATE (ended_at) ON verification_tokens TO portal_app;
GRANT UPDATE (attempts), DELETE ON registration_attempts TO portal_app;
GRANT UPDATE (tries), DELETE ON proxy_invitations TO portal_app;
GRANT UPDATE (document, updated_at, version), DELETE ON notification_preferences TO portal_app;
GRANT UPDATE (scopes, first_used_at, last_used_at), DELETE ON app_uses TO portal_app;
GRANT DELETE ON idempotency_records TO portal_app;
GRANT INSERT ON deliveries TO portal_app;
-- Never where it stands or what became of it: those are the relay's.
GRANT INSERT (tenant_id, event_id, lane, aggregate_id, event_type, data, correlation_id,
    traceparent, occurred_at) ON outbox_messages TO portal_app;
GRANT SELECT (tenant_id, event_id, aggregate_id, event_type, occurred_at, attempts, dead_at,
    dead_reason) ON outbox_messages TO portal_app;

GRANT SELECT, DELETE ON outbox_messages, deliveries TO portal_worker;
GRANT UPDATE (attempts, next_try_at, published_at, dead_at, dead_reason)
    ON outbox_messages TO portal_worker;
GRANT UPDATE (attempts, next_try_at) ON deliveries TO portal_worker;
GRANT SELECT, UPDATE (owner, lease_until, fencing_token) ON outbox_lanes TO portal_worker;
GRANT SELECT (expires_at), DELETE ON idempotency_records TO portal_worker;
GRANT SELECT, INSERT ON inbox_dead_letters TO portal_worker;
