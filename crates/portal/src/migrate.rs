//! The role `migrate`.

use portal_application::ports::Clock as _;
use portal_infrastructure::postgres::{MigrateError, migrate};
use portal_infrastructure::system::SystemClock;
use secrecy::ExposeSecret as _;

use crate::config::OperateConfig;

/// Brings the schema up to date and makes partitions ahead.
pub(crate) async fn run(config: &OperateConfig) -> Result<(), MigrateError> {
    migrate(config.owner_url.expose_secret(), SystemClock.now()).await?;
    Ok(())
}
