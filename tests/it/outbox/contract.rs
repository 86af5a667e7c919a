//! What is published is what `openapi` says: a schema a type, and one document that lists them.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use jiff::Timestamp;
use portal_application::inbox::Subscriptions;
use portal_application::ports::OutboxMessage;
use portal_application::relay::event_message;
use portal_domain::account::AccountStatus;
use portal_domain::event::{EventKind, KINDS, PortalEvent};
use portal_domain::id::OutboxEventId;
use portal_domain::notification::NotificationCategory;
use portal_domain::proxy_delegation::DelegationRight;
use portal_infrastructure::nats::NatsSettings;
use portal_tests::schemas;
use serde_json::Value;
use serde_json::value::to_raw_value;

use super::samples::every_event;

/// An event as the relay sends it.
fn sent(event: &PortalEvent, is_full: bool) -> Value {
    let message = OutboxMessage {
        tenant_id: "north".parse().expect("an id"),
        event_id: OutboxEventId::new(ulid::Ulid::new()),
        lane: 0,
        aggregate_id: event.aggregate_id(),
        event_type: event.kind().event_type.to_owned(),
        data: to_raw_value(&event.data()).expect("JSON"),
        correlation_id: is_full.then(|| "request-1".to_owned()),
        traceparent: is_full
            .then(|| "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
        occurred_at: Timestamp::UNIX_EPOCH,
        attempts: 0,
    };
    let sent = event_message(&message, "ghasi/patient-portal").expect("a known type");
    serde_json::from_slice(&sent.payload).expect("JSON")
}

fn members(value: &Value) -> BTreeSet<&str> {
    value
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect()
}

fn words(value: &Value) -> BTreeSet<&str> {
    let words = value.as_array().expect("a list").iter();
    words.map(|word| word.as_str().expect("a word")).collect()
}

#[test]
fn every_type_has_a_schema_and_every_schema_a_type() {
    let published: BTreeSet<_> = EventKind::published().map(|kind| kind.event_type).collect();
    let described: BTreeSet<_> = schemas::all().keys().map(String::as_str).collect();
    assert_eq!(published, described);
    for (event_type, schema) in schemas::all() {
        assert_eq!(
            schema.document["properties"]["type"]["const"],
            event_type.as_str()
        );
    }
    let samples: BTreeSet<_> = every_event(true)
        .iter()
        .map(|event| event.kind().event_type)
        .collect();
    assert_eq!(samples.len(), KINDS.len(), "a sample of every kind");
}

#[test]
fn a_schema_lists_what_an_event_says_and_nothing_else() {
    for (full, bare) in every_event(true).iter().zip(every_event(false)) {
        let (full, bare) = (sent(full, true), sent(&bare, false));
        for event in [&full, &bare] {
            assert_eq!(schemas::faults(event), [""; 0], "{}", event["type"]);
        }
        let schema = &schemas::all()[full["type"].as_str().expect("a type")].document;
        let data = &schema["properties"]["data"];
        assert_eq!(members(&schema["properties"]), members(&full));
        assert_eq!(members(&data["properties"]), members(&full["data"]));
        assert_eq!(words(&schema["required"]), members(&bare));
        assert_eq!(words(&data["required"]), members(&bare["data"]));
    }
}

#[test]
fn a_schema_lists_the_words_of_the_domain() {
    let data = |event_type: &str| {
        let schema = &schemas::all()[event_type].document;
        schema["properties"]["data"]["properties"].clone()
    };
    let created = data("portal.account.created.v1");
    for status in words(&created["status"]["enum"]) {
        assert!(AccountStatus::parse(status).is_some(), "{status}");
    }
    for delegation in ["granted", "accepted", "revoked", "expired"] {
        let data = data(&format!("portal.proxy.{delegation}.v1"));
        let rights: BTreeSet<_> = DelegationRight::ALL
            .iter()
            .map(|right| right.as_str())
            .collect();
        assert_eq!(words(&data["scope"]["items"]["enum"]), rights);
    }
    let notice = data("portal.notification.requested.v1");
    let categories: BTreeSet<_> = NotificationCategory::ALL
        .iter()
        .map(|word| word.as_str())
        .collect();
    assert_eq!(words(&notice["category"]["enum"]), categories);
}

#[test]
fn a_schema_refuses_what_it_does_not_list() {
    for event in every_event(true) {
        let mut more = sent(&event, true);
        more["data"]["name"] = "Ada".into();
        assert_ne!(schemas::faults(&more), [""; 0], "{}", more["type"]);
        let mut less = sent(&event, true);
        less.as_object_mut().expect("an object").remove("tenantid");
        assert_ne!(schemas::faults(&less), [""; 0], "{}", less["type"]);
    }
}

/// `openapi/asyncapi.yaml`, from the kinds and the titles of their schemas.
fn asyncapi() -> String {
    let names = NatsSettings::default();
    let (mut channels, mut operations, mut messages) =
        (String::new(), String::new(), String::new());
    for kind in EventKind::published() {
        let name = kind.subject.replace('.', "_");
        let title = &schemas::all()[kind.event_type].document["title"];
        let title = title.as_str().expect("a title");
        let (subject, stream) = (names.subject(kind), names.stream(kind.retention));
        let days = kind.retention.days();
        write!(
            channels,
            "  {name}:\n    address: {subject}\n    description: Kept for {days} days in the \
             stream {stream}.\n    messages:\n      {name}:\n        $ref: \
             '#/components/messages/{name}'\n"
        )
        .expect("text");
        write!(
            operations,
            "  send_{name}:\n    action: send\n    channel:\n      $ref: '#/channels/{name}'\n"
        )
        .expect("text");
        write!(
            messages,
            "    {name}:\n      name: {event_type}\n      title: {title}\n      headers:\n        \
             $ref: '#/components/schemas/headers'\n      payload:\n        schemaFormat: \
             application/schema+json;version=draft-07\n        schema:\n          $ref: \
             ./events/{event_type}.schema.json\n",
            event_type = kind.event_type
        )
        .expect("text");
    }
    for subscription in Subscriptions::default().iter() {
        let (kind, stream) = (subscription.kind.as_str(), &subscription.stream);
        let file = kind.replace('*', "any");
        let name = file.replace(['.', '-'], "_");
        let title = &schemas::consumed()[kind].document["title"];
        let title = title.as_str().expect("a title");
        write!(
            channels,
            "  {name}:\n    address: {subject}\n    description: Of {source}, in the stream \
             {stream}.\n    messages:\n      {name}:\n        $ref: \
             '#/components/messages/{name}'\n",
            subject = subscription.subject,
            source = subscription.source,
        )
        .expect("text");
        write!(
            operations,
            "  receive_{name}:\n    action: receive\n    channel:\n      $ref: \
             '#/channels/{name}'\n"
        )
        .expect("text");
        write!(
            messages,
            "    {name}:\n      name: {kind}\n      title: {title}\n      payload:\n        \
             schemaFormat: application/schema+json;version=draft-07\n        schema:\n          \
             $ref: ./consumed-events/{file}.schema.json\n"
        )
        .expect("text");
    }
    format!(
        "{HEAD}channels:\n{channels}operations:\n{operations}{COMPONENTS}  messages:\n{messages}"
    )
}

const HEAD: &str = "\
asyncapi: 3.0.0
info:
  title: Patient portal events
  version: 1.0.0
  description: >-
    What happened in the patient portal, as CloudEvents 1.0 in structured JSON over NATS JetStream.
    Ids and codes only. Each event is published at least once; consumers see it once by its id.
    And what the portal hears of other services, by its usual names.
defaultContentType: application/cloudevents+json
servers:
  jetstream:
    host: nats:4222
    protocol: nats
";

const COMPONENTS: &str = "\
components:
  schemas:
    headers:
      type: object
      required: [Nats-Msg-Id]
      properties:
        Nats-Msg-Id:
          type: string
          description: The id of the event. The bus drops a second message of the same id within ten minutes.
";

#[test]
fn the_document_lists_what_is_published_and_what_is_heard() {
    let file = schemas::folder().join("asyncapi.yaml");
    let wanted = asyncapi();
    if std::env::var_os("WRITE_ASYNCAPI").is_some() {
        std::fs::write(&file, &wanted).expect("the document can be written");
    }
    let committed = std::fs::read_to_string(file).unwrap_or_default();
    assert!(
        committed == wanted,
        "openapi/asyncapi.yaml is old: run this test with WRITE_ASYNCAPI=1"
    );
}
