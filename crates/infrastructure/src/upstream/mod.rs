//! The clinical services, over FHIR R4 search (docs: <https://hl7.org/fhir/R4/search.html>), and
//! the directory of patients.
//! Nothing that they answer is trusted: not its size, form, length, depth, nor where it points.

mod addresses;
mod body;
mod call;
mod content;
mod credential;
mod fetch;
mod guard;
mod line;
mod page;
mod patient_directory;
mod registered;
mod settings;
mod slots;
mod sources;
mod statements;

pub(crate) use addresses::TenantBase;
pub use credential::{ClientKey, ClientSettings, Credential, CredentialSettings, InvalidClientKey};
pub use line::SourceLine;
pub use patient_directory::HttpPatientDirectory;
pub use settings::{SourceSettings, Tenancy};
pub use sources::FhirSources;
