//! The secrets by which sources say that records have changed.

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use portal_application::ports::{BearerToken, RecordHook, RecordHooks};
use portal_domain::id::TenantId;
use portal_domain::source::Source;

use crate::fault::{Fault, read_all};

const SETTING: &str = "FHIR_HOOKS";
/// One server that is the source of everything.
const EVERY_SOURCE: &str = "*";
/// Shorter secrets can be guessed.
const SHORTEST: usize = 32;
const LONGEST: usize = 256;

/// Secrets with what they stand for, kept as hashes. Never printed.
#[derive(Clone, Default)]
pub struct HookSecrets {
    secrets: Vec<([u8; 32], RecordHook)>,
}

impl fmt::Debug for HookSecrets {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("HookSecrets(****)")
    }
}

impl HookSecrets {
    /// Reads `tenant:source:secret,…`; the source `*` stands for all. Two secrets may stand for the
    /// same, one secret for one thing only.
    pub fn parse(text: &str) -> Result<Self, Vec<Fault>> {
        let mut secrets: Vec<([u8; 32], RecordHook)> = Vec::new();
        read_all(SETTING, text.split(','), |entry| {
            let (hash, hook) = read(entry)?;
            if secrets.iter().any(|(known, _)| *known == hash) {
                return Err("expected a secret that no earlier entry has");
            }
            secrets.push((hash, hook));
            Ok(())
        })?;
        Ok(Self { secrets })
    }
}

fn read(entry: &str) -> Result<([u8; 32], RecordHook), &'static str> {
    let mut parts = entry.splitn(3, ':');
    let (Some(tenant), Some(source), Some(secret)) = (parts.next(), parts.next(), parts.next())
    else {
        return Err("expected tenant:source:secret");
    };
    let sources = match source {
        EVERY_SOURCE => Source::ALL.to_vec(),
        name => vec![Source::parse(name).ok_or("expected the name of a source, or *")?],
    };
    if !(SHORTEST..=LONGEST).contains(&secret.len()) || !secret.bytes().all(is_token_byte) {
        return Err("expected a secret of 32 to 256 letters, digits and -._~+/=");
    }
    let tenant = TenantId::parse(tenant).map_err(|_| "expected the id of a tenant")?;
    Ok((hash(secret), RecordHook { tenant, sources }))
}

/// What a bearer token may be made of (RFC 6750 section 2.1).
const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=')
}

fn hash(secret: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, secret.as_bytes()).as_ref());
    hash
}

impl RecordHooks for HookSecrets {
    // Every secret is compared, whole and by its hash, so that the time says nothing.
    fn find(&self, secret: &BearerToken) -> Option<RecordHook> {
        let sent = hash(secret.expose());
        let mut found = None;
        for (known, hook) in &self.secrets {
            if verify_slices_are_equal(known, &sent).is_ok() {
                found = Some(hook);
            }
        }
        found.cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "0123456789abcdef0123456789abcdef";
    const TWO: &str = "fedcba9876543210fedcba9876543210";

    fn found(hooks: &HookSecrets, secret: &str) -> Option<(String, Vec<Source>)> {
        let hook = hooks.find(&BearerToken::new(secret))?;
        Some((hook.tenant.to_string(), hook.sources))
    }

    #[test]
    fn a_secret_stands_for_one_tenant_and_its_source() {
        let text = format!("kabul:laboratory:{ONE}, herat:*:{TWO}");
        let hooks = HookSecrets::parse(&text).expect("valid");
        let laboratory = vec![Source::Laboratory];
        assert_eq!(found(&hooks, ONE), Some(("kabul".to_owned(), laboratory)));
        let all = Source::ALL.to_vec();
        assert_eq!(found(&hooks, TWO), Some(("herat".to_owned(), all)));
        for secret in ["", &ONE[1..], &format!("{ONE}0"), &ONE.to_uppercase()] {
            assert_eq!(found(&hooks, secret), None);
        }
        assert_eq!(format!("{hooks:?}"), "HookSecrets(****)");
    }

    #[test]
    fn each_entry_that_is_wrong_is_named_without_what_stands_there() {
        let long = "x".repeat(LONGEST + 1);
        let text = format!(
            "kabul:laboratory:short,kabul:{ONE},kabul:nowhere:{ONE},a b:laboratory:{ONE},\
             kabul:laboratory:{ONE},herat:medication:{ONE},kabul:laboratory:{long}"
        );
        let faults = HookSecrets::parse(&text).expect_err("faults");
        let said: Vec<_> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(said.len(), 6, "{said:?}");
        assert!(
            said.iter()
                .all(|fault| !fault.contains(ONE) && !fault.contains("nowhere"))
        );
        assert!(said[4].starts_with("FHIR_HOOKS: entry 6: expected a secret that"));
    }
}
