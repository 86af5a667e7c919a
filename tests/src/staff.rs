//! Staff of a test, and how they ask.

use reqwest::Method;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::people::Person;
use crate::pod::Pod;
use crate::portal::TestPortal;

/// Somebody of staff, or a service of the platform.
#[derive(Debug, Clone)]
pub struct Staff {
    /// The tenant.
    pub tenant: String,
    /// The `sub` of their tokens.
    pub subject: String,
    /// The roles in them.
    pub roles: Vec<&'static str>,
}

impl Staff {
    /// Somebody with these roles, whom no two tests share.
    pub fn new(tenant: &str, roles: &[&'static str]) -> Self {
        Self {
            tenant: tenant.to_owned(),
            subject: format!("staff-{}", ulid::Ulid::new()).to_lowercase(),
            roles: roles.to_vec(),
        }
    }
}

impl TestPortal {
    /// Somebody of the portal's tenant with a role.
    pub fn staff(&self, role: &'static str) -> Staff {
        Staff::new(&self.tenant, &[role])
    }

    /// The claims of their usual token. A service logs in by itself, with one factor.
    pub fn staff_claims(&self, staff: &Staff) -> Value {
        let now = self.now().as_second();
        let service = staff.roles == ["service"];
        json!({
            "_realm": "staff",
            "sub": staff.subject,
            "tid": staff.tenant,
            "aud": ["patient-portal-internal"],
            "azp": "portal-staff",
            "acr": if service { Value::Null } else { json!("2") },
            "scope": "openid",
            "realm_access": {"roles": staff.roles},
            "iat": now,
            "exp": now + 300,
        })
    }

    /// Their usual token.
    pub fn staff_token(&self, staff: &Staff) -> String {
        self.mint(self.staff_claims(staff))
    }

    /// Asks the internal port with a token, below `/internal/portal/`.
    pub async fn internal(
        &self,
        token: &str,
        (method, path): (Method, &str),
        body: Option<(&str, String)>,
    ) -> Answer {
        self.internal_at(&self.pod, token, (method, path), body)
            .await
    }

    /// Asks the internal port of another pod.
    pub async fn internal_at(
        &self,
        pod: &Pod,
        token: &str,
        (method, path): (Method, &str),
        body: Option<(&str, String)>,
    ) -> Answer {
        let url = format!("{}/internal/portal/{path}", pod.internal_url);
        let mut request = self.client.request(method, url).bearer_auth(token);
        if let Some((kind, text)) = body {
            request = request.header("Content-Type", kind).body(text);
        }
        Answer::read(request.send().await.expect("the portal answers")).await
    }

    /// Asks the internal port with these headers and no others.
    pub async fn internal_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = self
            .client
            .get(format!("{}/internal/portal/{path}", self.pod.internal_url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::read(request.send().await.expect("the portal answers")).await
    }

    /// Reads as somebody of staff.
    pub async fn staff_get(&self, staff: &Staff, path: &str) -> Answer {
        let token = self.staff_token(staff);
        self.internal(&token, (Method::GET, path), None).await
    }

    /// Posts JSON as somebody of staff.
    pub async fn staff_post(&self, staff: &Staff, path: &str, body: &Value) -> Answer {
        let token = self.staff_token(staff);
        let body = ("application/json", body.to_string());
        self.internal(&token, (Method::POST, path), Some(body))
            .await
    }

    /// Posts JSON as somebody of staff, with a key that others may have sent before.
    pub async fn staff_post_again(
        &self,
        staff: &Staff,
        key: &str,
        path: &str,
        body: &Value,
    ) -> Answer {
        let request = self
            .client
            .post(format!("{}/internal/portal/{path}", self.pod.internal_url))
            .bearer_auth(self.staff_token(staff))
            .header("Idempotency-Key", key)
            .json(body);
        Answer::read(request.send().await.expect("the portal answers")).await
    }

    /// Posts lines as somebody of staff; each line of the answer.
    pub async fn staff_bulk(&self, staff: &Staff, path: &str, lines: &[Value]) -> Vec<Value> {
        let token = self.staff_token(staff);
        let text: Vec<String> = lines.iter().map(ToString::to_string).collect();
        let body = ("application/x-ndjson", text.join("\n"));
        let answer = self
            .internal(&token, (Method::POST, path), Some(body))
            .await;
        let text = String::from_utf8(answer.body.to_vec()).expect("UTF-8");
        text.lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect()
    }

    /// The id of a person's account.
    pub async fn account_of(&self, person: &Person) -> String {
        sqlx::query_scalar(
            "SELECT account_id FROM portal_accounts WHERE tenant_id = $1 AND subject = $2",
        )
        .bind(&person.tenant)
        .bind(&person.subject)
        .fetch_one(&self.pool)
        .await
        .expect("the account is there")
    }

    /// Replaces what the tenant decides for itself, if it is in a version.
    pub async fn put_config_if(&self, staff: &Staff, tag: &str, document: &Value) -> Answer {
        let url = format!(
            "{}/internal/portal/tenants/{}/config",
            self.pod.internal_url, self.tenant
        );
        let request = self
            .client
            .put(url)
            .bearer_auth(self.staff_token(staff))
            .header("If-Match", tag)
            .json(document);
        Answer::read(request.send().await.expect("the portal answers")).await
    }

    /// An event of a tenant that the relay gave up, and its id.
    pub async fn give_up_an_event(&self, tenant: &str) -> String {
        let id = format!("pevt_{}", ulid::Ulid::new());
        sqlx::query(
            "INSERT INTO outbox_messages (tenant_id, event_id, lane, aggregate_id, event_type, \
             data, occurred_at, attempts, dead_at, dead_reason) \
             VALUES ($1, $2, 0, $3, 'portal.account.created.v1', '{}', now(), 8, now(), 'refused')",
        )
        .bind(tenant)
        .bind(&id)
        .bind(format!("pact_{}", ulid::Ulid::new()))
        .execute(&self.pool)
        .await
        .expect("an event");
        id
    }
}
