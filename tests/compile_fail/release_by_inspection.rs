// E0308: what may only be judged cannot be released.
use portal_domain::access::InspectPermit;
use portal_domain::disclosure::{Owned, Released};
use portal_domain::release::Verdicts;

fn release(permit: &InspectPermit<'_>, owned: Owned, verdicts: &Verdicts) -> Option<Released> {
    Released::filter(permit, owned, verdicts)
}

fn main() {}
