//! The claims that decisions use, each of its proper type (RFC 7519 section 4, RFC 9068).

use jiff::Timestamp;
use portal_application::ports::TokenRefusal;
use portal_domain::access::PatientClaim;
use portal_domain::id::{ClientId, ProxyDelegationId, Subject, TenantId};
use portal_fhir::json::Value;

use super::members::{Mistyped, seconds, string, strings};

/// The claim that says for which delegation a token is.
const DELEGATION: &str = "delegation_id";

/// What a payload says, its signature aside.
pub(super) struct Claims {
    pub(super) issuer: String,
    pub(super) subject: Subject,
    pub(super) audience: Vec<String>,
    pub(super) client: Option<ClientId>,
    pub(super) times: Times,
    pub(super) tenant: Option<Result<TenantId, ()>>,
    pub(super) patient: Option<PatientClaim>,
    pub(super) delegation: Option<Result<ProxyDelegationId, ()>>,
    pub(super) scopes: String,
    pub(super) acr: Option<String>,
    pub(super) methods: Vec<String>,
    pub(super) authenticated_at: Option<Timestamp>,
    pub(super) session: Option<String>,
    pub(super) token_id: Option<String>,
    pub(super) roles: Vec<String>,
}

/// `exp`, `nbf` and `iat`, in seconds.
#[derive(Clone, Copy)]
pub(super) struct Times {
    pub(super) expires_at: i64,
    not_before: Option<i64>,
    pub(super) issued_at: i64,
}

/// How far the provider's clock and ours may differ, in seconds.
const LEEWAY: i64 = 30;

impl Times {
    /// Whether the token holds at a time, in seconds. Its lifetime counts without leeway.
    pub(super) fn check(self, now: i64, max_lifetime: i64) -> Result<(), TokenRefusal> {
        let lifetime = self.expires_at.checked_sub(self.issued_at);
        if !lifetime.is_some_and(|lifetime| (0..=max_lifetime).contains(&lifetime)) {
            return Err(TokenRefusal::Invalid("lifetime"));
        }
        let soon = now.saturating_add(LEEWAY);
        if self.issued_at > soon || self.not_before.is_some_and(|begin| begin > soon) {
            return Err(TokenRefusal::Invalid("not yet valid"));
        }
        if self.expires_at <= now.saturating_sub(LEEWAY) {
            return Err(TokenRefusal::Expired);
        }
        Ok(())
    }
}

impl Claims {
    /// Reads a payload. `tenant` and `patient` are the names of these claims.
    pub(super) fn read(
        payload: Value<'_>,
        tenant: &str,
        patient: &str,
    ) -> Result<Self, TokenRefusal> {
        check_type(payload)?;
        let claim = |name, reason| string(payload, name).map_err(|_| TokenRefusal::Invalid(reason));
        let subject = claim("sub", "subject")?.and_then(|text| Subject::parse(&text).ok());
        Ok(Self {
            issuer: claim("iss", "issuer")?.ok_or(TokenRefusal::Invalid("issuer"))?,
            subject: subject.ok_or(TokenRefusal::Invalid("subject"))?,
            audience: strings(payload, "aud")
                .map_err(|_| TokenRefusal::Invalid("audience"))?
                .unwrap_or_default(),
            client: client(payload)?,
            times: times(payload)?,
            tenant: tenant_claim(payload, tenant),
            patient: claim(patient, "patient")?.map(|text| PatientClaim::new(&text)),
            delegation: delegation(payload),
            scopes: scopes(payload),
            // What cannot be read proves nothing, and the second factor is then missing.
            acr: string(payload, "acr").unwrap_or_default(),
            methods: methods(payload),
            authenticated_at: authenticated_at(payload),
            // What a token could be revoked by must be readable, or it could not be revoked.
            session: claim("sid", "session")?,
            token_id: claim("jti", "token id")?,
            roles: roles(payload),
        })
    }
}

/// Only access tokens pass: Keycloak writes `Bearer` into them and `ID`, `Refresh`, `Logout` into
/// the others; `events` stands in logout and other security event tokens (RFC 8417).
fn check_type(payload: Value<'_>) -> Result<(), TokenRefusal> {
    let bearer = match string(payload, "typ") {
        Ok(kind) => kind.is_none_or(|kind| kind == "Bearer"),
        Err(Mistyped) => false,
    };
    if bearer && payload.get("events").is_none() {
        Ok(())
    } else {
        Err(TokenRefusal::Invalid("type"))
    }
}

