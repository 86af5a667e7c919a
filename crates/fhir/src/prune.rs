//! Taking parts out of a document so that what is left is FHIR JSON without gaps.

use crate::json::{Kind, Span, Value};

/// What becomes of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Stays,
    /// It stays and is an Extension.
    Extension,
    Goes,
}

/// The fates of all values of a document, by their places in it.
struct Fates(Vec<Fate>);

impl Fates {
    fn of(&self, value: Value<'_>) -> Fate {
        self.0.get(value.place()).copied().unwrap_or(Fate::Stays)
    }

    fn set(&mut self, value: Value<'_>, fate: Fate) {
        if let Some(place) = self.0.get_mut(value.place()) {
            *place = fate;
        }
    }

    fn goes(&self, value: Value<'_>) -> bool {
        self.of(value) == Fate::Goes
    }

    /// Whether something in it goes and nothing stays that says anything.
    fn is_emptied(&self, holder: Value<'_>) -> bool {
        let mut loses = false;
        for child in holder.children() {
            if self.goes(child) {
                loses = true;
            } else if !self.says_nothing(holder, child) {
                return false;
            }
        }
        loses
    }

    fn says_nothing(&self, holder: Value<'_>, child: Value<'_>) -> bool {
        match holder.kind() {
            Kind::Array => keeps_places(holder) && child.kind() == Kind::Null,
            _ => {
                self.of(holder) == Fate::Extension
                    && (child.is_named("url") || child.is_named("id"))
            }
        }
    }
}

/// The edits that take out the Extensions of which `extensions` says that they go, and whatever is
/// empty without them; never the document itself.
pub(crate) fn edits<'t>(
    root: Value<'t>,
    extensions: impl Iterator<Item = (Value<'t>, bool)>,
) -> Vec<(Span, Vec<u8>)> {
    let mut fates = Fates(vec![Fate::Stays; root.descendants().count() + 1]);
    let mut any = false;
    for (extension, goes) in extensions {
        any |= goes;
        let fate = if goes { Fate::Goes } else { Fate::Extension };
        fates.set(extension, fate);
    }
    if !any {
        return Vec::new();
    }
    // From the back, so that what is inside is judged before what holds it.
    for value in root.descendants().rev() {
        if fates.is_emptied(value) {
            fates.set(value, Fate::Goes);
        }
    }
    std::iter::once(root)
        .chain(root.descendants())
        .filter(|holder| !fates.goes(*holder))
        .flat_map(|holder| cuts(holder, &fates))
        .collect()
}

/// The companion of a list of primitives (`_given`): its items stand beside those of the list.
fn keeps_places(list: Value<'_>) -> bool {
    list.kind() == Kind::Array && list.name().is_some_and(|name| name.starts_with('_'))
}

/// The edits for the children of a holder that keeps at least one of them: each goes with the
/// comma before it, or behind it as long as nothing before it stays.
fn cuts(holder: Value<'_>, fates: &Fates) -> Vec<(Span, Vec<u8>)> {
    let mut edits = Vec::new();
    let mut stays_before = false;
    let mut end_before = 0;
    let mut children = holder.children().peekable();
    while let Some(child) = children.next() {
        let whole = whole(child);
        if !fates.goes(child) {
            stays_before = true;
        } else if keeps_places(holder) {
            edits.push((child.span(), b"null".to_vec()));
        } else {
            let next = children.peek().map(|next| self::whole(*next).start);
            let span = if stays_before {
                Span {
                    start: end_before,
                    end: whole.end,
                }
            } else {
                Span {
                    start: whole.start,
                    end: next.unwrap_or(whole.end),
                }
            };
            edits.push((span, Vec::new()));
        }
        end_before = whole.end;
    }
    edits
}

/// Where a value stands, with its name if it has one.
fn whole(value: Value<'_>) -> Span {
    value.member_span().unwrap_or_else(|| value.span())
}
