//! PostgreSQL: tenants, accounts, delegations, the access journal, its relay, and the schema itself.
//!
//! Each login may do only its own part (see the first migration), under row-level security that
//! is forced on everybody. Request work runs one tenant a transaction.

mod access_log;
mod account_views;
mod app_uses;
mod breaker;
mod check;
mod clock_watch;
mod database;
mod deliveries;
mod error;
mod facts;
mod import;
mod import_line;
mod journal;
mod migrate;
mod outbox;
mod partitions;
mod patient_links;
mod provider_tasks;
mod relay;
mod revocations;
mod staff;
mod unit_of_work;
mod upkeep;

#[cfg(test)]
mod catalog_tests;
#[cfg(test)]
mod security_tests;
#[cfg(test)]
mod test_database;

pub use access_log::PgAccessLog;
pub use account_views::PgAccountViews;
pub use app_uses::PgAppUses;
pub use check::CheckError;
pub use clock_watch::ClockWatch;
pub use database::{Database, DatabaseUrlInvalid, Login};
pub use deliveries::{DeliverySeal, PgDeliveries};
pub use facts::PgFacts;
pub use import::{Import, ImportCode, ImportOutcome, ImportResult};
pub use import_line::{
    AccountLine, DelegationLine, ImportLine, LineFault, RevocationLine, Revoked, TenantLine,
};
pub use journal::PgJournal;
pub use migrate::{MigrateError, MigrateReport, migrate};
pub use outbox::{NewMessage, OutboxListener, PgOutboxRelay, push as push_event};
pub use patient_links::PgPatientLinks;
pub use provider_tasks::PgProviderTasks;
pub use relay::PgJournalRelay;
pub use revocations::{PgRevocations, PgRevoker, Revocation};
pub use staff::PgStaffRecords;
pub use unit_of_work::{PgUnitsOfWork, UnitsOfWorkParts};
pub use upkeep::PgUpkeep;
