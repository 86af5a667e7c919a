// E0451: only a claim, or a stored claim for the same patient, makes an owned set.
use std::sync::Arc;

use portal_domain::disclosure::{Freshness, Owned, StoredSet};

fn forge(set: Arc<StoredSet>) -> Owned {
    Owned {
        set,
        freshness: Freshness::Fresh,
    }
}

fn main() {}
