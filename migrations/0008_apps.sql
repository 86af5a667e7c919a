-- An app of a proxy stands in the grantor's list too, by the delegation that it uses.

SET LOCAL lock_timeout = '2s';

ALTER TABLE app_uses ADD COLUMN delegation_id text COLLATE "C" NOT NULL DEFAULT '';
COMMENT ON COLUMN app_uses.delegation_id IS
    'By which delegation about the account''s record a proxy''s app uses it; empty: the account''s own';

-- Nothing has written the table yet, so that the new key is made of nothing.
ALTER TABLE app_uses DROP CONSTRAINT app_uses_pkey;
ALTER TABLE app_uses
    ADD CONSTRAINT app_uses_pkey PRIMARY KEY (tenant_id, account_id, client_id, delegation_id);
