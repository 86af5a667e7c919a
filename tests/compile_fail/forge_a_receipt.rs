// E0451: a receipt is issued, not made up.
use portal_domain::audit::Receipt;
use portal_domain::id::PortalAccessEventId;

fn forge(event: PortalAccessEventId) -> Receipt {
    Receipt { event }
}

fn main() {}
