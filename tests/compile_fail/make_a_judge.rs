// E0624: a judge is of a grant, for nobody else's eyes.
use jiff::Timestamp;
use portal_domain::release::{Judge, ReleaseRules, Viewer};
use portal_domain::source::Source;
use portal_domain::tenant_config::TenantConfig;

fn make<'a>(rules: &'a ReleaseRules, config: &'a TenantConfig, now: Timestamp) -> Judge<'a> {
    Judge::new(rules, Source::Laboratory, config, Viewer::PATIENT, now)
}

fn main() {}
