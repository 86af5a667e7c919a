// E0451: verdicts are a judge's.
use jiff::Timestamp;
use portal_domain::disclosure::Owned;
use portal_domain::release::{Verdicts, Viewer};

fn forge(owned: Owned, now: Timestamp) -> Verdicts {
    Verdicts {
        owned,
        judged_for: (Viewer::PATIENT, now),
        by_index: Vec::new(),
        by_id: Default::default(),
    }
}

fn main() {}
