-- Events of other services change tenants, accounts and delegations.

SET LOCAL lock_timeout = '2s';

ALTER TABLE tenants ADD COLUMN status_since timestamptz;
COMMENT ON COLUMN tenants.status_since IS
    'When the platform said last that it is active or suspended; an older word changes nothing';
ALTER TABLE portal_accounts ADD COLUMN status_since timestamptz;
COMMENT ON COLUMN portal_accounts.status_since IS
    'Since when it stands where it stands; none from the beginning';

-- A tenant begins with the event that it was activated, once its licence is confirmed.
GRANT INSERT (tenant_id, name, region, time_zone, locale, calendar, currency, status_since,
    created_at, updated_at) ON tenants TO portal_app;
GRANT UPDATE (status_since) ON tenants TO portal_app;
GRANT UPDATE (status_since) ON portal_accounts TO portal_app;
-- Of two records that became one.
GRANT UPDATE (grantor_patient_id) ON proxy_delegations TO portal_app;
GRANT DELETE ON proxy_approvals TO portal_app;

-- No row was ever written here before.
ALTER TABLE inbox_messages DROP COLUMN event_type;
ALTER TABLE inbox_messages RENAME COLUMN consumer TO kind;
COMMENT ON COLUMN inbox_messages.kind IS
    'What it is, by its usual type: the ids of different sources may be the same';
ALTER TABLE inbox_messages DROP CONSTRAINT inbox_messages_outcome_check,
    ADD CONSTRAINT inbox_messages_outcome_check CHECK (outcome IN ('handled', 'ignored'));

ALTER TABLE inbox_dead_letters RENAME COLUMN consumer TO stream;
ALTER TABLE inbox_dead_letters ADD CONSTRAINT inbox_dead_letters_message
    UNIQUE (stream, stream_sequence, payload_hash);
COMMENT ON TABLE inbox_dead_letters IS
    'Messages that were given up, whose ever they are: an operator finds them in their stream';
GRANT INSERT (stream, subject, stream_sequence, reason, payload_hash, received_at)
    ON inbox_dead_letters TO portal_app;
REVOKE INSERT ON inbox_dead_letters FROM portal_worker;
