-- Tenants, accounts, the access journal and the relay's cursor.
--
-- The logins are objects of the cluster, not of this database, so they are made outside; here
-- they are given what each may do. Nobody bypasses row-level security: it is forced on every
-- table with a tenant, for the owner as well.

SET LOCAL lock_timeout = '2s';

DO $$
DECLARE
    missing text;
BEGIN
    SELECT string_agg(login, ', ') INTO missing
    FROM unnest(ARRAY['portal_owner', 'portal_app', 'portal_journal', 'portal_worker']) AS login
    WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = login);
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'missing logins: %', missing
            USING HINT = 'Create them without SUPERUSER and BYPASSRLS, then migrate again.';
    END IF;
    IF current_user <> 'portal_owner' THEN
        RAISE EXCEPTION 'migrations run as portal_owner only';
    END IF;
END
$$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;

-- The tenant of the transaction. A setting that a finished transaction left behind is empty, not
-- unset, so both are refused: a forgotten tenant is an error, never an empty answer.
CREATE FUNCTION current_tenant() RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
    tenant text := current_setting('app.tenant_id');
BEGIN
    IF tenant = '' THEN
        RAISE EXCEPTION 'app.tenant_id is not set' USING ERRCODE = 'undefined_object';
    END IF;
    RETURN tenant;
END
$$;

CREATE FUNCTION refuse_change() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'access events are never changed or removed'
        USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TABLE tenants (
    tenant_id       text COLLATE "C" PRIMARY KEY CHECK (tenant_id ~ '^[A-Za-z0-9_.-]{1,64}$'),
    name            text NOT NULL,
    region          text NOT NULL,
    time_zone       text NOT NULL,
    locale          text NOT NULL,
    calendar        text NOT NULL,
    currency        text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    retention_years smallint NOT NULL DEFAULT 7 CHECK (retention_years BETWEEN 1 AND 100),
    created_at      timestamptz NOT NULL,
    updated_at      timestamptz NOT NULL,
    version         bigint NOT NULL DEFAULT 1
);
COMMENT ON COLUMN tenants.time_zone IS 'IANA name; the zone of the tenant''s civil dates';
COMMENT ON COLUMN tenants.locale IS 'BCP 47 tag for callers who ask for none';
COMMENT ON COLUMN tenants.retention_years IS
    'How long access events are kept: the class of partition that new events go to';
COMMENT ON COLUMN tenants.version IS 'Rises with every change';

CREATE TABLE portal_accounts (
    tenant_id          text COLLATE "C" NOT NULL REFERENCES tenants,
    account_id         text COLLATE "C" NOT NULL,
    kind               text NOT NULL CHECK (kind IN ('patient', 'caregiver')),
    status             text NOT NULL
        CHECK (status IN ('pending_verification', 'active', 'suspended', 'closed')),
    patient_id         text COLLATE "C",
    issuer             text COLLATE "C",
    subject            text COLLATE "C",
    preferred_language text,
    last_login_at      timestamptz,
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    version            bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, account_id),
    CONSTRAINT portal_accounts_patient_has_record
        CHECK ((kind = 'patient') = (patient_id IS NOT NULL)),
    CONSTRAINT portal_accounts_identity_is_whole CHECK ((issuer IS NULL) = (subject IS NULL)),
    CONSTRAINT portal_accounts_active_has_identity CHECK (status <> 'active' OR subject IS NOT NULL),
    CONSTRAINT portal_accounts_closed_has_no_identity
        CHECK (status <> 'closed' OR subject IS NULL)
);
COMMENT ON COLUMN portal_accounts.patient_id IS 'Id at the sources (opaque); none for a caregiver';
COMMENT ON COLUMN portal_accounts.issuer IS 'Whole text of the token''s iss';
COMMENT ON COLUMN portal_accounts.version IS
    'Rises with every change but a login; the journal keeps an event only while it is unchanged';

CREATE UNIQUE INDEX portal_accounts_one_per_patient
    ON portal_accounts (tenant_id, patient_id) WHERE status <> 'closed';
CREATE UNIQUE INDEX portal_accounts_one_per_identity
    ON portal_accounts (tenant_id, issuer, subject) WHERE status <> 'closed';

-- Partitioned by retention class, then by month. Nothing refers to tenants here: an event
-- outlives what it is about.
CREATE TABLE access_events (
    tenant_id         text COLLATE "C" NOT NULL,
    event_id          text COLLATE "C" NOT NULL,
    retention_years   smallint NOT NULL,
    occurred_at       timestamptz NOT NULL,
    txid              xid8 NOT NULL DEFAULT pg_current_xact_id(),
    account_id        text COLLATE "C",
    patient_id        text COLLATE "C",
    actor_kind        text NOT NULL,
    identity_hash     bytea,
    client_id         text,
    event_type        text NOT NULL,
    outcome           text NOT NULL CHECK (outcome IN ('success', 'denied', 'failed')),
    reason_code       text,
    resource_type     text,
    resource_ids      text[] NOT NULL,
    resource_count    bigint NOT NULL,
    query_keys        text[] NOT NULL,
    operation         text NOT NULL,
    client_address    text,
    user_agent_class  text NOT NULL,
    request_id        text NOT NULL,
    PRIMARY KEY (tenant_id, event_id, retention_years, occurred_at)
) PARTITION BY LIST (retention_years);
COMMENT ON COLUMN access_events.occurred_at IS
    'The time of the event_id''s ULID in milliseconds, so the partition follows from the id';
