//! Every fault of every setting, and nothing of any secret.

mod credentials;
mod faults;
mod precedence;
mod shown;

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use super::{Faults, Inputs, Reading, ServeConfig, serve};

pub(super) const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

/// A production environment in which `serve` starts.
pub(super) struct Scene {
    pub(super) environment: BTreeMap<String, String>,
    pub(super) flags: Vec<(String, String)>,
    pub(super) file: Option<String>,
    pub(super) files: BTreeMap<&'static str, &'static str>,
}

impl Scene {
    pub(super) fn production() -> Self {
        let key_ring = format!("k1:2026-01-01:{KEY}");
        let environment = [
            ("PUBLIC_URL", "https://portal.example.org"),
            ("REGION", "afg"),
            ("DATABASE_URL", "postgres://portal_app:hush@db:5432/portal"),
            (
                "DATABASE_JOURNAL_URL",
                "postgres://portal_journal:hush@db:5432/portal",
            ),
            (
                "DATABASE_WORKER_URL",
                "postgres://portal_worker:hush@db:5432/portal",
            ),
            ("REDIS_URL", "redis://:hush@redis:6379"),
            ("NATS_URL", "nats://hush@nats:4222"),
            (
                "KEYCLOAK_REALM_URL",
                "https://id.example.org/realms/patients",
            ),
            ("PORTAL_AUDIENCE", "patient-portal"),
            ("FIRST_PARTY_CLIENTS", "portal-web,portal-mobile"),
            ("OIDC_CLIENT_ID", "portal-api"),
            ("OIDC_CLIENT_SECRET", "hush"),
            ("ACR_LEVELS", "1=1,2=2"),
            ("IDENTITY_ADMIN_CLIENT_ID", "portal-admin"),
            ("IDENTITY_ADMIN_CLIENT_SECRET", "hush"),
            ("STAFF_ISSUER_URL", "https://id.example.org/realms/staff"),
            ("COMMUNICATION_URL", "https://communication.example.org"),
            ("ENTITLEMENTS_STATIC", "kabul=ehr.portal"),
            ("KEY_RING", key_ring.as_str()),
            ("REGISTRATION_URL", "https://registration.example.org/fhir"),
            ("PATIENT_CHART_URL", "https://chart.example.org/fhir"),
            ("LABORATORY_URL", "https://laboratory.example.org/fhir"),
            ("MEDICATION_URL", "https://medication.example.org/fhir"),
            (
                "IMMUNIZATIONS_URL",
                "https://immunizations.example.org/fhir",
            ),
            ("SCHEDULING_URL", "https://scheduling.example.org/fhir"),
            ("RADIOLOGY_URL", "https://radiology.example.org/fhir"),
            ("CLAIMS_URL", "https://claims.example.org/fhir"),
            ("DOCUMENTS_URL", "https://documents.example.org/fhir"),
            (
                "PROVIDER_DIRECTORY_URL",
                "https://directory.example.org/fhir",
            ),
            ("MESH_MTLS", "true"),
        ];
        let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
        Self {
            environment: environment.into_iter().map(owned).collect(),
            flags: Vec::new(),
            file: None,
            files: BTreeMap::new(),
        }
    }

    pub(super) fn set(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(super) fn unset(mut self, name: &str) -> Self {
        self.environment.remove(name);
        self
    }

    pub(super) fn flag(mut self, name: &str, value: &str) -> Self {
        self.flags.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(super) fn file(mut self, text: &str) -> Self {
        self.file = Some(text.to_owned());
        self
    }

    pub(super) fn with_inputs<T>(&self, read: impl FnOnce(&Inputs<'_>) -> T) -> T {
        let read_file = |path: &Path| {
            let text = path.to_str().and_then(|path| self.files.get(path));
            text.map(|text| (*text).to_owned())
                .ok_or_else(|| io::ErrorKind::NotFound.into())
        };
        read(&Inputs {
            flags: &self.flags,
            environment: &self.environment,
            file: self.file.as_deref(),
            read_file: &read_file,
            now: "2026-03-01T00:00:00Z".parse().unwrap(),
        })
    }

    pub(super) fn read(&self) -> Result<Reading<ServeConfig>, Faults> {
        self.with_inputs(|inputs| serve(inputs, true))
    }

    pub(super) fn config(&self) -> ServeConfig {
        self.read()
            .unwrap_or_else(|faults| panic!("{faults}"))
            .config
    }

    /// The faults, each as its line.
    pub(super) fn faults(&self) -> Vec<String> {
        match self.read() {
            Ok(_) => Vec::new(),
            Err(faults) => faults.0.iter().map(ToString::to_string).collect(),
        }
    }
}
