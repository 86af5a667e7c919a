//! Verification of bearer tokens, and the memory of those that were good.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use aws_lc_rs::digest::{SHA256, digest};
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use moka::future::Cache;
use portal_application::ports::{BearerToken, Clock, TokenRefusal, TokenVerifier};
use portal_domain::access::{
    AuthenticationStrength, RevocationKeys, StaffRoles, Surface, TenantBinding, VerifiedToken,
};
use portal_domain::id::Issuer;
use portal_domain::scope::ScopeSet;
use reqwest::Client;

use crate::crypto::RevocationHashes;
use crate::fault::Fault;

use super::claims::Claims;
use super::jwt::Jwt;
use super::provider::Provider;
use super::settings::OidcSettings;

const REMEMBERED_TOKENS: u64 = 100_000;
const REMEMBERED_FOR: SignedDuration = SignedDuration::from_secs(60);

/// What a token is known by where its text is not kept.
pub(super) type TokenHash = [u8; 32];

pub(super) fn hash_of(text: &str) -> TokenHash {
    let mut hash = TokenHash::default();
    hash.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
    hash
}

/// The providers, each by its whole name.
pub(super) type Providers = Arc<HashMap<Box<str>, Arc<Provider>>>;

/// A token that was good, and which surfaces it is for.
#[derive(Clone)]
pub(super) struct Remembered {
    pub(super) token: Arc<VerifiedToken>,
    pub(super) roles: StaffRoles,
    portal: bool,
    fhir: bool,
    until: Timestamp,
}

/// Verifies access tokens of the configured issuers by their published keys.
pub struct OidcVerifier {
    settings: OidcSettings,
    revocations: RevocationHashes,
    max_lifetime: i64,
    providers: Providers,
    remembered: Cache<TokenHash, Remembered>,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for OidcVerifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "OidcVerifier({} issuers)", self.providers.len())
    }
}

