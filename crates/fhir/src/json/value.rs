//! One value of a document, and the way to those inside it.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::HashSet;

use super::tree::{Kind, Tree};
use super::{Span, unescape};

/// Up to this many members, comparing each with each is quicker than hashing them.
const FEW_MEMBERS: usize = 16;

/// A value inside a [`Tree`].
#[derive(Clone, Copy)]
pub struct Value<'t> {
    pub(super) tree: &'t Tree<'t>,
    pub(super) index: u32,
}

crate::privacy::hidden_debug!(Value<'a>);

impl<'t> Value<'t> {
    /// What kind of value this is.
    pub fn kind(self) -> Kind {
        self.tree.node(self.index).kind
    }

    /// Where it stands; of a string with its quotes.
    pub fn span(self) -> Span {
        self.tree.node(self.index).value
    }

    /// The text of the value exactly as it came.
    pub fn raw(self) -> &'t str {
        self.tree.slice(self.span())
    }

    /// The member name under which it stands in an object.
    pub fn name(self) -> Option<Cow<'t, str>> {
        Some(unescape(self.tree.slice(self.tree.node(self.index).name?)))
    }

    /// Members of an object or items of an array, in their order; of a scalar none.
    pub fn children(self) -> Children<'t> {
        let end = self.tree.node(self.index).end;
        Children {
            tree: self.tree,
            next: self.index + 1,
            end,
        }
    }

    /// Every value inside this one, however deep, in document order; not itself.
    pub fn descendants(self) -> impl DoubleEndedIterator<Item = Value<'t>> {
        let tree = self.tree;
        (self.index + 1..tree.node(self.index).end).map(move |index| Value { tree, index })
    }

    /// The items of an array; of anything else none.
    pub fn items(self) -> Children<'t> {
        match self.kind() {
            Kind::Array => self.children(),
            _ => Children {
                tree: self.tree,
                next: 0,
                end: 0,
            },
        }
    }

    /// The member of this name, when this is an object that has it.
    pub fn get(self, name: &str) -> Option<Value<'t>> {
        if self.kind() != Kind::Object {
            return None;
        }
        self.children().find(|member| member.is_named(name))
    }

    /// Whether it stands in an object under this name.
    pub fn is_named(self, name: &str) -> bool {
        let Some(span) = self.tree.node(self.index).name else {
            return false;
        };
        let literal = self.tree.slice(span);
        // Quotes and escapes only ever make a literal longer than what it says.
        match literal.len().cmp(&(name.len() + 2)) {
            Ordering::Less => false,
            Ordering::Equal => !name.contains('\\') && &literal[1..=name.len()] == name,
            Ordering::Greater => literal.contains('\\') && unescape(literal) == name,
        }
    }

    /// What a string says; of anything else nothing.
    pub fn text(self) -> Option<Cow<'t, str>> {
        (self.kind() == Kind::String).then(|| unescape(self.raw()))
    }

    /// Whether `other` stands inside this value or is it.
    pub fn holds(self, other: Value<'_>) -> bool {
        (self.index..self.tree.node(self.index).end).contains(&other.index)
    }

    /// The span of a member, name and one adjoining comma included, so that an object without it
    /// is still JSON; and whether it is the object's only member.
    pub fn removal(self, member: Value<'_>) -> Option<(Span, bool)> {
        let own = self.tree.node(member.index);
        let mut before = None;
        let mut members = self.children().skip_while(|candidate| {
            let earlier = candidate.index != member.index;
            if earlier {
                before = Some(candidate.span().end);
            }
            earlier
        });
        members.next()?;
        let after = members
            .next()
            .and_then(|next| self.tree.node(next.index).name);
        let name = own.name?;
        let span = match (before, after) {
            (_, Some(next)) => Span {
                start: name.start,
                end: next.start,
            },
            (Some(previous), None) => Span {
                start: previous,
                end: own.value.end,
            },
            (None, None) => Span {
                start: name.start,
                end: own.value.end,
            },
        };
        Some((span, before.is_none() && after.is_none()))
    }

    /// How many values begin before it in the document.
    pub(crate) fn place(self) -> usize {
        self.index as usize
    }

    /// The span of a member with its name, without any comma.
    pub(crate) fn member_span(self) -> Option<Span> {
        let node = self.tree.node(self.index);
        Some(Span {
            start: node.name?.start,
            end: node.value.end,
        })
    }

    pub(super) fn has_duplicate_member(self) -> bool {
        let count = self.children().count();
        if count > FEW_MEMBERS {
            let mut seen = HashSet::with_capacity(count);
            return self.children().any(|member| !seen.insert(member.name()));
        }
        self.children().enumerate().any(|(index, member)| {
            let name = member.name();
            self.children()
                .take(index)
                .any(|earlier| earlier.name() == name)
        })
    }
}

/// Iterates over the direct children of a value.
pub struct Children<'t> {
    tree: &'t Tree<'t>,
    next: u32,
    end: u32,
}

impl<'t> Iterator for Children<'t> {
    type Item = Value<'t>;

    fn next(&mut self) -> Option<Value<'t>> {
        if self.next >= self.end {
            return None;
        }
        let value = Value {
            tree: self.tree,
            index: self.next,
        };
        self.next = self.tree.node(self.next).end;
        Some(value)
    }
}
