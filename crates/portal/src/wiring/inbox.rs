//! What hears of other services' events.

use portal_application::Portal;
use portal_application::inbox::{Inbox, InboxParts};
use portal_infrastructure::nats::{NatsBus, NatsInbox};
use tokio_util::sync::CancellationToken;

/// What events come from and what they change; no portal decides yet.
pub struct InboxEnds {
    reader: NatsInbox,
    parts: InboxParts,
}

/// Reads events for as long as it runs.
pub struct InboxReader {
    reader: NatsInbox,
    inbox: Inbox,
}

impl InboxEnds {
    pub(super) fn new(bus: &NatsBus, parts: InboxParts) -> Self {
        Self {
            reader: NatsInbox::new(bus),
            parts,
        }
    }

    pub(super) fn beside(self, portal: &Portal) -> InboxReader {
        InboxReader {
            reader: self.reader,
            inbox: Inbox::new(portal, self.parts),
        }
    }
}

impl InboxReader {
    /// Reads until `stop`; what was begun is finished first.
    pub async fn run(self, stop: CancellationToken) {
        self.reader.run(self.inbox, stop).await;
    }
}
