//! What is consumed: of each kind of event its stream, its subject, its type and its source. All four
//! have to be as they stand here, or the event is nobody's.

use std::collections::BTreeSet;

use portal_domain::inbox::PlatformEventKind;
use serde_json::{Map, Value};

/// Where events of a kind come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// What they are.
    pub kind: PlatformEventKind,
    /// The stream that holds them.
    pub stream: String,
    /// The subject they come in at.
    pub subject: String,
    /// The `type` they have.
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
    #[error("a stream or subject is empty or holds a space, a wildcard or, for a stream, a dot")]
    InvalidName,
    /// Two kinds come in at the same subject of the same stream.
    #[error("two events have the same stream and subject")]
    SameSubject,
}

impl Default for Subscriptions {
    fn default() -> Self {
        Self(PlatformEventKind::ALL.map(Subscription::usual).into())
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
        };
        Self {
            kind,
            stream: stream.to_owned(),
            subject: kind.as_str().to_owned(),
            event_type: kind.as_str().to_owned(),
            source: source.to_owned(),
        }
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
        let is_name = !self.stream.contains('.') && is_subject(&self.stream);
        if is_name && is_subject(&self.subject) {
            Ok(self)
        } else {
            Err(SubscriptionFault::InvalidName)
        }
    }
}

/// A subject without wildcards (docs.nats.io, "Subject-Based Messaging").
fn is_subject(text: &str) -> bool {
    let is_token = |token: &str| {
        let allowed = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'*' | b'>');
        !token.is_empty() && token.bytes().all(allowed)
    };
    text.split('.').all(is_token)
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
        for kind in PlatformEventKind::ALL {
            let usual = Subscription::usual(kind);
            match changes.get(kind.as_str()) {
                None => chosen.push(usual),
                Some(Value::Null) => {}
                Some(Value::Object(members)) => chosen.push(usual.changed(members)?),
                Some(_) => return Err(SubscriptionFault::NotASubscription),
            }
        }
        let places: BTreeSet<_> = chosen
            .iter()
            .map(|one| (&one.stream, &one.subject))
            .collect();
        if places.len() < chosen.len() {
            return Err(SubscriptionFault::SameSubject);
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
        all.find(|one| one.stream == stream && one.subject == subject)
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
