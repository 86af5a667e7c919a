-- Proxy delegations, the history of what tenants decide for themselves, and acts for others in
-- the access journal.
--
-- Locks are taken in the order of the journal's own statement (tenants, accounts, events), so that
-- neither waits for the other in a circle, and the journal is held up last and for the shortest.

SET LOCAL lock_timeout = '2s';

CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger
    LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or removed', TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TABLE tenant_configs (
    tenant_id  text COLLATE "C" NOT NULL REFERENCES tenants,
    version    bigint NOT NULL CHECK (version > 0),
    document   jsonb NOT NULL CHECK (jsonb_typeof(document) = 'object'),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, version)
);
COMMENT ON TABLE tenant_configs IS
    'What each tenant decided for itself, every version of it; tenants.config_version is in force';
COMMENT ON COLUMN tenant_configs.document IS
    'Release policy, age bands, code lists; a member that is absent has its default';

-- A privilege would not do: the check of the foreign key below needs the owner's.
CREATE TRIGGER tenant_configs_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON tenant_configs
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Not validated: looking through the rows would ask the policies for one tenant, and every row's
-- value is null.
ALTER TABLE tenants
    ADD COLUMN config_version bigint,
    ADD CONSTRAINT tenants_config_exists
        FOREIGN KEY (tenant_id, config_version) REFERENCES tenant_configs (tenant_id, version)
        NOT VALID;
COMMENT ON COLUMN tenants.config_version IS 'The version of tenant_configs in force; none: defaults';
COMMENT ON COLUMN tenants.version IS
    'Rises with every change, one of config_version included; the journal keeps an event only while it is unchanged';

CREATE TABLE proxy_delegations (
    tenant_id          text COLLATE "C" NOT NULL REFERENCES tenants,
    delegation_id      text COLLATE "C" NOT NULL,
    status             text NOT NULL CHECK (status IN
        ('invited', 'accepted', 'active', 'revoked', 'expired', 'declined')),
    relationship_type  text NOT NULL CHECK (relationship_type IN
        ('parent', 'guardian', 'caregiver', 'spouse', 'authorized_representative')),
    grantor_patient_id text COLLATE "C" NOT NULL,
    proxy_account_id   text COLLATE "C",
    scope              text[] NOT NULL,
    sensitive          text[] NOT NULL DEFAULT '{}',
    valid_from         date NOT NULL,
    valid_to           date,
    court_order        boolean NOT NULL DEFAULT false,
    document_reference text,
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL,
    version            bigint NOT NULL DEFAULT 1,
    PRIMARY KEY (tenant_id, delegation_id),
    CONSTRAINT proxy_delegations_proxy_account
        FOREIGN KEY (tenant_id, proxy_account_id) REFERENCES portal_accounts,
    CONSTRAINT proxy_delegations_accepted_by_somebody
        CHECK (status NOT IN ('accepted', 'active') OR proxy_account_id IS NOT NULL),
    CONSTRAINT proxy_delegations_scope_not_empty
        CHECK (cardinality(scope) > 0 AND array_position(scope, NULL) IS NULL),
    CONSTRAINT proxy_delegations_sensitive_is_whole CHECK (array_position(sensitive, NULL) IS NULL),
    CONSTRAINT proxy_delegations_ends_after_it_begins CHECK (valid_to >= valid_from),
    CONSTRAINT proxy_delegations_legal_has_document CHECK
        (relationship_type NOT IN ('parent', 'guardian') OR document_reference IS NOT NULL)
);
COMMENT ON COLUMN proxy_delegations.relationship_type IS
    'parent and guardian are legal, the others voluntary';
COMMENT ON COLUMN proxy_delegations.grantor_patient_id IS
    'Whose record is opened; who need not have an account';
COMMENT ON COLUMN proxy_delegations.proxy_account_id IS
    'Who may act; none while nobody has accepted the invitation';
COMMENT ON COLUMN proxy_delegations.sensitive IS
    'Sensitive categories that the grantor opened; of voluntary delegations only';
COMMENT ON COLUMN proxy_delegations.valid_to IS 'The last day, in the tenant''s zone; none: open';
COMMENT ON COLUMN proxy_delegations.court_order IS
    'Ordered by a court: a guardian''s delegation then outlives the patient''s majority';
COMMENT ON COLUMN proxy_delegations.document_reference IS
    'Where the paper is that a legal delegation rests on';
COMMENT ON COLUMN proxy_delegations.version IS
    'Rises with every change; the journal keeps an event only while it is unchanged';

CREATE UNIQUE INDEX proxy_delegations_one_open
    ON proxy_delegations (tenant_id, grantor_patient_id, proxy_account_id)
    WHERE status IN ('accepted', 'active');
-- Whole, because the foreign key to accounts needs it too.
CREATE INDEX proxy_delegations_by_proxy
    ON proxy_delegations (tenant_id, proxy_account_id, status, delegation_id);
CREATE INDEX proxy_delegations_by_grantor ON proxy_delegations (tenant_id, grantor_patient_id);

-- With portal_accounts_one_per_patient, which holds the open ones, this finds the account of a
-- grantor whatever its status. Closed accounts are few, so that writers wait for one scan only.
CREATE INDEX portal_accounts_closed_by_patient
    ON portal_accounts (tenant_id, patient_id, created_at DESC) WHERE status = 'closed';

ALTER TABLE tenant_configs ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenant_configs FORCE ROW LEVEL SECURITY;
ALTER TABLE proxy_delegations ENABLE ROW LEVEL SECURITY;
ALTER TABLE proxy_delegations FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON tenant_configs TO portal_app, portal_owner
    USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
CREATE POLICY tenant ON proxy_delegations TO portal_app, portal_owner
    USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());
-- The fence compares versions across the tenants of a batch.
CREATE POLICY journal_fence ON proxy_delegations FOR SELECT TO portal_journal USING (true);

GRANT SELECT ON tenant_configs, proxy_delegations TO portal_app;
GRANT SELECT (tenant_id, delegation_id, status, version) ON proxy_delegations TO portal_journal;
GRANT SELECT (version) ON tenants TO portal_journal;

ALTER TABLE access_events
    ADD COLUMN acting_as_proxy boolean NOT NULL DEFAULT false,
    ADD COLUMN proxy_delegation_id text COLLATE "C";
COMMENT ON COLUMN access_events.acting_as_proxy IS
    'The account acted for the patient, not for itself';
GRANT INSERT (acting_as_proxy, proxy_delegation_id) ON access_events TO portal_app, portal_journal;
