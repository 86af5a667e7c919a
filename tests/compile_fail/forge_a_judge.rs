// E0451: nobody puts a judge together out of its parts.
use jiff::Timestamp;
use portal_domain::release::{Judge, ReleaseRules, Viewer};
use portal_domain::source::Source;
use portal_domain::tenant_config::TenantConfig;

fn forge<'a>(rules: &'a ReleaseRules, config: &'a TenantConfig, now: Timestamp) -> Judge<'a> {
    Judge {
        rules,
        source: Source::Laboratory,
        config,
        viewer: Viewer::PATIENT,
        now,
    }
}

fn main() {}
