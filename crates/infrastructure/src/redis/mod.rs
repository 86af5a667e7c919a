//! Redis 7: the cache of owned sets, and budgets that pods share. Nothing here may fail a request.

mod back_off;
mod budget;
mod encoding;
mod link;
mod names;
mod near;
mod rate_limits;
mod record_cache;
mod reporter;
mod settings;
mod shared_budget;

pub use rate_limits::{Quotas, RedisRateLimits};
pub use record_cache::RedisRecordCache;
pub use settings::RedisSettings;