COMMENT ON COLUMN access_events.txid IS
    'The transaction that wrote the event: readers follow it behind the oldest running one';
COMMENT ON COLUMN access_events.identity_hash IS
    'HMAC-SHA-256 of issuer and subject, when the caller has no account';
COMMENT ON COLUMN access_events.resource_ids IS 'At most 50; resource_count says how many there were';
COMMENT ON COLUMN access_events.resource_count IS
    'How many resources were shown; of a denial, how many refusals it stands for';
COMMENT ON COLUMN access_events.query_keys IS 'Names of parameters, never values';

CREATE INDEX access_events_by_transaction ON access_events (txid, event_id);
CREATE INDEX access_events_by_patient
    ON access_events (tenant_id, patient_id, occurred_at DESC, event_id DESC);
CREATE INDEX access_events_by_account
    ON access_events (tenant_id, account_id, occurred_at DESC, event_id DESC);

CREATE TRIGGER access_events_keep BEFORE UPDATE OR DELETE ON access_events
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER access_events_keep_all BEFORE UPDATE OR DELETE OR TRUNCATE ON access_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Events of a class that no partition was made for yet.
CREATE TABLE access_events_default PARTITION OF access_events DEFAULT;
CREATE TRIGGER access_events_keep_all BEFORE UPDATE OR DELETE OR TRUNCATE ON access_events_default
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE relay_cursors (
    name          text PRIMARY KEY,
    last_txid     xid8 NOT NULL,
    last_event_id text COLLATE "C" NOT NULL,
    pending       jsonb,
    owner         text,
    lease_until   timestamptz NOT NULL,
    fencing_token bigint NOT NULL
);
COMMENT ON TABLE relay_cursors IS 'How far each reader of the journal has come';
COMMENT ON COLUMN relay_cursors.last_txid IS 'With last_event_id: the last event that was confirmed';
COMMENT ON COLUMN relay_cursors.pending IS
    'Bounds of the batches that are being published; read again exactly after a crash';
COMMENT ON COLUMN relay_cursors.owner IS 'The relay that holds the lease';
COMMENT ON COLUMN relay_cursors.fencing_token IS
    'Rises with every claim and confirmation, so that a relay that lost its lease changes nothing';
INSERT INTO relay_cursors (name, last_txid, last_event_id, lease_until, fencing_token)
    VALUES ('access_events', '0', '', '-infinity', 0);

ALTER TABLE tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;
ALTER TABLE portal_accounts ENABLE ROW LEVEL SECURITY;
ALTER TABLE portal_accounts FORCE ROW LEVEL SECURITY;
ALTER TABLE access_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE access_events FORCE ROW LEVEL SECURITY;
-- Partitions are reached through their parent's policies; on their own they have none, so that
-- whoever names one sees nothing.
ALTER TABLE access_events_default ENABLE ROW LEVEL SECURITY;
ALTER TABLE access_events_default FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON tenants TO portal_app, portal_owner
    USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
CREATE POLICY tenant ON portal_accounts TO portal_app, portal_owner
    USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
CREATE POLICY tenant_reads ON access_events FOR SELECT TO portal_app
    USING (tenant_id = current_tenant());
CREATE POLICY tenant_writes ON access_events FOR INSERT TO portal_app
    WITH CHECK (tenant_id = current_tenant());

-- The fence compares versions across the tenants of a batch; the class of partition comes along.
CREATE POLICY journal_fence ON portal_accounts FOR SELECT TO portal_journal USING (true);
CREATE POLICY journal_retention ON tenants FOR SELECT TO portal_journal USING (true);
CREATE POLICY journal_writes ON access_events FOR INSERT TO portal_journal WITH CHECK (true);
CREATE POLICY worker_reads ON access_events FOR SELECT TO portal_worker USING (true);

GRANT SELECT ON tenants, portal_accounts, access_events TO portal_app;
GRANT SELECT (tenant_id, retention_years) ON tenants TO portal_journal;
GRANT SELECT (tenant_id, account_id, status, version) ON portal_accounts TO portal_journal;
-- Never txid: it is the database's own word.
GRANT INSERT (tenant_id, event_id, retention_years, occurred_at, account_id, patient_id,
    actor_kind, identity_hash, client_id, event_type, outcome, reason_code, resource_type,
    resource_ids, resource_count, query_keys, operation, client_address, user_agent_class,
    request_id) ON access_events TO portal_app, portal_journal;
GRANT SELECT ON access_events TO portal_worker;
GRANT SELECT, UPDATE ON relay_cursors TO portal_worker;
REVOKE UPDATE, DELETE, TRUNCATE ON access_events, access_events_default FROM portal_owner;

-- `serve` compares the schema with its own before it is ready.
GRANT SELECT ON _sqlx_migrations TO portal_app, portal_journal, portal_worker;
