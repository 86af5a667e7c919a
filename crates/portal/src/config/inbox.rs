//! What is heard of other services.

use std::sync::Arc;

use portal_application::inbox::Subscriptions;
use portal_infrastructure::crypto::HookSecrets;

use super::reader::Reader;
use super::setting::{Form, Secrecy, Setting};

pub(super) static INBOX_EVENTS: Setting = Setting::new(
    "INBOX_EVENTS",
    Form::Own("JSON object"),
    r#"{"registration.patient.merged.v1":{"stream":"EVENTS","source":"acme/mpi"},"tenant.config.changed.v1":null}"#,
    "What differs from the usual streams, subjects, types and sources of the events that are \
     consumed (docs/EVENT_SCHEMAS.md), by their usual type; null for what is not consumed. \
     Nothing is without NATS_URL.",
);

pub(super) static FHIR_HOOKS: Setting = Setting::new(
    "FHIR_HOOKS",
    Form::Own("comma list of tenant:source:secret"),
    "kabul:laboratory:<openssl rand -hex 32>",
    "Sources that say that a patient's records have changed, by POST /internal/portal/hooks/fhir \
     with `Authorization: Bearer <secret>`; the source * stands for all. A second secret of the \
     same source lets it be changed without a pause. Without this nobody is believed.",
)
.secrecy(Secrecy::Secret);

pub(super) static SETTINGS: [&Setting; 2] = [&INBOX_EVENTS, &FHIR_HOOKS];

/// None if it is malformed.
pub(super) fn hooks(reader: &mut Reader<'_>) -> Option<Arc<HookSecrets>> {
    if reader.text(&FHIR_HOOKS).is_none() {
        return Some(Arc::default());
    }
    let hooks = reader.read_adapted(&FHIR_HOOKS, HookSecrets::parse);
    hooks.map(Arc::new)
}

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
