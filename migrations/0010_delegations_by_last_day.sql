-- no-transaction
-- The sweep looks every minute for what is past its last day. In a file of its own, because it is
-- made beside people who invite.
CREATE INDEX CONCURRENTLY IF NOT EXISTS proxy_delegations_by_last_day
    ON proxy_delegations (tenant_id, valid_to) WHERE status IN ('invited', 'accepted', 'active');
