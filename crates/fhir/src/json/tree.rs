//! A document as a flat list of values in the order in which they stand.

use super::value::Value;
use super::{EventKind, JsonError, Scanner, Span};

/// More values than this in one resource are an attack, not a record.
const MAX_VALUES: usize = 200_000;

/// What kind of JSON value stands somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `{…}`
    Object,
    /// `[…]`
    Array,
    /// `"…"`
    String,
    /// A number, kept as it is written.
    Number,
    /// `true` or `false`
    Boolean,
    /// `null`
    Null,
}

impl Kind {
    /// The kind of value that an event begins; names and ends begin none.
    fn of(event: EventKind) -> Option<Self> {
        Some(match event {
            EventKind::BeginObject => Self::Object,
            EventKind::BeginArray => Self::Array,
            EventKind::String => Self::String,
            EventKind::Number => Self::Number,
            EventKind::True | EventKind::False => Self::Boolean,
            EventKind::Null => Self::Null,
            EventKind::Name | EventKind::End => return None,
        })
    }
}

#[derive(Clone, Copy)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) value: Span,
    pub(super) name: Option<Span>,
    /// Index behind the last value inside this one.
    pub(super) end: u32,
}

/// One parsed JSON text without duplicate members.
pub struct Tree<'a> {
    text: &'a str,
    nodes: Vec<Node>,
}

crate::privacy::hidden_debug!(Tree<'a>);

impl<'a> Tree<'a> {
    /// Reads one JSON value, with at most `max_depth` levels of objects and arrays.
    pub fn parse(bytes: &'a [u8], max_depth: usize) -> Result<Self, JsonError> {
        Self::read(bytes, max_depth, MAX_VALUES)
    }

    /// Reads again what was within the limits before it was edited: an edit of ours may add a few
    /// levels and values, and must not fail over them.
    pub(crate) fn parse_edited(bytes: &'a [u8]) -> Result<Self, JsonError> {
        Self::read(bytes, usize::MAX, usize::MAX)
    }

    fn read(bytes: &'a [u8], max_depth: usize, max_values: usize) -> Result<Self, JsonError> {
        let mut scanner = Scanner::new(bytes, max_depth)?;
        let text = std::str::from_utf8(bytes).map_err(|_| JsonError::Syntax { position: 0 })?;
        let mut tree = Self {
            text,
            nodes: Vec::with_capacity(bytes.len() / 24 + 1),
        };
        let mut open: Vec<usize> = Vec::new();
        let mut name = None;
        while let Some(event) = scanner.next()? {
            let Some(kind) = Kind::of(event.kind) else {
                match event.kind {
                    EventKind::Name => name = Some(event.span),
                    _ => tree.close(open.pop(), event.span.end)?,
                }
                continue;
            };
            if tree.nodes.len() >= max_values {
                return Err(JsonError::TooLarge);
            }
            let index = tree.push(kind, event.span, name.take());
            if matches!(kind, Kind::Object | Kind::Array) {
                open.push(index);
            }
        }
        Ok(tree)
    }

    /// The one value that the text is.
    pub fn root(&self) -> Value<'_> {
        Value {
            tree: self,
            index: 0,
        }
    }

    fn push(&mut self, kind: Kind, value: Span, name: Option<Span>) -> usize {
        let index = self.nodes.len();
        self.nodes.push(Node {
            kind,
            value,
            name,
            end: number(index + 1),
        });
        index
    }

    fn close(&mut self, index: Option<usize>, end: u32) -> Result<(), JsonError> {
        let behind = number(self.nodes.len());
        let Some((index, node)) = index.and_then(|index| Some((index, self.nodes.get_mut(index)?)))
        else {
            return Ok(());
        };
        node.value.end = end;
        node.end = behind;
        let is_object = node.kind == Kind::Object;
        if is_object
            && (Value {
                tree: self,
                index: number(index),
            })
            .has_duplicate_member()
        {
            return Err(JsonError::DuplicateMember);
        }
        Ok(())
    }

    pub(super) fn node(&self, index: u32) -> Node {
        self.nodes[index as usize]
    }

    pub(super) fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }
}

fn number(index: usize) -> u32 {
    u32::try_from(index).expect("a text of u32 bytes holds fewer values than u32 can count")
}
