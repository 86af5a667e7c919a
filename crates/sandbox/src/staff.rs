//! Staff of the demo tenants.

use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};

/// The realm that issues their tokens.
pub(crate) const REALM: &str = "staff";
const AUDIENCE: &str = "patient-portal-internal";
const CLIENT: &str = "portal-staff";

/// Somebody of staff and what they may do.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DemoStaff {
    /// The tenant that they work for.
    pub tenant: String,
    /// `sub` of their tokens.
    pub subject: String,
    /// The role in their tokens.
    pub role: &'static str,
}

impl DemoStaff {
    /// Claims of a usual token, its role where Keycloak puts the roles of a
    /// realm; the rest is added when the token is minted.
    pub fn claims(&self) -> Value {
        json!({
            "sub": self.subject,
            "tid": self.tenant,
            "aud": [AUDIENCE],
            "azp": CLIENT,
            "acr": "2",
            "amr": ["pwd", "otp"],
            "scope": "openid",
            "realm_access": { "roles": [self.role] },
        })
    }
}

impl fmt::Debug for DemoStaff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DemoStaff(****)")
    }
}

/// One of each role in each tenant, tenant `demo` first.
pub(crate) fn everyone() -> Vec<DemoStaff> {
    let roles = [
        ("admin", "portal-admin"),
        ("support", "portal-support"),
        ("auditor", "portal-auditor"),
        ("service", "service"),
    ];
    let staff = |tenant: &str| {
        roles.map(|(name, role)| DemoStaff {
            tenant: tenant.to_owned(),
            subject: format!("{tenant}-staff-{name}"),
            role,
        })
    };
    ["demo", "other"].into_iter().flat_map(staff).collect()
}
