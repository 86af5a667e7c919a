//! The rows of the table.

use crate::Outcome;
use crate::closed::Question;
use crate::http::{bearer, get};
use crate::records::{AGENT, TENANT};
use crate::report::Size;
use crate::stage::{READERS, Stage, ask, section, section_for, token};

/// What can be measured, in the order of the table.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    FloorVerified,
    FloorRemembered,
    Section,
    SectionForAnother,
    Search,
    Nginx,
    SectionRelayApart,
}

impl Kind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::FloorVerified => "floor, token verified",
            Self::FloorRemembered => "floor, token remembered",
            Self::Section => "chart section, cached",
            Self::SectionForAnother => "chart section, cached, by a proxy",
            Self::Search => "FHIR search, cached",
            Self::Nginx => "nginx in front of the source",
            Self::SectionRelayApart => "chart section, cached, relay in a process of its own",
        }
    }

    /// Whether its answers are journaled.
    pub(crate) const fn is_service(self) -> bool {
        !matches!(
            self,
            Self::FloorVerified | Self::FloorRemembered | Self::Nginx
        )
    }
}

/// A row that is still to be measured.
pub(crate) struct Target {
    pub(crate) kind: Kind,
    pub(crate) size: Size,
    pub(crate) question: Question,
    /// The process whose CPU counts.
    pub(crate) process: u32,
}

impl Target {
    /// With its cache warm and its body's length known; `None` when its
    /// program does not run.
    pub(crate) async fn prepare(
        stage: &mut Stage,
        kind: Kind,
        place: usize,
    ) -> Outcome<Option<Self>> {
        let (size, patient, _) = READERS[place];
        // Tokens live for five minutes, so each row has one of its own.
        let caller = match kind {
            Kind::SectionForAnother => AGENT,
            _ => patient,
        };
        let token = token(&mut stage.sandbox, &stage.settings, caller).await?;
        let credential = bearer(&token);
        let peer = match kind {
            Kind::FloorVerified | Kind::FloorRemembered => Some(&stage.floor),
            Kind::Nginx => stage.nginx.as_ref(),
            _ => None,
        };
        let (address, process) = match peer {
            Some(peer) => (peer.address, peer.program.id()),
            None if kind.is_service() => (stage.service.address, stage.service.program.id()),
            None => return Ok(None),
        };
        let search = format!("Immunization?patient={patient}&_count=100");
        let request = match kind {
            Kind::FloorVerified => get(address, &format!("/verified/{place}"), &credential),
            Kind::FloorRemembered => get(address, &format!("/remembered/{place}"), &credential),
            Kind::Section | Kind::SectionRelayApart => section(address, &token),
            Kind::SectionForAnother => section_for(address, &token, patient).await?,
            Kind::Search => get(address, &format!("/fhir/R4/{search}"), &credential),
            Kind::Nginx => {
                let path = format!("/immunizations/fhir/{search}");
                get(address, &path, &format!("X-Tenant-ID: {TENANT}\r\n"))
            }
        };
        let body = ask(address, &request).await?.len();
        let question = Question {
            address,
            request,
            body,
        };
        Ok(Some(Self {
            kind,
            size,
            question,
            process,
        }))
    }
}
