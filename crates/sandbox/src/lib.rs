//! Simulated sources, an OIDC issuer and synthetic records, as one HTTP
//! server on loopback.
//!
//! [`start`] gives a [`Sandbox`]: FHIR R4 sources with search, each under its
//! own base path, services that know and notify people, an issuer that signs
//! tokens with any claims and administers its users, and switches for faults. It holds no rule of the portal: what must be filtered by the
//! portal is returned here as it is stored, byte for byte.
//!
//! Belongs here: what a source or an identity provider does, well or badly.
//! Does not: anything that decides what a patient may see.

mod calls;
mod clock;
mod delegation;
mod fault;
mod generate;
mod http;
mod issuer;
mod load;
mod notification;
mod options;
mod person;
mod record;
mod registered;
mod registrant;
mod sandbox;
mod search;
mod service;
mod source;
mod splice;
mod staff;
mod store;
mod world;

pub use calls::RecordedCall;
pub use delegation::DemoDelegation;
pub use fault::{Fault, Mode};
pub use issuer::IssuerFault;
pub use notification::SentNotification;
pub use options::Options;
pub use person::DemoPerson;
pub use record::InvalidResource;
pub use registrant::DemoRegistrant;
pub use sandbox::{Sandbox, start};
pub use staff::DemoStaff;
