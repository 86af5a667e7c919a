//! Who of staff calls: one bearer token of their issuer. Cookies are not read.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::request::Parts;
use portal_application::staff::StaffCaller;
use portal_domain::access::{ActingFor, StatedContext, Surface};

use super::InternalFaces;
use crate::caller::{ACTING_FOR, credential, enter, exchange, request, stated_tenant};
use crate::code::Code;
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::query::Pairs;

/// A caller of `/internal/portal` with what they ask.
pub(super) struct InternalCaller {
    /// The caller.
    pub(super) caller: StaffCaller,
    /// The query.
    pub(super) parameters: Pairs,
    /// The request.
    pub(super) exchange: Arc<Exchange>,
}

impl FromRequestParts<InternalFaces> for InternalCaller {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, faces: &InternalFaces) -> Result<Self, Fault> {
        let exchange = exchange(parts).await?;
        // As on FHIR, a cookie beside the token is nothing.
        let token = credential(&parts.headers, Surface::Fhir)?;
        let staff = faces.desk.identify(&token).await?;
        enter(&staff.token, &exchange, (&faces.tenants, &faces.settings))?;
        // Staff act for nobody.
        if parts.headers.contains_key(ACTING_FOR) {
            return Err(Code::UnknownParameter.into());
        }
        let (request, parameters) = request(parts, &faces.settings, &exchange);
        let caller = StaffCaller {
            staff,
            stated: StatedContext {
                tenant: stated_tenant(&parts.headers),
                acting_for: ActingFor::Oneself,
            },
            request,
        };
        Ok(Self {
            caller,
            parameters,
            exchange,
        })
    }
}