/// `azp`, else `client_id`; both must be ids, and agree where both are there. One of them must be
/// (RFC 9068 section 2.2): a look that no client can be named for cannot be told to the patient.
fn client(payload: Value<'_>) -> Result<Option<ClientId>, TokenRefusal> {
    let refused = TokenRefusal::Invalid("client");
    let read = |name| {
        let text = string(payload, name).map_err(|_| refused)?;
        let client = text.map(|text| ClientId::parse(&text));
        client.transpose().map_err(|_| refused)
    };
    match (read("azp")?, read("client_id")?) {
        (Some(azp), Some(client)) if azp != client => Err(refused),
        (None, None) => Err(refused),
        (azp, client) => Ok(azp.or(client)),
    }
}

fn times(payload: Value<'_>) -> Result<Times, TokenRefusal> {
    let time = |name| seconds(payload, name).map_err(|_| TokenRefusal::Invalid("time"));
    Ok(Times {
        expires_at: time("exp")?.ok_or(TokenRefusal::Invalid("time"))?,
        not_before: time("nbf")?,
        issued_at: time("iat")?.ok_or(TokenRefusal::Invalid("time"))?,
    })
}

fn tenant_claim(payload: Value<'_>, name: &str) -> Option<Result<TenantId, ()>> {
    let text = string(payload, name).transpose()?;
    let text = text.map_err(|Mistyped| ());
    Some(text.and_then(|text| TenantId::parse(&text).map_err(|_| ())))
}

/// A delegation's id, or its form on `/fhir/R4`, where ids have no `_` (FHIR R4, `id`).
fn delegation(payload: Value<'_>) -> Option<Result<ProxyDelegationId, ()>> {
    let text = string(payload, DELEGATION).transpose()?;
    let own = |text: String| text.replacen('-', "_", 1).parse().map_err(|_| ());
    Some(text.map_err(|Mistyped| ()).and_then(own))
}

/// `auth_time` (OpenID Connect Core 1.0 section 2). One that cannot be read proves nothing.
fn authenticated_at(payload: Value<'_>) -> Option<Timestamp> {
    let seconds = seconds(payload, "auth_time").ok().flatten()?;
    Timestamp::from_second(seconds).ok()
}

/// `scope` as text (RFC 8693 section 4.2) or, as some providers write it, as an array, in which an
/// item with a space is no scope. Anything else gives nothing.
fn scopes(payload: Value<'_>) -> String {
    if let Ok(Some(text)) = string(payload, "scope") {
        return text;
    }
    let items = strings(payload, "scope").ok().flatten().unwrap_or_default();
    let items: Vec<String> = items
        .into_iter()
        .filter(|item| !item.contains(' '))
        .collect();
    items.join(" ")
}

/// Where Keycloak puts the roles of a realm. What cannot be read gives none.
fn roles(payload: Value<'_>) -> Vec<String> {
    let access = payload.get("realm_access");
    let roles = access.map(|access| strings(access, "roles"));
    roles.and_then(Result::ok).flatten().unwrap_or_default()
}

/// `amr` must be an array (RFC 8176 section 1).
fn methods(payload: Value<'_>) -> Vec<String> {
    match string(payload, "amr") {
        Ok(_) => Vec::new(),
        Err(Mistyped) => strings(payload, "amr").ok().flatten().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOW: i64 = 1_700_000_000;

    fn times(expires_at: i64, not_before: Option<i64>, issued_at: i64) -> Times {
        Times {
            expires_at,
            not_before,
            issued_at,
        }
    }

    #[test]
    fn clocks_may_differ_by_thirty_seconds() {
        let check = |times: Times| times.check(NOW, 900);
        assert_eq!(check(times(NOW - 29, None, NOW - 600)), Ok(()));
        assert_eq!(
            check(times(NOW - 30, None, NOW - 600)),
            Err(TokenRefusal::Expired)
        );
        let early = Err(TokenRefusal::Invalid("not yet valid"));
        assert_eq!(check(times(NOW + 600, Some(NOW + 30), NOW + 30)), Ok(()));
        assert_eq!(check(times(NOW + 600, None, NOW + 31)), early);
        assert_eq!(check(times(NOW + 600, Some(NOW + 31), NOW)), early);
    }

    #[test]
    fn a_token_must_not_live_too_long_or_backwards() {
        let refused = Err(TokenRefusal::Invalid("lifetime"));
        assert_eq!(times(NOW + 900, None, NOW).check(NOW, 900), Ok(()));
        assert_eq!(times(NOW + 901, None, NOW).check(NOW, 900), refused);
        assert_eq!(times(NOW - 1, None, NOW).check(NOW, 900), refused);
    }

    proptest! {
        #[test]
        fn no_times_make_the_check_panic(
            expires_at: i64, not_before: Option<i64>, issued_at: i64, now: i64, longest: i64,
        ) {
            let _ = times(expires_at, not_before, issued_at).check(now, longest);
        }
    }
}
