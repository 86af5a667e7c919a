// E0451: only the filter makes what is released, and it asks for a permit.
use portal_domain::disclosure::{Owned, Released};

fn release(owned: Owned) -> Released {
    Released {
        owned,
        visible: vec![0],
        reduced: Default::default(),
    }
}

fn main() {}
