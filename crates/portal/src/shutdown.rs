//! The order of the end: not ready, drain, close, finish.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// How far the end has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Serving.
    Running,
    /// Not ready any more; requests are still accepted.
    Draining,
    /// Nothing is accepted; the last requests end.
    Closing,
    /// No request is left; background work ends.
    Finishing,
}

/// Moves the phases on.
pub struct Shutdown(watch::Sender<Phase>);

/// Sees the phases.
#[derive(Clone)]
pub struct Phases(watch::Receiver<Phase>);

impl Default for Shutdown {
    fn default() -> Self {
        Self(watch::Sender::new(Phase::Running))
    }
}

impl Shutdown {
    /// Moves on to a phase; never back.
    pub fn enter(&self, phase: Phase) {
        self.0.send_if_modified(|present| {
            let later = phase > *present;
            if later {
                *present = phase;
            }
            later
        });
    }

    /// A view of the phases.
    pub fn phases(&self) -> Phases {
        Phases(self.0.subscribe())
    }
}

impl Phases {
    /// Whether the end has begun.
    pub fn is_stopping(&self) -> bool {
        *self.0.borrow() > Phase::Running
    }

    /// Ends when a phase is reached.
    pub async fn reached(&self, wanted: Phase) {
        // A sender that is gone can only mean the end.
        let _ = self.0.clone().wait_for(|phase| *phase >= wanted).await;
    }
}

/// SIGTERM and SIGINT.
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Listens from now on, so that no signal is lost during the start.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn phases_never_go_back() {
        let shutdown = Shutdown::default();
        let phases = shutdown.phases();
        assert!(!phases.is_stopping());
        shutdown.enter(Phase::Closing);
        shutdown.enter(Phase::Draining);
        phases.reached(Phase::Closing).await;
        assert!(phases.is_stopping());
    }
}
