//! Who asks, and what is known of the request itself.

use std::sync::Arc;
use std::time::Instant;

use portal_domain::access::{StatedContext, VerifiedToken};
use portal_domain::id::RequestId;

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
}

/// One authenticated request.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The verified token.
    pub token: Arc<VerifiedToken>,
    /// What the request claims about its context.
    pub stated: StatedContext,
    /// The request itself.
    pub request: RequestContext,
}
