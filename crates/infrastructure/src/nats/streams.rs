//! The streams that keep what is published: one for each time of keeping, because a stream has one
//! age.

use std::time::Duration;

use async_nats::jetstream::context::Context;
use async_nats::jetstream::stream::{Config, StorageType};
use portal_application::ports::EventBusError;
use portal_domain::event::{EventKind, Retention};

use super::NatsSettings;

/// A second message of the same id within this time is dropped (docs.nats.io, "Message
/// Deduplication").
const DUPLICATE_WINDOW: Duration = Duration::from_mins(10);
const DAY: Duration = Duration::from_hours(24);

impl NatsSettings {
    /// The stream that keeps events for such a time.
    pub fn stream(&self, retention: Retention) -> String {
        format!("{}_{}", self.stream_prefix, retention.as_str())
    }

    /// The subject of events of a kind.
    pub fn subject(&self, kind: EventKind) -> String {
        format!("{}.{}", self.subject_prefix, kind.subject)
    }

    /// A stream lists its subjects one by one: a wildcard would claim those of other streams.
    fn config(&self, retention: Retention) -> Config {
        let kinds = EventKind::published().filter(|kind| kind.retention == retention);
        let days = u32::try_from(retention.days()).unwrap_or(u32::MAX);
        Config {
            name: self.stream(retention),
            subjects: kinds.map(|kind| self.subject(kind)).collect(),
            max_age: DAY * days,
            duplicate_window: DUPLICATE_WINDOW,
            storage: StorageType::File,
            description: Some(format!(
                "Events of the patient portal that are kept for {days} days"
            )),
            ..Config::default()
        }
    }
}

/// Makes the streams that are missing, and gives those that are there the subjects that they lack.
pub(super) async fn ensure(
    context: &Context,
    settings: &NatsSettings,
) -> Result<(), EventBusError> {
    for retention in Retention::ALL {
        let config = settings.config(retention);
        // Without subjects a stream would listen to its own name.
        if !config.subjects.is_empty() {
            ensure_one(context, config).await?;
        }
    }
    Ok(())
}

async fn ensure_one(context: &Context, wanted: Config) -> Result<(), EventBusError> {
    let subjects = wanted.subjects.clone();
    let stream = context
        .get_or_create_stream(wanted)
        .await
        .map_err(|_| EventBusError::Unavailable)?;
    let mut present = stream.cached_info().config.clone();
    let missing: Vec<_> = subjects
        .into_iter()
        .filter(|subject| !present.subjects.contains(subject))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    present.subjects.extend(missing);
    context
        .update_stream(&present)
        .await
        .map_err(|_| EventBusError::Unavailable)?;
    Ok(())
}
