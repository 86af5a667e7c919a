//! Whose tokens are believed, and how their claims are read.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use portal_domain::id::{ClientId, Issuer, TenantId};
use secrecy::SecretString;
use url::Url;

use crate::fault::{Fault, read_all};

const ISSUERS: &str = "OIDC_ISSUERS";
const ACR_LEVELS: &str = "ACR_LEVELS";

/// One issuer of tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerSettings {
    /// What `iss` says, whole.
    pub issuer: Issuer,
    /// The tenant that all its tokens are for, if it is bound to one.
    pub tenant: Option<TenantId>,
}

impl IssuerSettings {
    /// Reads `url` or `url|tenant`.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (issuer, tenant) = match text.split_once('|') {
            Some((issuer, tenant)) => (issuer, Some(tenant)),
            None => (text, None),
        };
        let url = Url::parse(issuer).ok().filter(is_issuer);
        let issuer = Issuer::parse(issuer).ok().filter(|_| url.is_some());
        let tenant = tenant
            .map(TenantId::parse)
            .transpose()
            .map_err(|_| "expected a tenant id behind `|`")?;
        let issuer = issuer.ok_or("expected an http(s) URL without user, query or fragment")?;
        Ok(Self { issuer, tenant })
    }
}

fn is_issuer(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none()
}

/// Reads `url[|tenant],…`.
pub fn parse_issuers(text: &str) -> Result<Vec<IssuerSettings>, Vec<Fault>> {
    let entries = text.split(',').filter(|_| !text.trim().is_empty());
    read_all(ISSUERS, entries, IssuerSettings::parse)
}

/// Levels of authentication by exact `acr`. What is not listed is 0.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AcrLevels(BTreeMap<Box<str>, u8>);

impl AcrLevels {
    /// Reads `acr=level,…`. The last `=` divides, because an `acr` may be a URL.
    pub fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        let entries = text.split(',').filter(|_| !text.trim().is_empty());
        let mut named = HashSet::new();
        let levels = read_all(ACR_LEVELS, entries, |entry| {
            let (acr, level) = entry.rsplit_once('=').ok_or("expected acr=level")?;
            let level = level
                .parse()
                .map_err(|_| "expected a level from 0 to 255 behind `=`")?;
            if acr.is_empty() || !named.insert(acr.to_owned()) {
                return Err("expected an acr that no earlier entry names");
            }
            Ok((Box::from(acr), level))
        })?;
        Ok(Self(levels.into_iter().collect()))
    }

    /// The `acr` that asks for a second factor: of those of level 2, the first by name; else of the
    /// lowest level above.
    pub fn step_up(&self) -> Option<&str> {
        let strong = self.0.iter().filter(|(_, level)| **level >= 2);
        strong
            .min_by_key(|(_, level)| **level)
            .map(|(acr, _)| &**acr)
    }

    /// The level of an `acr`.
    pub fn level(&self, acr: &str) -> u8 {
        self.0.get(acr).copied().unwrap_or_default()
    }
}

/// Who this service is to the providers. The secret is never printed.
#[derive(Debug, Clone)]
pub struct ClientCredentials {
    /// The id.
    pub id: ClientId,
    /// The secret.
    pub secret: SecretString,
}

/// How tokens are verified.
#[derive(Debug, Clone)]
pub struct OidcSettings {
    /// Whose tokens are believed.
    pub issuers: Vec<IssuerSettings>,
    /// The audience of `/v1/portal`.
    pub portal_audience: String,
    /// The audience of `/fhir/R4`.
    pub fhir_audience: String,
    /// The deployment's own clients.
    pub first_party_clients: Vec<ClientId>,
    /// Who asks providers about tokens; without it nobody does.
    pub client: Option<ClientCredentials>,
    /// The claim that holds the tenant.
    pub tenant_claim: String,
    /// The claim that holds the patient.
    pub patient_claim: String,
    /// Levels by `acr`.
    pub acr_levels: AcrLevels,
    /// Values of `amr` that are a second factor (RFC 8176).
    pub mfa_methods: Vec<String>,
    /// The longest time between `iat` and `exp`.
    pub max_token_lifetime: Duration,
}

