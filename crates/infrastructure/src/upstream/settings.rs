//! Where a source is and how it tells tenants apart.

use std::str::FromStr;
use std::time::Duration;

use portal_domain::id::TenantId;
use portal_domain::source::Source;
use url::Url;

use crate::fault::Fault;

use super::credential::Credential;

/// What stands for the tenant in a base URL.
pub(super) const TENANT: &str = "{tenant}";

/// How a source knows which tenant is asked about. `X-Tenant-ID` is sent in any case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tenancy {
    /// By the header `X-Tenant-ID`.
    Header,
    /// By its URL, in which `{tenant}` stands for the tenant.
    Url,
    /// It serves this tenant only; nobody else's requests go there.
    Single(TenantId),
}

/// The text is none of `header`, `{tenant}`, `single:<tenant>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected header, {{tenant}} or single:<tenant>")]
pub struct InvalidTenancy;

impl FromStr for Tenancy {
    type Err = InvalidTenancy;

    fn from_str(text: &str) -> Result<Self, InvalidTenancy> {
        match text {
            "header" => Ok(Self::Header),
            TENANT => Ok(Self::Url),
            _ => text
                .strip_prefix("single:")
                .and_then(|tenant| TenantId::parse(tenant).ok())
                .map(Self::Single)
                .ok_or(InvalidTenancy),
        }
    }
}

/// One source's settings.
#[derive(Debug, Clone)]
pub struct SourceSettings {
    /// Which source.
    pub source: Source,
    /// Its base URL without a slash at its end.
    pub base_url: String,
    /// How it tells tenants apart.
    pub tenancy: Tenancy,
    /// How long one fetch from it may take, all pages and a retry together.
    pub timeout: Duration,
    /// How this service says who it is there; sources with one base share it.
    pub credential: Credential,
}

impl SourceSettings {
    /// The settings of a source at a URL: tenants by header, 1.5 s, no
    /// authentication.
    pub fn new(source: Source, base_url: impl Into<String>) -> Self {
        Self {
            source,
            base_url: base_url.into(),
            tenancy: Tenancy::Header,
            timeout: Duration::from_millis(1_500),
            credential: Credential::default(),
        }
    }

    /// What is wrong with them. `prefix` is what the names of this source's settings begin with,
    /// such as `LABORATORY`.
    pub fn faults(&self, prefix: &str) -> Vec<Fault> {
        let mut faults = Vec::new();
        if !self.base_url_is_usable() {
            let expected = "expected http(s)://host[:port][/path] without a slash at its end, \
                            user, query or fragment";
            faults.push(Fault::new(format!("{prefix}_URL"), expected));
        }
        let templated = self.base_url.contains(TENANT);
        if templated != (self.tenancy == Tenancy::Url) {
            let expected = "expected {tenant} exactly when the URL contains {tenant}";
            faults.push(Fault::new(format!("{prefix}_TENANCY"), expected));
        }
        if self.timeout.is_zero() {
            let expected = "expected more than 0 milliseconds";
            faults.push(Fault::new(format!("{prefix}_TIMEOUT_MS"), expected));
        }
        faults
    }

    /// Whether the source may be asked about a tenant.
    pub(super) fn serves(&self, tenant: &TenantId) -> bool {
        match &self.tenancy {
            Tenancy::Header | Tenancy::Url => true,
            Tenancy::Single(only) => only == tenant,
        }
    }

    fn base_url_is_usable(&self) -> bool {
        let example = self.base_url.replace(TENANT, "tenant");
        let Ok(url) = Url::parse(&example) else {
            return false;
        };
        matches!(url.scheme(), "http" | "https")
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
            && !example.ends_with('/')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(base_url: &str, tenancy: &str) -> Vec<String> {
        let mut settings = SourceSettings::new(Source::Laboratory, base_url);
        settings.tenancy = tenancy.parse().expect("valid");
        let faults = settings.faults("LABORATORY");
        faults.into_iter().map(|fault| fault.setting).collect()
    }

    #[test]
    fn usable_settings_have_no_faults() {
        assert!(faults("http://127.0.0.1:8080/fhir", "header").is_empty());
        assert!(faults("https://{tenant}.example/fhir", "{tenant}").is_empty());
        assert!(faults("https://ehr.example/{tenant}/R4", "{tenant}").is_empty());
        assert!(faults("https://ehr.example", "single:kabul").is_empty());
    }

    #[test]
    fn all_faults_are_named_at_once() {
        let both = ["LABORATORY_URL", "LABORATORY_TENANCY"];
        assert_eq!(faults("ftp://host/{tenant}", "header"), both);
        for url in [
            "https://u:p@host",
            "https://host/?x=1",
            "https://host/a/",
            "host",
            "",
        ] {
            assert_eq!(faults(url, "header"), ["LABORATORY_URL"], "{url}");
        }
        assert_eq!(faults("https://host", "{tenant}"), ["LABORATORY_TENANCY"]);
    }

    #[test]
    fn tenancy_is_one_of_three_forms() {
        assert_eq!("header".parse(), Ok(Tenancy::Header));
        for text in ["", "Header", "single:", "single:a/b", "url"] {
            assert_eq!(text.parse::<Tenancy>(), Err(InvalidTenancy), "{text}");
        }
    }
}
