//! Who asks, and what is known of the request itself.

use std::sync::Arc;
use std::time::Instant;

use portal_domain::access::{ActingFor, StatedContext, VerifiedToken};
use portal_domain::id::RequestId;

use crate::charge::Charge;
use crate::ports::BearerToken;

/// What is known of a request beside who makes it.
#[derive(Debug, Clone)]
pub struct RequestContext {
    /// The correlation.
    pub request_id: RequestId,
    /// The client's address, already truncated.
    pub client_address: Option<String>,
    /// The class of the user agent, one of a fixed few.
    pub user_agent_class: &'static str,
    /// The names of the query's parameters, without their values.
    pub query_keys: Vec<Box<str>>,
    /// When the answer stops being useful.
    pub deadline: Instant,
    /// What it costs.
    pub charge: Arc<Charge>,
}

/// One authenticated request.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The verified token.
    pub token: Arc<VerifiedToken>,
    /// Its text, for the provider that may have to be asked about it.
    pub bearer: Arc<BearerToken>,
    /// What the request claims about its context.
    pub stated: StatedContext,
    /// The request itself.
    pub request: RequestContext,
}

impl Caller {
    /// The same request, acting for somebody else or for oneself. It has to be decided anew.
    pub(crate) fn acting_for(&self, acting_for: ActingFor) -> Self {
        let mut caller = self.clone();
        caller.stated.acting_for = acting_for;
        caller
    }
}
