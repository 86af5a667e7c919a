// E0451: verdicts are a judge's.
use portal_domain::disclosure::Owned;
use portal_domain::release::Verdicts;

fn forge(owned: Owned) -> Verdicts {
    Verdicts {
        owned,
        by_index: Vec::new(),
        by_id: Default::default(),
    }
}

fn main() {}
