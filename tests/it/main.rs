//! The black-box tests: one binary, a file a theme.

mod access_log;
mod access_table;
mod apps;
mod bad_input;
mod chart;
mod compile_fail;
mod delegations;
mod durability;
mod failure;
mod generated;
mod idempotency;
mod leaks;
mod log_redaction;
mod outbox;
mod outside;
mod pods;
mod program;
mod proxy_delegation;
mod races;
mod rbac_matrix;
mod records;
mod registrations;
mod release_policy;
mod shutdown;
mod smart_scopes;
mod tenant_isolation;
