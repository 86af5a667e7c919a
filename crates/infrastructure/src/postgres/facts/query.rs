//! The statements that read facts, as one message of the simple protocol.
//!
//! Two statements in one message are one transaction (PostgreSQL, 53.2.2.1), so the tenant is set
//! for the second in the same round trip, and no prepared statement stays behind a pooler of
//! transactions. They cannot be one statement: planning one already asks the policies for the
//! tenant.

use std::fmt::Write as _;

use portal_domain::id::{Issuer, Subject, TenantId};

/// More delegations than anybody acts by.
const MAX_DELEGATIONS: u32 = 200;
/// How long an ended delegation is still told apart from none, so that its grantor hears who tries.
const ENDED_FOR: &str = "90 days";
/// A version that no row has.
const NO_VERSION: i64 = -1;

/// Both statements. The first gives one row, the second one when there is the tenant; its document
/// only when its version is not the known one.
pub(super) fn text(
    tenant: &TenantId,
    issuer: &Issuer,
    subject: &Subject,
    known: Option<i64>,
) -> String {
    let tenant = literal(tenant.as_str());
    let issuer = literal(issuer.as_str());
    let subject = literal(subject.as_str());
    let known = known.unwrap_or(NO_VERSION);
    format!(
        "SELECT set_config('app.tenant_id', {tenant}, true);
        SELECT t.name, t.region, t.time_zone, t.locale, t.calendar, t.currency, t.retention_years,
            t.status = 'suspended' AS suspended, t.version, t.config_version, c.document, a.account_id, a.kind, a.status, a.patient_id,
            a.preferred_language, a.last_login_at, a.version AS account_version, p.delegations
        FROM tenants t
        LEFT JOIN tenant_configs c ON c.tenant_id = t.tenant_id AND c.version = t.config_version
            AND t.version <> {known}
        LEFT JOIN portal_accounts a ON a.tenant_id = t.tenant_id AND a.issuer = {issuer}
            AND a.subject = {subject} AND a.status <> 'closed'
        LEFT JOIN LATERAL (
            SELECT json_agg(d ORDER BY d.status <> 'active', d.delegation_id) AS delegations FROM (
                SELECT d.delegation_id, d.status, d.relationship_type, d.grantor_patient_id,
                    d.scope, d.sensitive, d.valid_from, d.valid_to, d.court_order, d.version,
                    COALESCE({open}, {closed}) AS grantor
                FROM proxy_delegations d
                WHERE d.tenant_id = a.tenant_id AND d.proxy_account_id = a.account_id
                    AND (d.status = 'active' OR (d.status IN ('revoked', 'expired')
                        AND d.updated_at > now() - interval '{ENDED_FOR}'))
                ORDER BY d.status <> 'active', d.delegation_id LIMIT {MAX_DELEGATIONS}) d) p ON true
        WHERE t.tenant_id = {tenant}",
        open = grantor("<> 'closed'"),
        closed = grantor("= 'closed'"),
    )
}

/// The newest account of a delegation's grantor, of those in some states. Two look-ups, each with
/// an index of its own.
fn grantor(status: &str) -> String {
    format!(
        "(SELECT json_build_object('account_id', g.account_id, 'status', g.status, 'version',
            g.version)
        FROM portal_accounts g
        WHERE g.tenant_id = d.tenant_id AND g.patient_id = d.grantor_patient_id
            AND g.status {status}
        ORDER BY g.created_at DESC, g.account_id DESC LIMIT 1)"
    )
}

/// An expression for a text. Between its quotes stand hexadecimal digits only, whatever the text
/// and the server's settings are.
fn literal(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() * 2 + 40);
    literal.push_str("convert_from(decode('");
    for byte in text.bytes() {
        // Writing to a string does not fail.
        let _ = write!(literal, "{byte:02x}");
    }
    literal.push_str("', 'hex'), 'UTF8')");
    literal
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_text_leaves_its_quotes(text in any::<String>()) {
            let literal = literal(&text);
            let inside = literal
                .strip_prefix("convert_from(decode('")
                .and_then(|rest| rest.strip_suffix("', 'hex'), 'UTF8')"))
                .expect("the frame");
            prop_assert!(inside.bytes().all(|byte| byte.is_ascii_hexdigit()));
            prop_assert_eq!(inside.len(), text.len() * 2);
        }
    }

    #[test]
    fn the_message_is_two_statements_whatever_the_caller_is_called() {
        let sql = text(
            &TenantId::parse("t").unwrap(),
            &Issuer::parse("https://i/';COMMIT;--").unwrap(),
            &Subject::parse("'); DROP TABLE tenants; --").unwrap(),
            Some(3),
        );
        assert_eq!(sql.matches(';').count(), 1);
        assert!(!sql.contains("DROP") && !sql.contains("COMMIT"));
    }
}
