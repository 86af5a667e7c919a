use http::HeaderValue;
use proptest::prelude::*;

use super::*;

fn headers(lines: &[(HeaderName, &[u8])]) -> HeaderMap {
    lines
        .iter()
        .map(|(name, value)| (name.clone(), HeaderValue::from_bytes(value).unwrap()))
        .collect()
}

fn token(lines: &[(HeaderName, &[u8])], surface: Surface) -> Result<String, (Code, bool)> {
    credential(&headers(lines), surface)
        .map(|token| token.expose().to_owned())
        .map_err(|fault| (fault.code, fault.token_refused))
}

#[test]
fn the_scheme_is_bearer_in_any_case() {
    for value in ["Bearer a.b.c", "bearer a.b.c", "BEARER   a.b.c"] {
        let lines = [(AUTHORIZATION, value.as_bytes())];
        assert_eq!(token(&lines, Surface::Portal), Ok("a.b.c".to_owned()));
    }
}

#[test]
fn nothing_and_another_scheme_are_unauthenticated_without_a_refused_token() {
    let unauthenticated = Err((Code::Unauthenticated, false));
    assert_eq!(token(&[], Surface::Portal), unauthenticated);
    for value in ["Basic YTpi", "Bearerx a", "", "a.b.c"] {
        let lines = [(AUTHORIZATION, value.as_bytes())];
        assert_eq!(token(&lines, Surface::Fhir), unauthenticated, "{value}");
    }
}

#[test]
fn what_cannot_be_a_token_is_refused_as_one() {
    for value in [
        &b"Bearer"[..],
        b"Bearer ",
        b"Bearer a b",
        b"Bearer \xff",
        b"Bearer a,b",
    ] {
        let lines = [(AUTHORIZATION, value)];
        let refused = Err((Code::Unauthenticated, true));
        assert_eq!(token(&lines, Surface::Portal), refused, "{value:?}");
    }
    let long = format!("Bearer {}", "a".repeat(MAX_TOKEN_BYTES + 1));
    let lines = [(AUTHORIZATION, long.as_bytes())];
    assert!(token(&lines, Surface::Portal).is_err());
}

#[test]
fn two_credentials_are_ambiguous() {
    let ambiguous = Err((Code::AmbiguousCredentials, false));
    let bearer = (AUTHORIZATION, &b"Bearer a"[..]);
    assert_eq!(
        token(&[bearer.clone(), bearer.clone()], Surface::Fhir),
        ambiguous
    );
    let cookie = (COOKIE, &b"theme=dark; __Host-portal_session=t.x"[..]);
    assert_eq!(
        token(&[bearer.clone(), cookie.clone()], Surface::Portal),
        ambiguous
    );
    let other = (COOKIE, &b"theme=__Host-portal_session"[..]);
    assert!(token(&[bearer.clone(), other], Surface::Portal).is_ok());
    // FHIR never reads cookies.
    assert!(token(&[bearer, cookie], Surface::Fhir).is_ok());
}

#[test]
fn tenants_that_disagree_match_no_tenant() {
    let stated = |values: &[&[u8]]| {
        let lines: Vec<_> = values.iter().map(|value| (TENANT_ID, *value)).collect();
        stated_tenant(&headers(&lines))
    };
    assert_eq!(stated(&[]), None);
    assert_eq!(stated(&[b"north", b"north"]).as_deref(), Some("north"));
    for values in [&[&b"north"[..], b"south"][..], &[b"n\xc3\xb6rd"]] {
        let stated = stated(values).unwrap();
        assert!(portal_domain::id::TenantId::parse(&stated).is_err());
    }
}

proptest! {
    #[test]
    fn any_header_gives_a_token_or_a_fault(value in proptest::collection::vec(32u8..=255, 0..80)) {
        if let Ok(value) = HeaderValue::from_bytes(&value) {
            let headers = HeaderMap::from_iter([(AUTHORIZATION, value)]);
            let token = credential(&headers, Surface::Portal);
            prop_assert!(token.is_err() || !token.unwrap().expose().is_empty());
        }
    }
}
