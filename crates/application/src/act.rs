//! One change that a caller makes to what is their own, from the facts to the receipt. Every such
//! use case runs through here, so none can forget to ask, to write down, or to be asked twice.

use async_trait::async_trait;
use metrics::counter;
use portal_domain::access::{Action, CallerGrant};
use portal_domain::audit::{AccessEvent, Outcome, Recorded};
use portal_domain::id::{ClientId, PatientId, ProxyDelegationId};

use crate::body::WriteRequest;
use crate::caller::Caller;
use crate::error::AccessError;
use crate::gate::Memory;
use crate::idempotency::{self, Asked};
use crate::portal::Inner;
use crate::ports::{DecidedOn, IdempotencyRecord, StoreError, UnitOfWork};

/// What the journal says of a change beside who made it.
#[derive(Debug, Clone, Default)]
pub(crate) struct About {
    /// Whose record it concerns, if not the caller's own.
    pub(crate) patient: Option<PatientId>,
    /// The delegation that it concerns.
    pub(crate) delegation: Option<ProxyDelegationId>,
    /// The app that it concerns.
    pub(crate) client: Option<ClientId>,
}

impl About {
    /// Of an app of the caller's.
    pub(crate) fn of_client(client: &ClientId) -> Self {
        Self {
            client: Some(client.clone()),
            ..Self::default()
        }
    }

    /// The id of what it concerns.
    fn id(&self) -> Option<Box<str>> {
        let delegation = self.delegation.map(|id| id.to_string());
        let client = self.client.as_ref().map(ToString::to_string);
        delegation.or(client).map(String::into_boxed_str)
    }
}

/// What became of a change.
pub(crate) struct Acted<T> {
    /// What was made; a refusal whose traces stay, such as a counted wrong code.
    pub(crate) made: Result<T, AccessError>,
    /// The status of the answer.
    pub(crate) status: u16,
    /// What a replay finds it by.
    pub(crate) resource_id: Option<String>,
    /// For the journal.
    pub(crate) about: About,
}

impl<T> Acted<T> {
    /// Done, and found again by an id.
    pub(crate) fn made(made: T, status: u16, resource_id: &impl ToString) -> Self {
        Self {
            made: Ok(made),
            status,
            resource_id: Some(resource_id.to_string()),
            about: About::default(),
        }
    }

    /// Refused, but what was noted stays noted.
    pub(crate) fn refused(error: impl Into<AccessError>) -> Self {
        Self {
            made: Err(error.into()),
            status: 0,
            resource_id: None,
            about: About::default(),
        }
    }

    /// With what the journal says of it.
    pub(crate) fn about(mut self, about: About) -> Self {
        self.about = about;
        self
    }
}

/// What a change answers.
#[derive(Debug)]
pub struct Performed<T> {
    /// What was made or changed.
    pub made: T,
    /// The HTTP status.
    pub status: u16,
    /// Whether an earlier answer is told again.
    pub replayed: bool,
}

impl<T> Performed<T> {
    /// The same about something else.
    pub(crate) fn map<U>(self, of: impl FnOnce(T) -> U) -> Performed<U> {
        Performed {
            made: of(self.made),
            status: self.status,
            replayed: self.replayed,
        }
    }
}

/// A use case that changes something.
#[async_trait]
pub(crate) trait Act: Sync {
    /// What the request asks for, once read.
    type Input: Send + Sync;
    /// What it makes.
    type Made: Send;

    /// Which operation it is.
    fn action(&self) -> Action;

    /// The request.
    fn request(&self) -> &WriteRequest;

    /// Whether a key is required (02, **K**).
    fn needs_key(&self) -> bool {
        false
    }

    /// What of the path names a thing: the same key for another thing is another request.
    fn subject(&self) -> Option<&str> {
        None
    }

    /// Reads the request.
    fn read(&self, grant: &CallerGrant) -> Result<Self::Input, AccessError>;

    /// Changes.
    async fn act(
        &self,
        portal: &Inner,
        grant: &CallerGrant,
        input: Self::Input,
        work: &mut dyn UnitOfWork,
    ) -> Result<Acted<Self::Made>, AccessError>;

    /// What an earlier request made, as it is now.
    async fn again(
        &self,
        portal: &Inner,
        grant: &CallerGrant,
        record: &IdempotencyRecord,
        work: &mut dyn UnitOfWork,
    ) -> Result<Self::Made, AccessError>;
}

/// Why a change was not carried out, and whether that is written down already.
enum NotPerformed {
    /// With what was noted of it.
    Recorded(AccessError),
    /// Nothing of it was kept.
    Unrecorded(AccessError),
}

impl<E: Into<AccessError>> From<E> for NotPerformed {
    fn from(error: E) -> Self {
        Self::Unrecorded(error.into())
    }
}

/// A second refusal in a row of what was decided means that facts change faster than they can be
/// read.
const ATTEMPTS: usize = 2;

