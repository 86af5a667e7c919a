-- no-transaction
-- Links end when their patient dies or their record is taken over. In a file of its own, because
-- it is made beside people who register.
CREATE INDEX CONCURRENTLY IF NOT EXISTS verification_tokens_by_patient
    ON verification_tokens (tenant_id, patient_id) WHERE ended_at IS NULL;
