//! The platform's other services, as the bus hears them: streams of one scene alone.

use std::time::Duration;

use async_nats::jetstream::consumer::PullConsumer;
use async_nats::jetstream::{self, stream};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::environment::required;
use crate::events::AccessEvents;
use crate::portal::TestPortal;

/// Each kind that is consumed, with the service that says so.
const KINDS: [(&str, &str); 13] = [
    ("tenant.tenant.activated.v1", "tenant"),
    ("tenant.tenant.suspended.v1", "tenant"),
    ("tenant.config.changed.v1", "tenant"),
    ("licensing.entitlement.granted.v1", "licensing"),
    ("licensing.entitlement.revoked.v1", "licensing"),
    ("IDENTITY.patient.registered.v1", "identity"),
    ("identity.user.registered.v1", "identity"),
    ("identity.user.suspended.v1", "identity"),
    ("identity.user.deactivated.v1", "identity"),
    ("identity.session.revoked.v1", "identity"),
    ("registration.patient.updated.v1", "registration"),
    (
        "registration.patient.vital-status-changed.v1",
        "registration",
    ),
    ("registration.patient.merged.v1", "registration"),
];
/// Each kind that only says that records have changed, with the service that says so. A kind that
/// ends in a star is a family of types.
const RECORD_KINDS: [(&str, &str); 13] = [
    ("diag.laboratory.result.released", "laboratory"),
    ("diag.radiology.report.signed", "radiology"),
    ("diag.radiology.report.amended", "radiology"),
    ("SCHEDULING.appointment.created", "scheduling"),
    ("SCHEDULING.appointment.updated", "scheduling"),
    ("SCHEDULING.appointment.cancelled", "scheduling"),
    ("appointment.reminder.sent", "scheduling"),
    ("medication.prescription.*", "medication"),
    ("medication.refill.*", "medication"),
    ("communication.message.sent", "communication"),
    ("patient_chart.*", "patient-chart"),
    ("IMMUNIZATIONS.*", "immunizations"),
    ("claims.*", "claims"),
];
/// Services with a stream of their own; the clinical ones share one.
const STREAMS: [&str; 5] = [
    "tenant",
    "licensing",
    "identity",
    "registration",
    "clinical",
];

fn all_kinds() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    KINDS.iter().chain(&RECORD_KINDS)
}

fn stream_of(service: &str) -> &str {
    let is_own = KINDS.iter().any(|(_, own)| *own == service);
    if is_own { service } else { "clinical" }
}

/// The streams of other services.
#[derive(Clone)]
pub struct Platform {
    context: jetstream::Context,
    unique: String,
}

impl Platform {
    /// Makes the streams.
    pub async fn start(url: &str, unique: &str) -> Self {
        let client = async_nats::connect(url).await.expect("NATS is there");
        let platform = Self {
            context: jetstream::new(client),
            unique: unique.to_owned(),
        };
        for name in STREAMS {
            let kinds = all_kinds().filter(|(_, service)| stream_of(service) == name);
            let config = stream::Config {
                name: platform.stream(name),
                subjects: kinds.map(|(kind, _)| platform.subject(kind)).collect(),
                ..stream::Config::default()
            };
            let made = platform.context.create_stream(config).await;
            made.expect("a stream");
        }
        platform
    }

