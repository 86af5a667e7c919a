// E0515: a judge does not outlive its grant.
use portal_domain::access::PatientGrant;
use portal_domain::release::{Judge, ReleaseRules};
use portal_domain::source::Source;

fn keep(grant: PatientGrant, rules: &'static ReleaseRules) -> Judge<'static> {
    grant.judge(rules, Source::Laboratory)
}

fn main() {}
