//! What sources call.

use crate::answer::Answer;
use crate::database::insert_tenant;
use crate::portal::TestPortal;

impl TestPortal {
    /// Makes a tenant of this id, which the settings name.
    pub async fn admit_tenant(&self, id: &str) {
        insert_tenant(&self.pool, id).await;
    }

    /// Posts nothing to the internal port, with these headers and no others.
    pub async fn internal_post(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let url = format!("{}/internal/portal/{path}", self.pod.internal_url);
        let mut request = self.client.post(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::read(request.send().await.expect("the portal answers")).await
    }
}