    /// Every kind that is consumed, but for those that only say that records have changed.
    pub fn kinds() -> impl Iterator<Item = &'static str> {
        KINDS.iter().map(|(kind, _)| *kind)
    }

    /// Every kind that only says that records have changed.
    pub fn record_kinds() -> impl Iterator<Item = &'static str> {
        RECORD_KINDS.iter().map(|(kind, _)| *kind)
    }

    /// The setting by which a service reads these streams.
    pub fn setting(&self) -> String {
        let one = |(kind, service): &(&str, &str)| {
            let stream = self.stream(stream_of(service));
            let places = json!({"stream": stream, "subject": self.subject(kind)});
            ((*kind).to_owned(), places)
        };
        Value::Object(all_kinds().map(one).collect::<Map<_, _>>()).to_string()
    }

    fn stream(&self, name: &str) -> String {
        format!("PLATFORM_{}_{name}", self.unique)
    }

    /// Where events of a kind come in; of a family, the pattern of its subjects.
    pub fn subject(&self, kind: &str) -> String {
        let pattern = kind.strip_suffix(".*").map(|family| format!("{family}.>"));
        let kind = pattern.as_deref().unwrap_or(kind);
        format!("{}.{kind}", self.unique)
    }

    /// An event as its service would send it: of a kind, or of a type of a family.
    pub fn event(tenant: &str, kind: &str, data: &Value, at: Timestamp) -> Value {
        let is_of = |name: &str| match name.strip_suffix('*') {
            Some(family) => kind.starts_with(family),
            None => name == kind,
        };
        let found = all_kinds().find(|(name, _)| is_of(name));
        let (_, service) = found.expect("a kind that is consumed");
        json!({
            "specversion": "1.0",
            "id": ulid::Ulid::new().to_string(),
            "source": format!("ghasi/{service}"),
            "type": kind,
            "tenantid": tenant,
            "time": at.to_string(),
            "datacontenttype": "application/json",
            "dataversion": "1",
            "data": data,
        })
    }

    /// The same in the older shape.
    pub fn older(event: &Value) -> Value {
        json!({
            "envelope": {
                "eventId": event["id"],
                "source": event["source"],
                "eventType": event["type"],
                "tenantId": event["tenantid"],
                "occurredAt": event["time"],
            },
            "data": event["data"],
        })
    }

    /// Sends bytes to a subject, until the stream has them.
    pub async fn send(&self, kind: &str, payload: Vec<u8>) {
        let subject = self.subject(kind);
        let sent = self.context.publish(subject, payload.into()).await;
        sent.expect("it is sent").await.expect("the stream has it");
    }

    /// Sends an event.
    pub async fn tell(&self, event: &Value) {
        let kind = event["type"].as_str().expect("an event");
        self.send(kind, event.to_string().into_bytes()).await;
    }

    /// Waits until the pods have dealt with everything that was sent.
    ///
    /// # Panics
    ///
    /// They take longer than 20 seconds.
    pub async fn settled(&self) {
        for stream in STREAMS {
            self.settled_within(stream, Duration::from_secs(20)).await;
        }
    }

    /// Waits until the pods have dealt with everything that is in a stream.
    ///
    /// # Panics
    ///
    /// They take longer than that.
    pub async fn settled_within(&self, stream: &str, within: Duration) {
        let settling = async {
            while !self.is_settled(stream).await {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let settled = tokio::time::timeout(within, settling).await;
        settled.unwrap_or_else(|_| panic!("events of {stream} are left"));
    }

    async fn is_settled(&self, stream: &str) -> bool {
        let durable = AccessEvents::bus(&self.unique).subject_prefix;
        let durable = durable.to_lowercase().replace('_', "-");
        let Ok(stream) = self.context.get_stream(self.stream(stream)).await else {
            return false;
        };
        let consumer: Result<PullConsumer, _> = stream.get_consumer(&durable).await;
        let Ok(mut consumer) = consumer else {
            return false;
        };
        let info = consumer.info().await;
        info.is_ok_and(|info| info.num_pending == 0 && info.num_ack_pending == 0)
    }
}

impl TestPortal {
    /// The streams of other services that this portal reads.
    ///
    /// # Panics
    ///
    /// It reads none.
    pub fn platform(&self) -> &Platform {
        self.platform.as_ref().expect("a portal with `inbox: true`")
    }

    /// Has a service say something of this moment, and waits until it was dealt with.
    pub async fn hear(&self, kind: &str, data: &Value) {
        let event = Platform::event(&self.tenant, kind, data, self.now());
        self.hear_event(&event).await;
    }

    /// Has an event sent, and waits until it was dealt with.
    pub async fn hear_event(&self, event: &Value) {
        self.platform().tell(event).await;
        self.platform().settled().await;
    }

    /// Why messages of this portal's streams were given up, oldest first.
    pub async fn inbox_dead_letters(&self) -> Vec<String> {
        sqlx::query_scalar(
            "SELECT reason FROM inbox_dead_letters WHERE stream LIKE $1 ORDER BY dead_letter_id",
        )
        .bind(format!("PLATFORM_{}_%", self.prefix))
        .fetch_all(&self.pool)
        .await
        .expect("the table is there")
    }

    /// What became of the tenant's events: kind, outcome and reason, in order.
    pub async fn inbox(&self) -> Vec<(String, String, Option<String>)> {
        sqlx::query_as(
            "SELECT kind, outcome, reason FROM inbox_messages WHERE tenant_id = $1
            ORDER BY received_at, event_id",
        )
        .bind(&self.tenant)
        .fetch_all(&self.pool)
        .await
        .expect("the table is there")
    }
}

pub(crate) async fn platform_of(unique: &str) -> Platform {
    Platform::start(&required("NATS_URL"), unique).await
}

impl TestPortal {
    /// The data of the events of a type that the tenant's outbox holds, published or not.
    pub async fn outbox_events(&self, event_type: &str) -> Vec<Value> {
        sqlx::query_scalar(
            "SELECT data FROM outbox_messages WHERE tenant_id = $1 AND event_type = $2
            ORDER BY position",
        )
        .bind(&self.tenant)
        .bind(event_type)
        .fetch_all(&self.pool)
        .await
        .expect("the table is there")
    }

    /// Where a delegation stands.
    pub async fn delegation_status(&self, id: &str) -> String {
        sqlx::query_scalar("SELECT status FROM proxy_delegations WHERE delegation_id = $1")
            .bind(id)
            .fetch_one(&self.pool)
            .await
            .expect("the delegation is there")
    }

    /// The ids by which sources know a patient.
    pub async fn patient_links(&self, patient: &str) -> Vec<String> {
        sqlx::query_scalar("SELECT source_patient_id FROM patient_links WHERE patient_id = $1")
            .bind(patient)
            .fetch_all(&self.pool)
            .await
            .expect("the table is there")
    }

    /// How many links to a patient's record can be used.
    pub async fn open_links(&self, patient: &str) -> i64 {
        sqlx::query_scalar(
            "SELECT count(*) FROM verification_tokens
            WHERE tenant_id = $1 AND patient_id = $2 AND ended_at IS NULL",
        )
        .bind(&self.tenant)
        .bind(patient)
        .fetch_one(&self.pool)
        .await
        .expect("the table is there")
    }
}
