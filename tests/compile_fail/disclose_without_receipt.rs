// E0061: nothing is sent before the journal has it.
use portal_domain::disclosure::{Answer, Disclosure};

fn send(answer: Answer) -> Disclosure {
    Disclosure::new(answer)
}

fn main() {}
