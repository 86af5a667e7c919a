// E0451: verdicts are a judge's.
use jiff::Timestamp;
use portal_domain::disclosure::Owned;
use portal_domain::release::{Verdicts, Viewer};

fn forge(owned: Owned, now: Timestamp) -> Verdicts {
    Verdicts {
        owned,
        judged_for: (Viewer::PATIENT, now),
        withheld: Vec::new(),
        by_id: Default::default(),
    }
}

fn main() {}