impl Inner {
    /// Runs a change: gather, decide, read, begin, act, write down, commit.
    pub(crate) async fn perform<A: Act>(
        &self,
        caller: &Caller,
        act: &A,
    ) -> Result<Recorded<Performed<A::Made>>, AccessError> {
        let action = act.action();
        let mut memory = Memory::Allowed;
        for _ in 0..ATTEMPTS {
            let grant = self.admit_caller(caller, &action, memory).await?;
            memory = Memory::Forbidden;
            let input = act.read(&grant)?;
            let asked = idempotency::read(
                &*self.secrets,
                &grant,
                act.request(),
                act.subject().unwrap_or_default(),
            )?;
            if asked.is_none() && act.needs_key() {
                return Err(crate::error::Refusal::IdempotencyKeyRequired.into());
            }
            let begun = self.begin(&grant, caller).await?;
            let Some(work) = begun else {
                counter!("portal_decisions_stale_total").increment(1);
                continue;
            };
            let performed = self.within(caller, act, &grant, (input, asked), work).await;
            return match performed {
                Ok(performed) => Ok(performed),
                Err(NotPerformed::Recorded(error)) => Err(error),
                Err(NotPerformed::Unrecorded(error)) => {
                    Err(self.not_performed(caller, &grant, error).await)
                }
            };
        }
        Err(StoreError::Unavailable.into())
    }

    async fn begin(
        &self,
        grant: &CallerGrant,
        caller: &Caller,
    ) -> Result<Option<Box<dyn UnitOfWork>>, StoreError> {
        let decided_on = DecidedOn {
            tenant: Some(grant.tenant().version),
            account: grant.account().map(|account| (account.id, account.version)),
        };
        let request_id = &caller.request.request_id;
        self.units
            .begin(&grant.tenant().id, decided_on, request_id)
            .await
    }

    async fn within<A: Act>(
        &self,
        caller: &Caller,
        act: &A,
        grant: &CallerGrant,
        (input, asked): (A::Input, Option<Asked>),
        mut work: Box<dyn UnitOfWork>,
    ) -> Result<Recorded<Performed<A::Made>>, NotPerformed> {
        let now = grant.decided_at();
        if let Some(asked) = &asked
            && let Some(record) = asked.claim(&mut *work, now).await?
        {
            let made = act.again(self, grant, &record, &mut *work).await?;
            let event = self.own_event(caller, grant, &About::default());
            let receipt = work.commit(event).await?;
            let performed = Performed {
                made,
                status: record.status,
                replayed: true,
            };
            return Ok(Recorded::new(performed, receipt));
        }
        let acted = act.act(self, grant, input, &mut *work).await?;
        let mut event = self.own_event(caller, grant, &acted.about);
        let made = match acted.made {
            Ok(made) => made,
            Err(error) => {
                event.outcome = Outcome::Failed;
                event.reason_code = reason(&error);
                work.commit(event).await?;
                return Err(NotPerformed::Recorded(error));
            }
        };
        if let Some(asked) = &asked {
            let record = asked.record(acted.status, acted.resource_id);
            work.idempotency().remember(asked.key, &record, now).await?;
        }
        let receipt = work.commit(event).await?;
        let performed = Performed {
            made,
            status: acted.status,
            replayed: false,
        };
        Ok(Recorded::new(performed, receipt))
    }

    /// Writes down a change that was not carried out, and says what to answer. What was not
    /// committed with its own event is written here.
    async fn not_performed(
        &self,
        caller: &Caller,
        grant: &CallerGrant,
        error: AccessError,
    ) -> AccessError {
        if !matches!(error, AccessError::NotFound | AccessError::Refused(_)) {
            return error;
        }
        let mut event = self.own_event(caller, grant, &About::default());
        event.outcome = Outcome::Failed;
        event.reason_code = reason(&error);
        match self.journal.reserve() {
            Ok(place) => match place.record(event).await {
                Ok(_) => error,
                Err(store) => store.into(),
            },
            Err(store) => store.into(),
        }
    }

    fn own_event(&self, caller: &Caller, grant: &CallerGrant, about: &About) -> AccessEvent {
        let mut event = self.event(caller, grant.action(), None);
        let account = grant.account();
        event.account_id = account.map(|account| account.id);
        event.patient_id = about
            .patient
            .clone()
            .or_else(|| account.and_then(|account| account.patient_id.clone()));
        event.resource_ids = about.id().into_iter().collect();
        event.resource_count = u32::from(!event.resource_ids.is_empty());
        event
    }
}

pub(crate) const fn reason(error: &AccessError) -> Option<&'static str> {
    match error {
        AccessError::Refused(refusal) => Some(refusal.code()),
        AccessError::NotFound => Some("not-found"),
        AccessError::Denied(denial) => Some(denial.code()),
        AccessError::Source(_) => Some("source-unavailable"),
        AccessError::Input(_) | AccessError::Store(_) => None,
    }
}
