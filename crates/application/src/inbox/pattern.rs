//! Patterns of subjects and types: tokens between dots, of which `*` stands for any one and a last
//! `>` for all that follow (docs.nats.io, "Subject-Based Messaging").

const ANY: &str = "*";
const REST: &str = ">";

/// Whether the text names one thing, without anything that stands for others.
pub(super) fn is_name(text: &str) -> bool {
    text.split('.').all(is_token)
}

/// Whether the text is a name or a pattern.
pub(super) fn is_pattern(text: &str) -> bool {
    let head = text.strip_suffix(".>").unwrap_or(text);
    head.split('.').all(|token| token == ANY || is_token(token))
}

fn is_token(token: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'*' | b'>');
    !token.is_empty() && token.bytes().all(allowed)
}

/// Whether a name is one of those that a pattern stands for.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    is_name(name) && overlap(pattern, name)
}

/// Whether some name is meant by both.
pub(super) fn overlap(one: &str, other: &str) -> bool {
    let (mut one, mut other) = (one.split('.'), other.split('.'));
    loop {
        match (one.next(), other.next()) {
            (Some(REST), Some(_)) | (Some(_), Some(REST)) | (None, None) => return true,
            (Some(left), Some(right)) if left == right || left == ANY || right == ANY => {}
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_stands_for_names() {
        for (pattern, name) in [
            ("a.b", "a.b"),
            ("a.*", "a.b"),
            ("*.b", "a.b"),
            ("a.>", "a.b"),
            ("a.>", "a.b.c.v1"),
            ("a.*.c", "a.b.c"),
        ] {
            assert!(matches(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [
            ("a.b", "a.c"),
            ("a.*", "a.b.c"),
            ("a.*", "a"),
            ("a.>", "a"),
            ("a.>", "b.a"),
            ("a.b", "a.b.c"),
            ("a.*", "a.*"),
            ("a.>", "a."),
        ] {
            assert!(!matches(pattern, name), "{pattern} {name}");
        }
    }

    #[test]
    fn patterns_overlap_when_a_name_is_meant_by_both() {
        for (one, other) in [("a.*", "*.b"), ("a.>", "a.*.c"), (">", "a"), ("a.b", "a.b")] {
            assert!(overlap(one, other) && overlap(other, one), "{one} {other}");
        }
        for (one, other) in [("a.*", "b.*"), ("a.>", "a"), ("a.*", "a.b.c")] {
            assert!(
                !overlap(one, other) && !overlap(other, one),
                "{one} {other}"
            );
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in ["a.b", "a.*", "*.b", "a.>"] {
            assert!(is_pattern(text), "{text}");
        }
        for text in ["", ">", "a.>.b", "a..b", "a.b*", "a b", "a.>>"] {
            assert!(!is_pattern(text), "{text}");
        }
    }
}
