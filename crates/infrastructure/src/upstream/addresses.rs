//! Which addresses are asked: made of checked parts only, and never another origin or path.

use portal_application::ports::SourceRequest;
use portal_domain::id::TenantId;
use portal_domain::source::RecordSet;
use portal_fhir::ResourceType;
use portal_fhir::reference::is_id;
use url::Url;

use super::settings::TENANT;

/// How many records a page is asked for. A source may send fewer.
const COUNT: &str = "500";

/// The base of a source as one tenant reaches it.
#[derive(Debug, Clone)]
pub(crate) struct TenantBase {
    url: Url,
    tenant: TenantId,
}

impl TenantBase {
    /// `None` for a tenant that cannot stand in a URL.
    pub(crate) fn new(base_url: &str, tenant: &TenantId) -> Option<Self> {
        if matches!(tenant.as_str(), "." | "..") {
            return None;
        }
        let url = Url::parse(&base_url.replace(TENANT, tenant.as_str())).ok()?;
        Some(Self {
            url,
            tenant: tenant.clone(),
        })
    }

    /// A URL in which `{tenant}` stands for the tenant.
    pub(super) fn with_tenant(&self, url: &str) -> String {
        url.replace(TENANT, self.tenant.as_str())
    }

    /// Whether a URL is the base or below it: same scheme, host and port, and its path said plainly.
    pub(super) fn holds(&self, url: &Url) -> bool {
        let same_origin = url.origin() == self.url.origin();
        let plain = url.username().is_empty() && url.password().is_none();
        same_origin && plain && self.holds_path(url.path())
    }

    /// The search that answers a request; `None` for ids that no source is asked for.
    pub(super) fn search(&self, request: &SourceRequest) -> Option<Url> {
        let patient = request.target.at_source();
        let ids = &request.ids;
        if !is_id(patient.as_str()) || !ids.iter().all(|id| is_id(id)) {
            return None;
        }
        let mut url = self.url.clone();
        url.path_segments_mut()
            .ok()?
            .pop_if_empty()
            .push(request.set.resource_type().as_str());
        let mut query = url.query_pairs_mut();
        match request.set {
            // A Patient is its own owner: only one that is both asked for and the patient's.
            RecordSet::Patient if ids.iter().any(|id| **id != *patient.as_str()) => return None,
            RecordSet::Patient => {
                query.append_pair("_id", patient.as_str());
            }
            // What is reached from a patient's records is never asked for whole.
            set if is_reached(set) && ids.is_empty() => return None,
            set => {
                if set.is_of_patient() {
                    query.append_pair(owner_parameter(set.resource_type()), patient.as_str());
                }
                if let Some(category) = request.category {
                    query.append_pair("category", category);
                }
                if !ids.is_empty() {
                    query.append_pair("_id", &ids.join(","));
                }
                if ids.len() != 1 {
                    query.append_pair("_count", COUNT);
                }
            }
        }
        drop(query);
        Some(url)
    }

    /// The search for the Patients of an identifier.
    pub(super) fn patients(&self, system: &str, value: &str) -> Option<Url> {
        let mut url = self.below(&["Patient"])?;
        let identifier = format!("{system}|{value}");
        url.query_pairs_mut().append_pair("identifier", &identifier);
        Some(url)
    }

    /// The address of something below the base. Segments are fixed words and checked ids.
    pub(crate) fn below(&self, segments: &[&str]) -> Option<Url> {
        let mut url = self.url.clone();
        url.path_segments_mut()
            .ok()?
            .pop_if_empty()
            .extend(segments);
        Some(url)
    }

    /// The base itself, without a slash at its end.
    pub(super) fn as_str(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }

    /// The next page's address, if it is one of this base.
    pub(super) fn next(&self, page: &Url, next: &str) -> Option<Url> {
        let url = page.join(next).ok()?;
        self.holds(&url).then(|| without_fragment(url))
    }

    fn holds_path(&self, path: &str) -> bool {
        let base = self.url.path().trim_end_matches('/');
        let below = path.strip_prefix(base);
        // A slash or dot that is percent-encoded may be decoded behind a proxy, and climb.
        let lower = path.to_ascii_lowercase();
        let hidden = ["%2e", "%2f", "%5c", "%25"]
            .iter()
            .any(|part| lower.contains(part));
        below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) && !hidden
    }
}

fn without_fragment(mut url: Url) -> Url {
    url.set_fragment(None);
    url
}

/// Whether it is nobody's record and no directory either.
fn is_reached(set: RecordSet) -> bool {
    !set.is_of_patient() && !set.resource_type().is_directory()
}

/// The search parameter by which a type is asked for a patient's records.
const fn owner_parameter(resource_type: ResourceType) -> &'static str {
    match resource_type {
        ResourceType::Patient => "_id",
        ResourceType::Coverage => "beneficiary",
        _ => "patient",
    }
}

#[cfg(test)]
mod tests {
    use portal_domain::id::PatientId;

