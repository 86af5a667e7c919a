//! Real processes: the program `patient-portal` as it is installed, and servers that a test may
//! kill, pause and start again.

mod evidence;
mod folder;
mod outcome;
mod portal_process;
mod running;
mod servers;
mod settings;
mod signal;

pub use portal_process::PortalProcess;
pub use servers::Servers;
