//! Every operation of the internal port, and which role may call it: read from the contract, not
//! from the domain.

use portal_tests::TestPortal;
use reqwest::Method;
use serde_json::json;

/// Columns of the matrix.
pub(crate) const ROLES: [&str; 4] = [
    "portal-admin",
    "portal-support",
    "portal-auditor",
    "service",
];

/// What sources call with secrets of their own: id, method and path.
pub(crate) const OF_SOURCES: [(&str, &str, &str); 2] = [
    ("notifyFhirHook", "POST", "hooks/fhir"),
    ("putToFhirHook", "PUT", "hooks/fhir/Condition/c-1"),
];

/// One operation.
pub(crate) struct Operation {
    pub(crate) id: &'static str,
    pub(crate) method: Method,
    /// Below `/internal/portal/`; `{pact}`, `{pdel}`, `{event}` and `{tenant}` are filled in.
    pub(crate) path: &'static str,
    pub(crate) body: Option<(&'static str, String)>,
    /// A letter a role: `x` may, `.` may not.
    pub(crate) may: &'static str,
    /// The answer to who may.
    pub(crate) answer: u16,
}

fn get(id: &'static str, path: &'static str, may: &'static str) -> Operation {
    Operation {
        id,
        method: Method::GET,
        path,
        body: None,
        may,
        answer: 200,
    }
}

fn post(id: &'static str, path: &'static str, may: &'static str) -> Operation {
    Operation {
        method: Method::POST,
        ..get(id, path, may)
    }
}

fn reason(operation: Operation) -> Operation {
    let text = json!({"reason": "staff-decision"}).to_string();
    Operation {
        body: Some(("application/json", text)),
        ..operation
    }
}

fn lines(operation: Operation) -> Operation {
    Operation {
        body: Some(("application/x-ndjson", String::new())),
        ..operation
    }
}

fn absent(operation: Operation) -> Operation {
    Operation {
        answer: 404,
        ..operation
    }
}

/// Every one.
pub(crate) fn all() -> Vec<Operation> {
    let question = json!({"accountId": "{pact}", "operation": "getMe"}).to_string();
    vec![
        get("listAccounts", "accounts", "xx.."),
        get("getAccount", "accounts/{pact}", "xx.."),
        reason(post("suspendAccount", "accounts/{pact}/suspend", "xx..")),
        Operation {
            // It is active.
            answer: 409,
            ..reason(post(
                "reinstateAccount",
                "accounts/{pact}/reinstate",
                "xx..",
            ))
        },
        reason(post("closeAccount", "accounts/{pact}/close", "x...")),
        lines(post("importAccounts", "accounts/bulk", "x..x")),
        lines(post(
            "importProxyDelegations",
            "proxy-delegations/bulk",
            "x..x",
        )),
        absent(post(
            "approveProxyDelegation",
            "proxy-delegations/{pdel}/approve",
            "x...",
        )),
        absent(post(
            "endProxyDelegation",
            "proxy-delegations/{pdel}/revoke",
            "x...",
        )),
        get("getTenantConfig", "tenants/{tenant}/config", "x..."),
        Operation {
            method: Method::PUT,
            body: Some(("application/json", "{}".to_owned())),
            ..get("putTenantConfig", "tenants/{tenant}/config", "x...")
        },
        get("listTenantAccessLog", "access-log", "x.x."),
        Operation {
            body: Some(("application/json", question)),
            ..post("explainDecision", "decisions/explain", "x.x.")
        },
        get("listDeadLetters", "outbox/dead-letters", "x..."),
        absent(post(
            "replayDeadLetter",
            "outbox/dead-letters/{event}/replay",
            "x...",
        )),
        get("getUsage", "usage", "xxx."),
    ]
}

impl Operation {
    /// With an account that is there and things that are not.
    pub(crate) fn filled(
        &self,
        portal: &TestPortal,
        pact: &str,
    ) -> (String, Option<(&'static str, String)>) {
        let event = format!("pevt_{}", ulid::Ulid::new());
        let pdel = format!("pdel_{}", ulid::Ulid::new());
        let fill = |text: &str| {
            text.replace("{pact}", pact)
                .replace("{pdel}", &pdel)
                .replace("{event}", &event)
                .replace("{tenant}", &portal.tenant)
        };
        let body = self.body.as_ref();
        let body = body.map(|(kind, text)| (*kind, fill(text)));
        (fill(self.path), body)
    }
}
