//! Which rules decided, in words that name nobody.

use std::fmt;

use jiff::Timestamp;

use crate::id::ProxyDelegationId;
use crate::release::Audience;

use super::authorize::{Asked, BEFORE_BIRTH_DATE, WITH_BIRTH_DATE};
use super::{AccessFacts, Action, Denial};

/// How a decision came about: each rule that was asked, in order, up to the one that refused; and
/// the versions of the facts. Ids of the portal and names of rules only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// The operation.
    pub operation: &'static str,
    /// The rules that were passed, in order.
    pub passed: Vec<&'static str>,
    /// The rule that refused, and why.
    pub refused: Option<(&'static str, Denial)>,
    /// The tenant's version: the generation of its policy.
    pub tenant_version: Option<i64>,
    /// The acting account's version.
    pub account_version: Option<i64>,
    /// The delegation that was selected, and its version.
    pub delegation: Option<(ProxyDelegationId, i64)>,
    /// In what capacity records are judged.
    pub audience: Option<Audience>,
}

/// Explains what [`super::authorize`] decides about the same question.
pub fn explain(facts: &AccessFacts, action: &Action, now: Timestamp) -> Explanation {
    let asked = Asked { facts, action, now };
    let mut passed = Vec::new();
    let mut refused = None;
    for (name, check) in BEFORE_BIRTH_DATE.iter().chain(&WITH_BIRTH_DATE) {
        match check(&asked) {
            Ok(()) => passed.push(*name),
            Err(denial) => {
                refused = Some((*name, denial));
                break;
            }
        }
    }
    let proxy = asked.proxy_access();
    let delegation = proxy.as_ref().ok().and_then(Option::as_ref);
    Explanation {
        operation: action.operation,
        passed,
        refused,
        tenant_version: facts.tenant.as_ref().map(|tenant| tenant.version),
        account_version: facts.account.as_ref().map(|account| account.version),
        delegation: delegation.map(|proxy| (proxy.delegation().id, proxy.delegation().version)),
        audience: proxy
            .ok()
            .map(|proxy| proxy.map_or(Audience::Patient, |proxy| proxy.viewer().audience)),
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.operation)?;
        for rule in &self.passed {
            write!(f, " {rule}")?;
        }
        match self.refused {
            Some((rule, denial)) => write!(f, " | refused by {rule}: {}", denial.code())?,
            None => f.write_str(" | allowed")?,
        }
        if let Some(version) = self.tenant_version {
            write!(f, " | tenant@{version}")?;
        }
        if let Some(version) = self.account_version {
            write!(f, " account@{version}")?;
        }
        if let Some((id, version)) = self.delegation {
            write!(f, " {id}@{version}")?;
        }
        Ok(())
    }
}
