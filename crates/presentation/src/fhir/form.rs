//! The body of a search by POST.

use axum::body::Body;
use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};

use crate::code::Code;
use crate::fault::Fault;
use crate::query::{self, Pairs};

/// Longer bodies are refused.
const MAX_BYTES: usize = 256 * 1024;
const FORM: &str = "application/x-www-form-urlencoded";

/// Reads a form. Nothing is decompressed here, so that a small body stays small.
pub(super) async fn read(headers: &HeaderMap, body: Body) -> Result<Pairs, Fault> {
    if !is_form(headers) || headers.contains_key(CONTENT_ENCODING) {
        return Err(Code::UnsupportedMediaType.into());
    }
    let bytes = Limited::new(body, MAX_BYTES).collect().await;
    let bytes = bytes.map_err(|error| {
        if error.is::<LengthLimitError>() {
            Code::PayloadTooLarge
        } else {
            Code::MalformedBody
        }
    })?;
    Ok(query::read(&bytes.to_bytes()))
}

/// One content type, with whatever parameters.
fn is_form(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let first = types.next().and_then(|value| value.to_str().ok());
    let essence = first.and_then(|text| text.split(';').next());
    essence.is_some_and(|text| text.trim().eq_ignore_ascii_case(FORM)) && types.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn code(content_type: &str, encoding: Option<&str>, body: Vec<u8>) -> Option<Code> {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, content_type.parse().unwrap());
        if let Some(encoding) = encoding {
            headers.insert(CONTENT_ENCODING, encoding.parse().unwrap());
        }
        let read = read(&headers, Body::from(body)).await;
        read.err().map(|fault| fault.code)
    }

    #[tokio::test]
    async fn only_plain_forms_of_bounded_length_are_read() {
        let form = "application/x-www-form-urlencoded; charset=utf-8";
        assert_eq!(code(form, None, b"a=1&a=2".to_vec()).await, None);
        assert_eq!(code(form, None, vec![b'a'; MAX_BYTES]).await, None);
        let too_long = code(form, None, vec![b'a'; MAX_BYTES + 1]).await;
        assert_eq!(too_long, Some(Code::PayloadTooLarge));
        let unsupported = Some(Code::UnsupportedMediaType);
        assert_eq!(
            code("application/json", None, Vec::new()).await,
            unsupported
        );
        assert_eq!(code(form, Some("gzip"), Vec::new()).await, unsupported);
    }
}
