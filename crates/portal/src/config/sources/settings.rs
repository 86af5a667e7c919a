//! The settings of sources.

use portal_domain::source::Source;

use crate::config::setting::{Form, Role, Setting};

use super::auth::{AuthFamily, auth_family};

pub(in crate::config) static FHIR_URL: Setting = Setting::new(
    "FHIR_URL",
    Form::Own("URL; {tenant} in it stands for the tenant"),
    "https://fhir.example.org/r4",
    "The FHIR R4 base of every source that has no URL of its own.",
);
pub(in crate::config) static MESH_MTLS: Setting = Setting::new(
    "MESH_MTLS",
    Form::Boolean,
    "true",
    "Whether a service mesh authenticates and encrypts calls to sources. Production needs it for \
     sources without authentication and for plain HTTP.",
)
.default("false");
pub(in crate::config) static RELEASE_TAG_SYSTEM: Setting = Setting::new(
    "RELEASE_TAG_SYSTEM",
    Form::Text,
    "urn:ghasi-ehealth:release",
    "The system of the meta.tag codes released, critical and critical-acknowledged.",
)
.default("urn:ghasi-ehealth:release");

/// How this service authenticates to the base of every source that has no URL of its own.
pub(in crate::config) static FHIR_AUTH: AuthFamily = auth_family!("FHIR");

/// The settings of one source.
pub(in crate::config) struct Family {
    pub(super) source: Source,
    pub(super) url: Setting,
    pub(super) id_code: Setting,
    pub(super) release: Setting,
    pub(super) labels: Setting,
    pub(super) patient_ids: Setting,
    pub(super) tenancy: Setting,
    pub(super) timeout: Setting,
    pub(super) auth: AuthFamily,
}

impl Family {
    pub(in crate::config) fn settings(&self) -> impl Iterator<Item = &Setting> {
        let own = [
            &self.url,
            &self.id_code,
            &self.release,
            &self.labels,
            &self.patient_ids,
            &self.tenancy,
            &self.timeout,
        ];
        own.into_iter().chain(self.auth.settings())
    }
}

/// The setting that says where a source is.
pub(in crate::config) const fn url_setting(source: Source) -> &'static Setting {
    &FAMILIES[source as usize].url
}

macro_rules! family {
    ($source:ident, $prefix:literal, $path:literal, $code:literal, $release:literal) => {
        family!(
            $source,
            $prefix,
            $path,
            $code,
            $release,
            concat!("The FHIR R4 base of ", $path, ".")
        )
    };
    ($source:ident, $prefix:literal, $path:literal, $code:literal, $release:literal, $about:expr) => {
        Family {
            source: Source::$source,
            url: Setting::new(
                concat!($prefix, "_URL"),
                Form::Own("URL; {tenant} in it stands for the tenant"),
                concat!("https://", $path, ".example.org/fhir"),
                $about,
            )
            .derived("FHIR_URL")
            .needed_by(&[Role::Serve]),
            id_code: Setting::new(
                concat!($prefix, "_ID_CODE"),
                Form::Own("[a-z0-9]{1,8}, or empty"),
                $code,
                "Its short code in record ids; empty, or without effect, when all sources have one URL.",
            )
            .default($code)
            .may_be_empty(),
            release: Setting::new(
                concat!($prefix, "_RELEASE"),
                Form::Choice("marked | byStatus"),
                $release,
                "Whether it marks what may be shown, or its statuses say so.",
            )
            .default($release),
            labels: Setting::new(
                concat!($prefix, "_LABELS"),
                Form::Choice("complete | none"),
                "none",
                "Whether it labels everything (meta.security), so that what has no label is hidden \
                 from proxies, or code lists say what is sensitive.",
            )
            .default("none"),
            patient_ids: Setting::new(
                concat!($prefix, "_PATIENT_IDS"),
                Form::Own("shared | identifier:<system>"),
                "shared",
                "Whether it names patients by registration's ids, or by its own: then a patient is \
                 the one whose identifier of this system is that of registration's Patient.",
            )
            .derived("what a source with the same URL says, else shared"),
            tenancy: Setting::new(
                concat!($prefix, "_TENANCY"),
                Form::Own("header | {tenant} | single:<tenant>"),
                "header",
                "How it tells tenants apart: by X-Tenant-ID, by {tenant} in its URL, or not at all.",
            )
            .derived("header; {tenant} when its URL has that"),
            timeout: Setting::new(
                concat!($prefix, "_TIMEOUT_MS"),
                Form::Integer,
                "1500",
                "How long one call to it may take.",
            )
            .unit("milliseconds")
            .default("1500"),
            auth: auth_family!($prefix),
        }
    };
}

/// In the order of [`Source::ALL`].
pub(in crate::config) static FAMILIES: [Family; 11] = [
    family!(
        Registration,
        "REGISTRATION",
        "registration",
        "reg",
        "byStatus"
    ),
    family!(Scheduling, "SCHEDULING", "scheduling", "sch", "byStatus"),
    family!(Laboratory, "LABORATORY", "laboratory", "lab", "marked"),
    family!(Radiology, "RADIOLOGY", "radiology", "rad", "byStatus"),
    family!(Medication, "MEDICATION", "medication", "med", "byStatus"),
    family!(Claims, "CLAIMS", "claims", "clm", "byStatus"),
    family!(
        Immunizations,
        "IMMUNIZATIONS",
        "immunizations",
        "imm",
        "byStatus"
    ),
    family!(
        PatientChart,
        "PATIENT_CHART",
        "patient-chart",
        "cht",
        "byStatus"
    ),
    family!(Documents, "DOCUMENTS", "documents", "doc", "byStatus"),
    family!(
        Communication,
        "COMMUNICATION",
        "communication",
        "com",
        "byStatus",
        "The FHIR R4 base of communication, and where its own services are: links and codes are \
         handed over there, by who relays; without it they wait."
    ),
    family!(
        ProviderDirectory,
        "PROVIDER_DIRECTORY",
        "provider-directory",
        "dir",
        "byStatus"
    ),
];

pub(in crate::config) static SETTINGS: [&Setting; 3] = [&FHIR_URL, &MESH_MTLS, &RELEASE_TAG_SYSTEM];
