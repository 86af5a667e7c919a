//! String literals: where they end, what they say, and how one is written.

use std::borrow::Cow;

/// The offset behind the literal that starts at `start`, or the offset of its first fault.
pub(super) fn end_of_literal(bytes: &[u8], start: usize) -> Result<usize, usize> {
    if bytes.get(start) != Some(&b'"') {
        return Err(start);
    }
    let mut at = start + 1;
    loop {
        match bytes.get(at) {
            Some(b'"') => return Ok(at + 1),
            Some(b'\\') => at = end_of_escape(bytes, at)?,
            Some(0x20..) => at += 1,
            _ => return Err(at),
        }
    }
}

fn end_of_escape(bytes: &[u8], at: usize) -> Result<usize, usize> {
    match bytes.get(at + 1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
        Some(b'u') => match code_unit(bytes, at).ok_or(at)? {
            0xD800..=0xDBFF => {
                let low = code_unit(bytes, at + 6).ok_or(at)?;
                if (0xDC00..=0xDFFF).contains(&low) {
                    Ok(at + 12)
                } else {
                    Err(at)
                }
            }
            0xDC00..=0xDFFF => Err(at),
            _ => Ok(at + 6),
        },
        _ => Err(at),
    }
}

/// The UTF-16 code unit of the `\uXXXX` at `at`.
fn code_unit(bytes: &[u8], at: usize) -> Option<u32> {
    let escape = bytes.get(at..at + 6)?;
    if !escape.starts_with(b"\\u") {
        return None;
    }
    escape[2..].iter().try_fold(0, |unit, &byte| {
        char::from(byte).to_digit(16).map(|digit| unit * 16 + digit)
    })
}

/// What a literal, quotes included, says. The literal must be one that the scanner took.
pub(crate) fn unescape(literal: &str) -> Cow<'_, str> {
    let inner = literal
        .get(1..literal.len().saturating_sub(1))
        .unwrap_or_default();
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    let mut text = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = rest.find('\\') {
        text.push_str(&rest[..at]);
        let (character, length) = escaped(&rest.as_bytes()[at..]);
        text.push(character);
        rest = rest.get(at + length..).unwrap_or_default();
    }
    text.push_str(rest);
    Cow::Owned(text)
}

fn escaped(escape: &[u8]) -> (char, usize) {
    let character = match escape.get(1) {
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return unicode_escape(escape),
        Some(&other) => char::from(other),
        None => char::REPLACEMENT_CHARACTER,
    };
    (character, 2)
}

fn unicode_escape(escape: &[u8]) -> (char, usize) {
    let first = code_unit(escape, 0).unwrap_or(0xFFFD);
    let (code, length) = match (first, code_unit(escape, 6)) {
        (0xD800..=0xDBFF, Some(low @ 0xDC00..=0xDFFF)) => {
            (0x1_0000 + ((first - 0xD800) << 10) + (low - 0xDC00), 12)
        }
        _ => (first, 6),
    };
    (
        char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER),
        length,
    )
}

/// Writes a text as a JSON string literal, quotes included.
pub(crate) fn quote(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
