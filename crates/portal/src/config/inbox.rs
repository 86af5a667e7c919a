//! What is heard of other services.

use std::sync::Arc;

use portal_application::inbox::Subscriptions;

use super::reader::Reader;
use super::setting::{Form, Setting};

pub(super) static INBOX_EVENTS: Setting = Setting::new(
    "INBOX_EVENTS",
    Form::Own("JSON object"),
    r#"{"registration.patient.merged.v1":{"stream":"EVENTS","source":"acme/mpi"},"tenant.config.changed.v1":null}"#,
    "What differs from the usual streams, subjects, types and sources of the events that are \
     consumed (docs/EVENT_SCHEMAS.md), by their usual type; null for what is not consumed. \
     Nothing is without NATS_URL.",
);

pub(super) static SETTINGS: [&Setting; 1] = [&INBOX_EVENTS];

/// None if it is malformed.
pub(super) fn subscriptions(reader: &mut Reader<'_>) -> Option<Arc<Subscriptions>> {
    let Some(text) = reader.text(&INBOX_EVENTS) else {
        return Some(Arc::default());
    };
    match Subscriptions::parse(text) {
        Ok(subscriptions) => Some(Arc::new(subscriptions)),
        Err(fault) => {
            let expected = "an object of events, such as {\"tenant.config.changed.v1\":null}";
            reader.fault(&INBOX_EVENTS, fault.to_string(), expected);
            None
        }
    }
}
