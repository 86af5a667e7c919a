// E0616: whom a judge judges for is not to be changed.
use portal_domain::release::{Judge, Viewer};

fn change(judge: &mut Judge<'_>) {
    judge.viewer = Viewer::PATIENT;
}

fn main() {}
