//! `self` and `next` links. Built from the public URL alone, never from what a request says of
//! itself.

use url::form_urlencoded;

/// Where a list stands.
pub(crate) struct Links<'a> {
    /// `PUBLIC_URL`.
    pub(crate) public_url: &'a str,
    /// The path of the list.
    pub(crate) path: String,
    /// The parameter that carries the cursor.
    pub(crate) cursor: &'static str,
}

impl Links<'_> {
    /// The list with what was applied.
    pub(super) fn this(&self, applied: &[(String, String)]) -> String {
        self.with(applied, None)
    }

    /// Its next page.
    pub(super) fn next(&self, applied: &[(String, String)], cursor: &str) -> String {
        self.with(applied, Some(cursor))
    }

    fn with(&self, applied: &[(String, String)], cursor: Option<&str>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(applied);
        query.extend_pairs(cursor.map(|cursor| (self.cursor, cursor)));
        let query = query.finish();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}{}{mark}{query}", self.public_url, self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_repeats_what_was_applied_and_adds_the_cursor() {
        let links = Links {
            public_url: "https://p.test",
            path: "/fhir/R4/Observation".to_owned(),
            cursor: "_cursor",
        };
        let applied = [("code".to_owned(), "http://loinc.org|4548-4".to_owned())];
        let this = "https://p.test/fhir/R4/Observation?code=http%3A%2F%2Floinc.org%7C4548-4";
        assert_eq!(links.this(&applied), this);
        assert_eq!(links.next(&applied, "a_b"), format!("{this}&_cursor=a_b"));
        assert_eq!(links.this(&[]), "https://p.test/fhir/R4/Observation");
    }
}
