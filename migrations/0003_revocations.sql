-- What tokens are refused by although they have not expired.

SET LOCAL lock_timeout = '2s';

CREATE TABLE revocations (
    tenant_id  text COLLATE "C" NOT NULL REFERENCES tenants,
    kind       text COLLATE "C" NOT NULL
        CHECK (kind IN ('session', 'token', 'subject', 'subject_client')),
    key_hash   bytea NOT NULL CHECK (octet_length(key_hash) = 32),
    not_before timestamptz NOT NULL CHECK (isfinite(not_before)),
    until      timestamptz CHECK (isfinite(until)),
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (tenant_id, kind, key_hash)
) WITH (
    -- Every pod reads what changed lately every two seconds: dead rows are paid for again and
    -- again.
    fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 200,
    autovacuum_vacuum_insert_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05
);
COMMENT ON TABLE revocations IS
    'Tokens of a session, an id, a subject or a subject with a client that count no longer';
COMMENT ON COLUMN revocations.key_hash IS
    'HMAC-SHA-256 of kind, issuer and what is named, under the oldest key of the ring';
COMMENT ON COLUMN revocations.not_before IS
    'Tokens whose iat is not later are refused, in whole seconds; only ever moved forwards';
COMMENT ON COLUMN revocations.until IS
    'When every such token has expired and the entry may be removed; null: never';
COMMENT ON COLUMN revocations.changed_at IS
    'Readers follow it with an overlap, because a transaction may commit after a later one';

CREATE INDEX revocations_by_change ON revocations (changed_at, tenant_id, kind, key_hash);

-- Whoever forgot to say that a row changed would keep it from every pod's list.
CREATE FUNCTION note_revocation_change() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    NEW.changed_at := clock_timestamp();
    RETURN NEW;
END
$$;
CREATE TRIGGER revocations_note_change BEFORE INSERT OR UPDATE ON revocations
    FOR EACH ROW EXECUTE FUNCTION note_revocation_change();

ALTER TABLE revocations ENABLE ROW LEVEL SECURITY;
ALTER TABLE revocations FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON revocations TO portal_app, portal_owner
    USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
-- Every pod holds the list of all tenants.
CREATE POLICY journal_follows ON revocations FOR SELECT TO portal_journal USING (true);

GRANT SELECT ON revocations TO portal_app, portal_journal;
-- Never changed_at: it is the database's own word.
GRANT INSERT (tenant_id, kind, key_hash, not_before, until),
    UPDATE (not_before, until) ON revocations TO portal_app;
