-- By which ids sources know patients, where they do not use those of registration.

SET LOCAL lock_timeout = '2s';

CREATE TABLE patient_links (
    tenant_id         text COLLATE "C" NOT NULL REFERENCES tenants,
    patient_id        text COLLATE "C" NOT NULL,
    base              text COLLATE "C" NOT NULL,
    system            text COLLATE "C" NOT NULL,
    source_patient_id text COLLATE "C" NOT NULL,
    verified_at       timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, patient_id, base),
    CONSTRAINT patient_links_one_patient UNIQUE (tenant_id, base, source_patient_id)
);
COMMENT ON TABLE patient_links IS
    'Found by an identifier that both carry; looked up again whenever a row is missing';
COMMENT ON COLUMN patient_links.base IS 'The URL of the source''s base as this tenant reaches it';
COMMENT ON COLUMN patient_links.system IS 'The system of the identifier';
COMMENT ON COLUMN patient_links.verified_at IS 'When the source last named this id';

ALTER TABLE patient_links ENABLE ROW LEVEL SECURITY;
ALTER TABLE patient_links FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON patient_links TO portal_app, portal_owner
    USING (tenant_id = current_tenant()) WITH CHECK (tenant_id = current_tenant());

GRANT SELECT, INSERT, DELETE ON patient_links TO portal_app;
GRANT UPDATE (system, source_patient_id, verified_at) ON patient_links TO portal_app;
