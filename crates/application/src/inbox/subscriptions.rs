//! What is consumed: of each kind of event its stream, its subject, its type and its source. All four
//! have to be as they stand here, or the event is nobody's.

use std::collections::BTreeSet;

use portal_domain::inbox::{PlatformEventKind, RecordEventKind};
use serde_json::{Map, Value};

use super::pattern;

/// Where events of a kind come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// What they are.
    pub kind: PlatformEventKind,
    /// The stream that holds them.
    pub stream: String,
    /// The subject they come in at; for a family of types a pattern.
    pub subject: String,
    /// The `type` they have; for a family of types a pattern.
    pub event_type: String,
    /// The `source` they have.
    pub source: String,
}

/// All of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscriptions(Vec<Subscription>);

/// The text does not say what is consumed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SubscriptionFault {
    /// It is no JSON object.
    #[error("not a JSON object")]
    NotAnObject,
    /// A member is no kind of event.
    #[error("names an event that is not consumed")]
    UnknownEvent,
    /// A kind's value is neither `null` nor an object of the four texts.
    #[error("an event's value is not null or an object of stream, subject, type and source")]
    NotASubscription,
    /// A name cannot be that of a stream or subject.
    #[error(
        "a stream or subject is empty or holds a space, a dot in a stream, or a wildcard where no family of events comes in"
    )]
    InvalidName,
    /// Two kinds may come in at the same subject of the same stream.
    #[error("two events have the same stream and subject")]
    SameSubject,
}

impl Default for Subscriptions {
    fn default() -> Self {
        Self(PlatformEventKind::all().map(Subscription::usual).collect())
    }
}

impl Subscription {
    /// As the platform names things where nobody said otherwise.
    fn usual(kind: PlatformEventKind) -> Self {
        use PlatformEventKind as Kind;
        let (stream, source) = match kind {
            Kind::TenantActivated | Kind::TenantSuspended | Kind::TenantConfigChanged => {
                ("TENANT", "ghasi/tenant")
            }
            Kind::EntitlementGranted | Kind::EntitlementRevoked => ("LICENSING", "ghasi/licensing"),
            Kind::PatientRegistered
            | Kind::UserRegistered
            | Kind::UserSuspended
            | Kind::UserDeactivated
            | Kind::SessionRevoked => ("IDENTITY", "ghasi/identity"),
            Kind::PatientUpdated | Kind::VitalStatusChanged | Kind::PatientMerged => {
                ("REGISTRATION", "ghasi/registration")
            }
            Kind::Records(kind) => usual_of_records(kind),
        };
        let name = match kind {
            Kind::Records(kind) => kind.family().map(|family| format!("{family}.>")),
            _ => None,
        };
        let name = name.unwrap_or_else(|| kind.as_str().to_owned());
        Self {
            kind,
            stream: stream.to_owned(),
            subject: name.clone(),
            event_type: name,
            source: source.to_owned(),
        }
    }

    /// Whether events of a type are of this kind.
    pub fn takes(&self, event_type: &str) -> bool {
        if self.is_family() {
            pattern::matches(&self.event_type, event_type)
        } else {
            self.event_type == event_type
        }
    }

    fn is_family(&self) -> bool {
        matches!(self.kind, PlatformEventKind::Records(kind) if kind.family().is_some())
    }

    /// With what a setting says otherwise.
    fn changed(mut self, members: &Map<String, Value>) -> Result<Self, SubscriptionFault> {
        for (name, value) in members {
            let text = value.as_str().ok_or(SubscriptionFault::NotASubscription)?;
            let place = match name.as_str() {
                "stream" => &mut self.stream,
                "subject" => &mut self.subject,
                "type" => &mut self.event_type,
                "source" => &mut self.source,
                _ => return Err(SubscriptionFault::NotASubscription),
            };
            text.clone_into(place);
        }
        let is_subject = if self.is_family() {
            pattern::is_pattern(&self.subject)
        } else {
            pattern::is_name(&self.subject)
        };
        let is_stream = !self.stream.contains('.') && pattern::is_name(&self.stream);
        if is_stream && is_subject {
            Ok(self)
        } else {
            Err(SubscriptionFault::InvalidName)
        }
    }
}

const fn usual_of_records(kind: RecordEventKind) -> (&'static str, &'static str) {
    use RecordEventKind as Kind;
    match kind {
        Kind::LaboratoryResultReleased => ("DIAG", "ghasi/laboratory"),
        Kind::RadiologyReportSigned | Kind::RadiologyReportAmended => ("DIAG", "ghasi/radiology"),
        Kind::AppointmentCreated
        | Kind::AppointmentUpdated
        | Kind::AppointmentCancelled
        | Kind::AppointmentReminderSent => ("SCHEDULING", "ghasi/scheduling"),
        Kind::Prescription | Kind::Refill => ("MEDICATION", "ghasi/medication"),
        Kind::MessageSent => ("COMMUNICATION", "ghasi/communication"),
        Kind::Chart => ("PATIENT_CHART", "ghasi/patient-chart"),
        Kind::Immunization => ("IMMUNIZATIONS", "ghasi/immunizations"),
        Kind::Claim => ("CLAIMS", "ghasi/claims"),
    }
}

impl Subscriptions {
    /// The usual ones, but for what a JSON object says of some: `{"KIND": {"stream": …, "subject":
    /// …, "type": …, "source": …}}`, each text optional, or `{"KIND": null}` for what is not
    /// consumed. A kind is named by its usual type.
    pub fn parse(text: &str) -> Result<Self, SubscriptionFault> {
        let changes: Map<String, Value> =
            serde_json::from_str(text).map_err(|_| SubscriptionFault::NotAnObject)?;
        if changes
            .keys()
            .any(|name| PlatformEventKind::parse(name).is_none())
        {
            return Err(SubscriptionFault::UnknownEvent);
        }
        let mut chosen = Vec::new();
        for kind in PlatformEventKind::all() {
            let usual = Subscription::usual(kind);
            match changes.get(kind.as_str()) {
                None => chosen.push(usual),
                Some(Value::Null) => {}
                Some(Value::Object(members)) => chosen.push(usual.changed(members)?),
                Some(_) => return Err(SubscriptionFault::NotASubscription),
            }
        }
        let meet = |one: &Subscription, other: &Subscription| {
            one.stream == other.stream && pattern::overlap(&one.subject, &other.subject)
        };
        let mut rest = &chosen[..];
        while let Some((one, others)) = rest.split_first() {
            if others.iter().any(|other| meet(one, other)) {
                return Err(SubscriptionFault::SameSubject);
            }
            rest = others;
        }
        Ok(Self(chosen))
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Subscription> {
        self.0.iter()
    }

    /// The one that a message came in by.
    pub fn find(&self, stream: &str, subject: &str) -> Option<&Subscription> {
        let mut all = self.0.iter();
        all.find(|one| one.stream == stream && pattern::matches(&one.subject, subject))
    }

    /// The streams that are read.
    pub fn streams(&self) -> BTreeSet<&str> {
        self.0.iter().map(|one| one.stream.as_str()).collect()
    }

    /// The subjects that are read of a stream.
    pub fn subjects<'a>(&'a self, stream: &'a str) -> impl Iterator<Item = &'a str> {
        let of_stream = self.0.iter().filter(move |one| one.stream == stream);
        of_stream.map(|one| one.subject.as_str())
    }
}

#[cfg(test)]
#[path = "subscriptions_tests.rs"]
mod tests;
