//! The pull scanner: one event per bracket, name or scalar.

use super::{JsonError, Span, string};

/// What a scanner found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EventKind {
    BeginObject,
    BeginArray,
    End,
    Name,
    String,
    Number,
    True,
    False,
    Null,
}

/// One step through a document; the span is that of the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) kind: EventKind,
    pub(crate) span: Span,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Container {
    Object,
    Array,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    Value,
    ValueOrEnd,
    NameOrEnd,
    CommaOrEnd,
    Nothing,
}

/// Walks one JSON text from front to back, whatever its depth, on a stack of its own.
pub(crate) struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    stack: Vec<Container>,
    max_depth: usize,
    expect: Expect,
}

impl<'a> Scanner<'a> {
    /// Starts at the first byte; refuses what is not UTF-8 or cannot be said in spans.
    pub(crate) fn new(bytes: &'a [u8], max_depth: usize) -> Result<Self, JsonError> {
        u32::try_from(bytes.len()).map_err(|_| JsonError::TooLarge)?;
        std::str::from_utf8(bytes).map_err(|error| JsonError::Syntax {
            position: error.valid_up_to(),
        })?;
        Ok(Self {
            bytes,
            at: 0,
            stack: Vec::new(),
            max_depth,
            expect: Expect::Value,
        })
    }

    /// How many containers are open.
    pub(crate) fn depth(&self) -> usize {
        self.stack.len()
    }

    /// The next event, or `None` once the one value and the space behind it are read.
    pub(crate) fn next(&mut self) -> Result<Option<Event>, JsonError> {
        self.skip_space();
        match self.expect {
            Expect::ValueOrEnd if self.peek() == Some(b']') => Ok(Some(self.close())),
            Expect::Value | Expect::ValueOrEnd => self.value().map(Some),
            Expect::NameOrEnd if self.peek() == Some(b'}') => Ok(Some(self.close())),
            Expect::NameOrEnd => self.name().map(Some),
            Expect::CommaOrEnd => self.comma_or_end().map(Some),
            Expect::Nothing if self.at == self.bytes.len() => Ok(None),
            Expect::Nothing => Err(self.syntax()),
        }
    }

    fn comma_or_end(&mut self) -> Result<Event, JsonError> {
        match (self.peek(), self.stack.last()) {
            (Some(b','), Some(Container::Object)) => {
                self.at += 1;
                self.skip_space();
                self.name()
            }
            (Some(b','), Some(Container::Array)) => {
                self.at += 1;
                self.skip_space();
                self.value()
            }
            (Some(b'}'), Some(Container::Object)) | (Some(b']'), Some(Container::Array)) => {
                Ok(self.close())
            }
            _ => Err(self.syntax()),
        }
    }

    fn close(&mut self) -> Event {
        let start = self.at;
        self.at += 1;
        self.stack.pop();
        self.after_value();
        self.event(EventKind::End, start)
    }

    fn open(&mut self, container: Container) -> Result<Event, JsonError> {
        if self.stack.len() >= self.max_depth {
            return Err(JsonError::TooDeep);
        }
        let start = self.at;
        self.at += 1;
        self.stack.push(container);
        let (expect, kind) = match container {
            Container::Object => (Expect::NameOrEnd, EventKind::BeginObject),
            Container::Array => (Expect::ValueOrEnd, EventKind::BeginArray),
        };
        self.expect = expect;
        Ok(self.event(kind, start))
    }

    fn name(&mut self) -> Result<Event, JsonError> {
        let start = self.at;
        self.string()?;
        let event = self.event(EventKind::Name, start);
        self.skip_space();
        if self.peek() != Some(b':') {
            return Err(self.syntax());
        }
        self.at += 1;
        self.expect = Expect::Value;
        Ok(event)
    }

    fn value(&mut self) -> Result<Event, JsonError> {
        let start = self.at;
        let kind = match self.peek() {
            Some(b'{') => return self.open(Container::Object),
            Some(b'[') => return self.open(Container::Array),
            Some(b'"') => self.string().map(|()| EventKind::String)?,
            Some(b'-' | b'0'..=b'9') => self.number().map(|()| EventKind::Number)?,
            Some(b't') => self.word(b"true", EventKind::True)?,
            Some(b'f') => self.word(b"false", EventKind::False)?,
            Some(b'n') => self.word(b"null", EventKind::Null)?,
            _ => return Err(self.syntax()),
        };
        self.after_value();
        Ok(self.event(kind, start))
    }

    fn after_value(&mut self) {
        self.expect = if self.stack.is_empty() {
            Expect::Nothing
        } else {
            Expect::CommaOrEnd
        };
    }

    fn string(&mut self) -> Result<(), JsonError> {
        self.at = string::end_of_literal(self.bytes, self.at)
            .map_err(|position| JsonError::Syntax { position })?;
        Ok(())
    }

    fn word(&mut self, word: &[u8], kind: EventKind) -> Result<EventKind, JsonError> {
        if !self.bytes[self.at..].starts_with(word) {
            return Err(self.syntax());
        }
        self.at += word.len();
        Ok(kind)
    }

    fn number(&mut self) -> Result<(), JsonError> {
        self.skip(b'-');
        if !self.skip(b'0') {
            self.digits()?;
        }
        if self.skip(b'.') {
            self.digits()?;
        }
        if self.skip(b'e') || self.skip(b'E') {
            let _ = self.skip(b'+') || self.skip(b'-');
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        if self.at == start {
            Err(self.syntax())
        } else {
            Ok(())
        }
    }

    fn skip(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn syntax(&self) -> JsonError {
        JsonError::Syntax { position: self.at }
    }

    fn event(&self, kind: EventKind, start: usize) -> Event {
        Event {
            kind,
            span: Span {
                start: offset(start),
                end: offset(self.at),
            },
        }
    }
}

fn offset(position: usize) -> u32 {
    u32::try_from(position).expect("`new` refuses texts that are longer than u32 can say")
}
