//! Requests that may come again: the same key and payload are answered as before, and acted on
//! once (spec 02, Idempotency).

use jiff::Timestamp;
use portal_domain::access::{CallerGrant, VerifiedToken};
use portal_domain::id::{ClientId, TenantId};

use crate::body::{IdempotencyKey, WriteRequest};
use crate::error::{AccessError, InputError, Refusal};
use crate::ports::{Hash, HashPurpose, IdempotencyClaim, IdempotencyRecord, Secrets, UnitOfWork};

/// A key as it is stored, and what it stands for.
pub(crate) struct Asked {
    pub(crate) key: Hash,
    payload: Hash,
}

/// The key of a request, if it has one. It belongs to the tenant, the person, the client and the
/// operation, so that nobody is answered with what another was.
pub(crate) fn read(
    secrets: &dyn Secrets,
    grant: &CallerGrant,
    request: &WriteRequest,
    subject: &str,
) -> Result<Option<Asked>, InputError> {
    let who = (&grant.tenant().id, &**grant.token());
    read_of(secrets, who, (grant.action().operation, subject), request)
}

/// The key of a request of somebody in a tenant, for an operation on a thing.
pub(crate) fn read_of(
    secrets: &dyn Secrets,
    (tenant, token): (&TenantId, &VerifiedToken),
    (operation, subject): (&str, &str),
    request: &WriteRequest,
) -> Result<Option<Asked>, InputError> {
    let key = match &request.idempotency_key {
        IdempotencyKey::Absent => return Ok(None),
        IdempotencyKey::Malformed => return Err(InputError::InvalidHeader),
        IdempotencyKey::Key(key) => key,
    };
    let client = token.client.as_ref().map_or("", ClientId::as_str);
    let key = secrets.hash(
        HashPurpose::IdempotencyKey,
        &[
            tenant.as_str(),
            token.issuer.as_str(),
            token.subject.as_str(),
            client,
            operation,
            key,
        ],
    );
    let body = String::from_utf8_lossy(request.bytes());
    let payload = secrets.hash(HashPurpose::Payload, &[subject, &body]);
    Ok(Some(Asked { key, payload }))
}

impl Asked {
    /// Holds the key until the change ends; gives the earlier answer, if there was one.
    pub(crate) async fn claim(
        &self,
        work: &mut dyn UnitOfWork,
        now: Timestamp,
    ) -> Result<Option<IdempotencyRecord>, AccessError> {
        match work.idempotency().claim(self.key, now).await? {
            IdempotencyClaim::Free => Ok(None),
            IdempotencyClaim::InProgress => Err(Refusal::IdempotencyInProgress.into()),
            IdempotencyClaim::Answered(record) if record.payload_hash == self.payload => {
                Ok(Some(record))
            }
            IdempotencyClaim::Answered(_) => Err(Refusal::IdempotencyKeyConflict.into()),
        }
    }

    /// What is remembered of the answer.
    pub(crate) fn record(&self, status: u16, resource_id: Option<String>) -> IdempotencyRecord {
        IdempotencyRecord {
            payload_hash: self.payload,
            status,
            resource_id,
        }
    }
}
