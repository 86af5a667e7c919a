//! The clinical services: one URL for all, or one for each.

mod auth;
mod checks;
mod settings;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use portal_application::{RecordRules, SourceRules};
use portal_domain::id::TenantId;
use portal_domain::patient_link::PatientIds;
use portal_domain::release::{ReleaseMode, ReleaseRules};
use portal_domain::sensitivity::LabelMode;
use portal_domain::source::Source;
use portal_infrastructure::upstream::{CredentialSettings, Tenancy};

use super::parse;
use super::reader::{Expected, Reader};

pub(super) use auth::credential_at;
use checks::{check_codes, check_mesh, check_registration, check_singles, check_tenancies};
pub(super) use settings::{FAMILIES, FHIR_AUTH, Family, SETTINGS, url_setting};
use settings::{FHIR_URL, MESH_MTLS, RELEASE_TAG_SYSTEM};

/// One source.
#[derive(Debug, Clone)]
pub struct SourceConfig {
    /// Which.
    pub source: Source,
    /// Its FHIR base, without a slash at its end.
    pub url: String,
    /// Its short code in record ids; empty when all sources have one URL.
    pub id_code: String,
    /// How it says what may be shown.
    pub release: ReleaseMode,
    /// How far its labels can be relied on.
    pub labels: LabelMode,
    /// How it names patients; the same for all with one URL.
    pub patient_ids: PatientIds,
    /// How it tells tenants apart.
    pub tenancy: Tenancy,
    /// How long one call may take.
    pub timeout: Duration,
    /// How this service authenticates to it; the same for all with one URL.
    pub credential: CredentialSettings,
}

/// All sources.
#[derive(Debug, Clone)]
pub struct SourcesConfig {
    /// In the order of [`Source::ALL`].
    pub sources: Vec<SourceConfig>,
    /// The system of release marks.
    pub release_tag_system: String,
}

pub(super) fn sources(
    reader: &mut Reader<'_>,
    tenants: Option<&BTreeSet<TenantId>>,
    mesh: bool,
) -> Option<SourcesConfig> {
    let shared = reader.read(&FHIR_URL, parse::http_url);
    if let Some(url) = shared.as_ref().filter(|_| !mesh) {
        parse::require_https(reader, &FHIR_URL, url);
    }
    let release_tag_system = reader.read(&RELEASE_TAG_SYSTEM, parse::text);
    let sources: Vec<_> = FAMILIES
        .iter()
        .map(|family| source(reader, family, shared.as_deref(), mesh))
        .collect();
    let mut sources: Vec<_> = sources.into_iter().collect::<Option<_>>()?;
    auth::check_shared(reader);
    check_mesh(reader, &sources, mesh);
    check_singles(reader, &sources, tenants);
    check_registration(reader, &sources);
    check_tenancies(reader, &sources);
    // One URL in all needs no code to tell bases apart.
    if sources.iter().all(|source| source.url == sources[0].url) {
        for source in &mut sources {
            source.id_code.clear();
        }
    }
    check_codes(reader, &sources);
    Some(SourcesConfig {
        sources,
        release_tag_system: release_tag_system?,
    })
}

/// Whether a mesh authenticates and encrypts what is called.
pub(super) fn mesh(reader: &mut Reader<'_>) -> bool {
    reader.read(&MESH_MTLS, parse::boolean).unwrap_or(false)
}

