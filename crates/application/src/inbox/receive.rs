//! From a message to a verdict.

use std::borrow::Cow;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use metrics::counter;
use portal_domain::inbox::{Envelope, EventFault, PlatformEvent, PlatformEventKind};

use super::handle::Handling;
use super::{Inbox, Subscription};
use crate::ports::{
    CacheUnavailable, EntitlementsUnavailable, InboxDeadLetter, InboxOutcome, ReceivedEvent,
    SourceError, StoreError,
};

/// How often an event is tried that cannot be dealt with for what is out of reach.
const MAX_DELIVERIES: u64 = 10;
const LONGEST_WAIT: Duration = Duration::from_mins(1);
/// How far another service's clock may be ahead.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);
/// How old a hint may be. Events that were dealt with are remembered for longer than that.
const HINTS_LIVE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A message of the bus, with nothing of it believed.
#[derive(Debug, Clone, Copy)]
pub struct InboxMessage<'a> {
    /// The stream that holds it.
    pub stream: &'a str,
    /// Where it came in.
    pub subject: &'a str,
    /// Its place in the stream.
    pub sequence: u64,
    /// How often it was delivered, this time included.
    pub deliveries: u64,
    /// Its bytes.
    pub payload: &'a [u8],
}

/// What is to become of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It was dealt with: handled, ignored or given up. The bus need not deliver it again.
    Done,
    /// It is to be delivered again after a while.
    Again(Duration),
}

/// Why an event was not dealt with.
#[derive(Debug)]
pub(super) enum NotHandled {
    /// Something is out of reach.
    Later(&'static str),
    /// It is one of many, and will be dealt with together with them after a while.
    Soon(Duration),
    /// It never will be, for a reason.
    Never(Cow<'static, str>),
}

impl NotHandled {
    /// A reason that is a code of ours.
    pub(super) const fn never(reason: &'static str) -> Self {
        Self::Never(Cow::Borrowed(reason))
    }
}

impl From<EventFault> for NotHandled {
    fn from(fault: EventFault) -> Self {
        Self::Never(fault.to_string().into())
    }
}

impl From<StoreError> for NotHandled {
    fn from(_: StoreError) -> Self {
        Self::Later("store")
    }
}

impl From<SourceError> for NotHandled {
    fn from(_: SourceError) -> Self {
        Self::Later("registration")
    }
}

impl From<EntitlementsUnavailable> for NotHandled {
    fn from(_: EntitlementsUnavailable) -> Self {
        Self::Later("entitlements")
    }
}

impl From<CacheUnavailable> for NotHandled {
    fn from(_: CacheUnavailable) -> Self {
        Self::Later("cache")
    }
}

impl Inbox {
    /// Deals with a message, once, however often and on however many pods it comes.
    #[tracing::instrument(name = "inbox.receive", skip_all, fields(subject = message.subject))]
    pub async fn receive(&self, message: &InboxMessage<'_>) -> Verdict {
        let found = self
            .parts
            .subscriptions
            .find(message.stream, message.subject);
        let kind = found.map(|subscription| subscription.kind);
        let (outcome, verdict) = match self.dealt_with(message, found).await {
            Ok(InboxOutcome::Handled) => ("handled", Verdict::Done),
            Ok(InboxOutcome::Ignored(reason)) => {
                tracing::debug!(reason, "inbox.ignored");
                ("ignored", Verdict::Done)
            }
            Err(NotHandled::Soon(wait)) => ("put-off", Verdict::Again(wait)),
            Err(NotHandled::Never(reason)) => self.give_up(message, kind, &reason).await,
            Err(NotHandled::Later(cause)) if message.deliveries >= MAX_DELIVERIES => {
                self.give_up(message, kind, &format!("unavailable {cause}"))
                    .await
            }
            Err(NotHandled::Later(cause)) => {
                tracing::warn!(cause, deliveries = message.deliveries, "inbox.postponed");
                ("postponed", Verdict::Again(back_off(message.deliveries)))
            }
        };
        let kind = kind.map_or("unknown", PlatformEventKind::as_str);
        counter!("portal_inbox_messages_total", "kind" => kind, "outcome" => outcome).increment(1);
        verdict
    }

    async fn dealt_with(
        &self,
        message: &InboxMessage<'_>,
        subscription: Option<&Subscription>,
    ) -> Result<InboxOutcome, NotHandled> {
        let subscription = subscription.ok_or(NotHandled::never("unexpected-subject"))?;
        let envelope = Envelope::parse(message.payload)?;
        let now = self.inner.clock.now();
        check(subscription, &envelope, now)?;
        let kind = subscription.kind;
        let event = match PlatformEvent::of(kind, &envelope)? {
            PlatformEvent::RecordsChanged(patient, source) => {
                let whose = (patient, source);
                return self.read_anew(message, &envelope.tenant, whose).await;
            }
            event => event,
        };
        let received = ReceivedEvent {
            tenant: envelope.tenant.clone(),
            kind,
            id: envelope.id.clone(),
        };
        let handling = Handling::new(self, &received, &envelope, now);
        handling.run(event).await
    }

    /// Writes a message down that nothing will come of. What cannot be written down is kept by
    /// the bus.
    async fn give_up(
        &self,
        message: &InboxMessage<'_>,
        kind: Option<PlatformEventKind>,
        reason: &str,
    ) -> (&'static str, Verdict) {
        let letter = InboxDeadLetter {
            stream: message.stream.to_owned(),
            sequence: message.sequence,
            subject: message.subject.to_owned(),
            reason: reason.to_owned(),
            at: self.inner.clock.now(),
        };
        if self
            .parts
            .units
            .bury(&letter, message.payload)
            .await
            .is_err()
        {
            return ("postponed", Verdict::Again(back_off(message.deliveries)));
        }
        let restricts = kind.is_some_and(PlatformEventKind::restricts);
        let restricts_label = if restricts { "true" } else { "false" };
        counter!("portal_inbox_dead_letters_total", "restricts" => restricts_label).increment(1);
        let (stream, sequence) = (message.stream, message.sequence);
        if restricts {
            tracing::error!(stream, sequence, reason, "inbox.dead_letter.restricts");
        } else {
            tracing::warn!(stream, sequence, reason, "inbox.dead_letter");
        }
        ("dead", Verdict::Done)
    }
}

/// Whether an event is what its subscription says, of a time that can be believed. What takes
/// something away may be of any age; of what only has records read anew not even that is believed.
fn check(
    subscription: &Subscription,
    envelope: &Envelope,
    now: Timestamp,
) -> Result<(), NotHandled> {
    if *envelope.source != *subscription.source {
        return Err(NotHandled::never("foreign-source"));
    }
    if !subscription.takes(&envelope.event_type) {
        return Err(NotHandled::never("unexpected-type"));
    }
    if matches!(subscription.kind, PlatformEventKind::Records(_)) {
        return Ok(());
    }
    let age = now.duration_since(envelope.occurred_at);
    if age < -CLOCK_SKEW {
        return Err(NotHandled::never("from-the-future"));
    }
    if age > HINTS_LIVE && !subscription.kind.restricts() {
        return Err(NotHandled::never("too-old"));
    }
    Ok(())
}

/// 1, 2, 4 … seconds, at most a minute.
fn back_off(deliveries: u64) -> Duration {
    let doublings = u32::try_from(deliveries.saturating_sub(1).min(6)).unwrap_or(6);
    Duration::from_secs(1 << doublings).min(LONGEST_WAIT)
}