impl OidcSettings {
    /// All that is wrong with them.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = self.issuer_faults();
        for (setting, audience) in [
            ("PORTAL_AUDIENCE", &self.portal_audience),
            ("FHIR_AUDIENCE", &self.fhir_audience),
        ] {
            if !self.is_audience(audience) {
                let expected = "expected an audience of its own, neither `account` nor a client id";
                faults.push(Fault::new(setting, expected));
            }
        }
        for (setting, claim) in [
            ("TENANT_CLAIM", &self.tenant_claim),
            ("PATIENT_CLAIM", &self.patient_claim),
        ] {
            if claim.is_empty() {
                faults.push(Fault::new(setting, "expected the name of a claim"));
            }
        }
        if self.max_token_lifetime.is_zero() {
            let expected = "expected more than 0 seconds";
            faults.push(Fault::new("MAX_TOKEN_LIFETIME", expected));
        }
        faults
    }

    fn issuer_faults(&self) -> Vec<Fault> {
        let mut named = HashSet::new();
        let repeated = self
            .issuers
            .iter()
            .any(|settings| !named.insert(&settings.issuer));
        let mut faults = Vec::new();
        if self.issuers.is_empty() {
            faults.push(Fault::new(ISSUERS, "expected at least one issuer"));
        }
        if repeated {
            faults.push(Fault::new(ISSUERS, "expected each issuer once"));
        }
        faults
    }

    // Keycloak puts `account` into every token, and a client's own id stands in its ID tokens.
    fn is_audience(&self, audience: &str) -> bool {
        let own = self.client.iter().map(|own| &own.id);
        let mut clients = self.first_party_clients.iter().chain(own);
        !audience.is_empty()
            && audience != "account"
            && !clients.any(|client| client.as_str() == audience)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issuers_may_be_bound_to_a_tenant() {
        let issuers = parse_issuers("https://a.example/realms/x|kabul, http://127.0.0.1:8080")
            .expect("valid");
        assert_eq!(issuers[0].issuer.as_str(), "https://a.example/realms/x");
        assert_eq!(
            issuers[0].tenant.as_ref().map(TenantId::as_str),
            Some("kabul")
        );
        assert_eq!(issuers[1].tenant, None);
        assert_eq!(parse_issuers(" "), Ok(Vec::new()));
    }

    #[test]
    fn every_faulty_issuer_is_named() {
        let text = "https://a.example,ftp://b,https://u@c.example,https://d.example|,https://e?x";
        let faults = parse_issuers(text).unwrap_err();
        let places: Vec<&str> = faults.iter().map(|fault| &fault.message[..7]).collect();
        assert_eq!(places, ["entry 2", "entry 3", "entry 4", "entry 5"]);
    }

    #[test]
    fn an_acr_that_is_not_listed_is_level_0() {
        let levels = AcrLevels::parse("1=1,2=2,https://refeds.org/profile/mfa=2").expect("valid");
        assert_eq!(levels.level("https://refeds.org/profile/mfa"), 2);
        assert_eq!(levels.level("1"), 1);
        assert_eq!(levels.level("3"), 0);
        assert_eq!(levels.level(""), 0);
        assert_eq!(
            AcrLevels::parse("a,b=x,=1,c=256,d=1,d=2")
                .unwrap_err()
                .len(),
            5
        );
    }

    #[test]
    fn common_audiences_are_refused() {
        let settings = OidcSettings {
            issuers: Vec::new(),
            portal_audience: "account".to_owned(),
            fhir_audience: "web".to_owned(),
            first_party_clients: vec![ClientId::parse("web").expect("valid")],
            client: None,
            tenant_claim: String::new(),
            patient_claim: "patient".to_owned(),
            acr_levels: AcrLevels::default(),
            mfa_methods: Vec::new(),
            max_token_lifetime: Duration::ZERO,
        };
        let faults = settings.faults();
        let named: Vec<&str> = faults.iter().map(|fault| fault.setting.as_str()).collect();
        assert_eq!(
            named,
            [
                ISSUERS,
                "PORTAL_AUDIENCE",
                "FHIR_AUDIENCE",
                "TENANT_CLAIM",
                "MAX_TOKEN_LIFETIME"
            ]
        );
    }
}