fn source(
    reader: &mut Reader<'_>,
    family: &Family,
    shared: Option<&str>,
    mesh: bool,
) -> Option<SourceConfig> {
    let url = match reader.text(&family.url) {
        None if reader.text(&FHIR_URL).is_some() => shared.map(str::to_owned),
        _ => reader.read(&family.url, parse::http_url).inspect(|url| {
            if !mesh {
                parse::require_https(reader, &family.url, url);
            }
        }),
    };
    let id_code = reader.read(&family.id_code, id_code);
    let release = reader.read(&family.release, release);
    let labels = reader.read(&family.labels, labels);
    let timeout = parse::integer(1..=60_000, "milliseconds from 1 to 60000");
    let timeout = reader.read(&family.timeout, timeout);
    let credential = url
        .as_deref()
        .and_then(|url| credential_at(reader, url, mesh));
    let tenancy = url.as_deref().and_then(|url| tenancy(reader, family, url));
    let patient_ids = url
        .as_deref()
        .and_then(|url| patient_ids(reader, family, url));
    Some(SourceConfig {
        source: family.source,
        url: url?,
        id_code: id_code?,
        release: release?,
        labels: labels?,
        patient_ids: patient_ids?,
        tenancy: tenancy?,
        timeout: Duration::from_millis(timeout?),
        credential: credential?,
    })
}

fn id_code(value: &str) -> Result<String, Expected> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    if value.len() <= 8 && value.bytes().all(fits) {
        Ok(value.to_owned())
    } else {
        Err("[a-z0-9]{1,8}, or empty")
    }
}

fn labels(value: &str) -> Result<LabelMode, Expected> {
    match value {
        "complete" => Ok(LabelMode::Complete),
        "none" => Ok(LabelMode::None),
        _ => Err("complete or none"),
    }
}

fn release(value: &str) -> Result<ReleaseMode, Expected> {
    match value {
        "marked" => Ok(ReleaseMode::Marked),
        "byStatus" => Ok(ReleaseMode::ByStatus),
        _ => Err("marked or byStatus"),
    }
}

/// What is said of its URL: of one server there is one way to name patients.
fn patient_ids(reader: &mut Reader<'_>, family: &Family, url: &str) -> Option<PatientIds> {
    let at_url = |other: &&Family| {
        let at = reader.text(&other.url).or(reader.text(&FHIR_URL));
        at.is_some_and(|at| at.trim_end_matches('/') == url) && reader.is_set(&other.patient_ids)
    };
    let Some(said) = FAMILIES.iter().find(at_url) else {
        return Some(PatientIds::Shared);
    };
    let own = reader.text(&family.patient_ids);
    if own.is_some() && own != reader.text(&said.patient_ids) {
        let problem = format!("differs from {}", said.patient_ids.name);
        let expected = "the same, because both have one URL";
        reader.fault(&family.patient_ids, problem, expected);
    }
    reader.read(&said.patient_ids, |value| {
        value.parse().map_err(|_| "shared or identifier:<system>")
    })
}

fn tenancy(reader: &mut Reader<'_>, family: &Family, url: &str) -> Option<Tenancy> {
    let templated = url.contains("{tenant}");
    if reader.text(&family.tenancy).is_none() {
        return Some(if templated {
            Tenancy::Url
        } else {
            Tenancy::Header
        });
    }
    let tenancy = |value: &str| {
        value
            .parse()
            .map_err(|_| "header, {tenant} or single:<tenant>")
    };
    let tenancy = reader.read(&family.tenancy, tenancy)?;
    if templated != (tenancy == Tenancy::Url) {
        reader.fault(
            &family.tenancy,
            "disagrees with the URL",
            "{tenant} in both or in neither",
        );
    }
    Some(tenancy)
}

/// The rules by which records are loaded, addressed and released.
pub(super) fn rules(
    reader: &mut Reader<'_>,
    config: &SourcesConfig,
    public_url: &str,
) -> Option<Arc<RecordRules>> {
    let sources = config.sources.iter().map(|source| SourceRules {
        base_url: source.url.clone(),
        code: source.id_code.clone(),
        release: ReleaseRules {
            mode: source.release,
            tag_system: config.release_tag_system.as_str().into(),
            labels: source.labels,
        },
        patient_ids: source.patient_ids.clone(),
    });
    match RecordRules::new(sources.collect(), public_url.to_owned()) {
        Ok(rules) => Some(Arc::new(rules)),
        Err(error) => {
            let problem = format!("and the sources' own URLs cannot be told apart ({error})");
            reader.fault(&FHIR_URL, problem, "URLs and id codes that differ");
            None
        }
    }
}