    use super::*;
    use crate::upstream::sources::tests::{request, request_one};

    fn base() -> TenantBase {
        let tenant = TenantId::parse("kabul").expect("valid");
        TenantBase::new("https://ehr.example:8443/{tenant}/R4", &tenant).expect("usable")
    }

    fn asked(request: &SourceRequest) -> Option<String> {
        base().search(request).map(String::from)
    }

    #[test]
    fn a_set_is_asked_for_by_patient_and_category() {
        assert_eq!(
            asked(&request("pat-1", RecordSet::LaboratoryObservations)).as_deref(),
            Some(
                "https://ehr.example:8443/kabul/R4/Observation?patient=pat-1&category=laboratory&_count=500"
            )
        );
        assert_eq!(
            asked(&request("pat-1", RecordSet::Patient)).as_deref(),
            Some("https://ehr.example:8443/kabul/R4/Patient?_id=pat-1")
        );
        assert_eq!(
            asked(&request_one("pat-1", RecordSet::Conditions, "c.1")).as_deref(),
            Some("https://ehr.example:8443/kabul/R4/Condition?patient=pat-1&_id=c.1")
        );
    }

    #[test]
    fn a_source_is_asked_by_its_own_id_and_for_several_categories_without_one() {
        let by_registration = request("pat-1", RecordSet::LaboratoryObservations);
        let at_source = PatientId::parse("x-1").expect("valid");
        let linked = SourceRequest {
            target: by_registration.target.known_as(at_source),
            category: None,
            ..by_registration
        };
        let root = "https://ehr.example:8443/kabul/R4";
        let expected = format!("{root}/Observation?patient=x-1&_count=500");
        assert_eq!(asked(&linked), Some(expected));
        let named = base().patients("urn:mrn", "a&b 7").map(String::from);
        let expected = format!("{root}/Patient?identifier=urn%3Amrn%7Ca%26b+7");
        assert_eq!(named, Some(expected));
    }

    #[test]
    fn what_is_nobodys_is_asked_for_by_its_ids_and_without_a_patient() {
        let one = request_one("pat-1", RecordSet::Medications, "m.1");
        let root = "https://ehr.example:8443/kabul/R4";
        let expected = format!("{root}/Medication?_id=m.1");
        assert_eq!(asked(&one), Some(expected));
        let two = SourceRequest {
            ids: vec!["m1".into(), "m2".into()],
            ..one
        };
        let expected = format!("{root}/Medication?_id=m1%2Cm2&_count=500");
        assert_eq!(asked(&two), Some(expected));
        assert_eq!(asked(&request("pat-1", RecordSet::Medications)), None);
        let whole = asked(&request("pat-1", RecordSet::Locations));
        assert_eq!(whole, Some(format!("{root}/Location?_count=500")));
    }

    #[test]
    fn ids_that_climb_or_break_out_are_never_asked_for() {
        let long = "a".repeat(65);
        for id in [
            "",
            ".",
            "..",
            "a/b",
            "a%2fb",
            "a?b",
            "a&patient=b",
            "ä",
            "a b",
            &long,
        ] {
            assert_eq!(
                asked(&request_one("pat-1", RecordSet::Conditions, id)),
                None,
                "{id}"
            );
        }
        assert_eq!(asked(&request("..", RecordSet::Conditions)), None);
        assert_eq!(
            asked(&request_one("pat-1", RecordSet::Patient, "pat-2")),
            None
        );
        let climbing = TenantId::parse("..").expect("an id by its alphabet");
        assert!(TenantBase::new("https://ehr.example/{tenant}", &climbing).is_none());
    }

    #[test]
    fn the_next_page_stays_at_its_base() {
        let base = base();
        let page =
            Url::parse("https://ehr.example:8443/kabul/R4/Observation?patient=1").expect("a URL");
        for next in [
            "https://ehr.example:8443/kabul/R4?_getpages=1",
            "https://ehr.example:8443/kabul/R4/Observation?page=2",
            "?page=2",
            "/kabul/R4/Observation?page=2#top",
        ] {
            assert!(base.next(&page, next).is_some(), "{next}");
        }
        for next in [
            "https://evil.example/kabul/R4/Observation",
            "http://ehr.example:8443/kabul/R4/Observation",
            "https://ehr.example/kabul/R4/Observation",
            "https://ehr.example:8443/kabul/R4x",
            "https://ehr.example:8443/kabul/R4/../../herat/R4/Observation",
            "https://ehr.example:8443/kabul/R4/%2e%2e/admin",
            "https://ehr.example:8443/kabul/R4/..%2f..%2fadmin",
            "https://ehr.example:8443/kabul/R4/%252e%252e/admin",
            "https://user@ehr.example:8443/kabul/R4/Observation",
            "//evil.example/kabul/R4/Observation",
            "\\\\evil.example\\kabul",
            "file:///etc/passwd",
            "http://[::1",
        ] {
            assert!(base.next(&page, next).is_none(), "{next}");
        }
    }
}
