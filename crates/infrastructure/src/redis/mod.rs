//! Redis 7: the cache of owned sets. Nothing here may fail a request.

mod back_off;
mod encoding;
mod link;
mod names;
mod near;
mod record_cache;
mod settings;

pub use record_cache::RedisRecordCache;
pub use settings::RedisSettings;
