-- no-transaction
-- Staff list a tenant's accounts of one state. In a file of its own, because it is made beside
-- people who log in.
CREATE INDEX CONCURRENTLY IF NOT EXISTS portal_accounts_by_status
    ON portal_accounts (tenant_id, status, account_id);