impl OidcVerifier {
    /// A verifier that has no keys yet. The client must follow no redirects, as the one of
    /// [`crate::http_client::http_client`].
    pub fn new(
        settings: OidcSettings,
        revocations: RevocationHashes,
        client: &Client,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, Vec<Fault>> {
        let faults = settings.faults();
        if !faults.is_empty() {
            return Err(faults);
        }
        let providers = settings.issuers.iter().map(|issuer| {
            let provider = Provider::new(issuer.clone(), client.clone(), Arc::clone(&clock));
            (Box::from(issuer.issuer.as_str()), Arc::new(provider))
        });
        Ok(Self {
            max_lifetime: i64::try_from(settings.max_token_lifetime.as_secs()).unwrap_or(i64::MAX),
            providers: Arc::new(providers.collect()),
            remembered: Cache::builder()
                .max_capacity(REMEMBERED_TOKENS)
                .time_to_live(REMEMBERED_FOR.unsigned_abs())
                .build(),
            settings,
            revocations,
            clock,
        })
    }

    pub(super) const fn settings(&self) -> &OidcSettings {
        &self.settings
    }

    pub(super) const fn providers(&self) -> &Providers {
        &self.providers
    }

    /// Whether tokens of at least one issuer can be verified now.
    pub fn usable(&self) -> bool {
        self.providers.values().any(|provider| provider.is_usable())
    }

    /// Fetches the keys of all issuers at once, unless they are fresh. What cannot be had is
    /// fetched when it is needed.
    pub async fn warm_up(&self) {
        join_all(self.providers.values().map(Provider::warm_up)).await;
    }

    /// What a token says, if it is good for anything.
    pub(super) async fn believe(&self, token: &BearerToken) -> Result<Remembered, TokenRefusal> {
        let now = self.clock.now();
        let text = token.expose();
        let hash = hash_of(text);
        if let Some(remembered) = self.remembered.get(&hash).await
            && now < remembered.until
        {
            return Ok(remembered);
        }
        let verified = self.verify_anew(text, now).await?;
        if now < verified.until {
            self.remembered.insert(hash, verified.clone()).await;
        }
        Ok(verified)
    }

    async fn verify_anew(&self, text: &str, now: Timestamp) -> Result<Remembered, TokenRefusal> {
        let jwt = Jwt::parse(text)?;
        let claims = self.claims_of(&jwt)?;
        // Before any key is fetched: whoever writes `iss` must not choose whom we ask.
        let provider = self
            .providers
            .get(claims.issuer.as_str())
            .ok_or(TokenRefusal::Invalid("issuer"))?;
        provider.check_signature(&jwt).await?;
        claims.times.check(now.as_second(), self.max_lifetime)?;
        self.remember(claims, provider, now)
    }

    fn claims_of(&self, jwt: &Jwt<'_>) -> Result<Claims, TokenRefusal> {
        let payload = jwt.claims()?;
        let (tenant, patient) = (&self.settings.tenant_claim, &self.settings.patient_claim);
        Claims::read(payload.root(), tenant, patient)
    }

    fn remember(
        &self,
        claims: Claims,
        provider: &Provider,
        now: Timestamp,
    ) -> Result<Remembered, TokenRefusal> {
        let is_for = |audience: &String| claims.audience.contains(audience);
        let portal = is_for(&self.settings.portal_audience);
        let fhir = is_for(&self.settings.fhir_audience);
        let roles = StaffRoles::of(claims.roles.iter().map(String::as_str));
        let token = self.token(claims, provider)?;
        Ok(Remembered {
            portal,
            fhir,
            roles,
            until: now
                .saturating_add(REMEMBERED_FOR)
                .map_or(now, |until| until.min(token.expires_at)),
            token: Arc::new(token),
        })
    }

    fn token(&self, claims: Claims, provider: &Provider) -> Result<VerifiedToken, TokenRefusal> {
        let time =
            |seconds| Timestamp::from_second(seconds).map_err(|_| TokenRefusal::Invalid("time"));
        let own = &self.settings.first_party_clients;
        let first_party = claims.client.as_ref().is_some_and(|it| own.contains(it));
        let scopes = if first_party {
            ScopeSet::parse(&claims.scopes)
        } else {
            ScopeSet::parse_of_third_party(&claims.scopes)
        };
        Ok(VerifiedToken {
            issuer: provider.issuer().clone(),
            strength: self.strength(&claims),
            revocation_keys: self.revocation_keys(provider.issuer(), &claims),
            subject: claims.subject,
            first_party,
            client: claims.client,
            tenant: TenantBinding {
                issuer: provider.tenant().cloned(),
                claim: claims.tenant,
            },
            patient_claim: claims.patient,
            scopes,
            scope_text: claims.scopes.into(),
            delegation_claim: claims.delegation,
            issued_at: time(claims.times.issued_at)?,
            authenticated_at: claims.authenticated_at,
            expires_at: time(claims.times.expires_at)?,
        })
    }

    fn revocation_keys(&self, issuer: &Issuer, claims: &Claims) -> RevocationKeys {
        let (hashes, subject) = (&self.revocations, &claims.subject);
        let of_session = |session: &String| hashes.of_session(issuer, session).hash;
        let of_token = |token: &String| hashes.of_token(issuer, token).hash;
        let of_client = |client| hashes.of_subject_and_client(issuer, subject, client).hash;
        RevocationKeys {
            session: claims.session.as_ref().map(of_session),
            token: claims.token_id.as_ref().map(of_token),
            subject: Some(hashes.of_subject(issuer, subject).hash),
            subject_and_client: claims.client.as_ref().map(of_client),
        }
    }

    fn strength(&self, claims: &Claims) -> AuthenticationStrength {
        let acr = claims.acr.as_deref().unwrap_or_default();
        let listed = |method: &String| self.settings.mfa_methods.contains(method);
        AuthenticationStrength {
            level: self.settings.acr_levels.level(acr),
            second_factor: claims.methods.iter().any(listed),
        }
    }
}

impl Remembered {
    pub(super) fn for_surface(self, surface: Surface) -> Result<Arc<VerifiedToken>, TokenRefusal> {
        let meant = match surface {
            Surface::Portal => self.portal,
            Surface::Fhir => self.fhir,
        };
        if meant {
            Ok(self.token)
        } else {
            Err(TokenRefusal::Invalid("audience"))
        }
    }
}

#[async_trait]
impl TokenVerifier for OidcVerifier {
    async fn verify(
        &self,
        token: &BearerToken,
        surface: Surface,
    ) -> Result<Arc<VerifiedToken>, TokenRefusal> {
        self.believe(token).await?.for_surface(surface)
    }
}

#[cfg(test)]
#[path = "verifier_tests.rs"]
mod tests;
