//! Real processes: the program `patient-portal` as it is installed, and servers that a test may
//! kill, pause and start again.

mod evidence;
mod folder;
mod outbox;
mod outcome;
mod portal_process;
mod running;
mod servers;
mod settings;
mod signal;

pub use evidence::Message;
pub use outbox::{Change, OutboxRow};
pub use portal_process::PortalProcess;
pub use running::Running;
pub use servers::Servers;
pub use settings::free_port;
