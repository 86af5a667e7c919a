//! One pass over a page: its type, its links, and where its resources stand.

use bytes::Bytes;

use super::{BundleError, Entry, Limits, Page, SearchMode};
use crate::json::{Event, EventKind, Scanner, Span, unescape};

/// Reads a page. Anything but a searchset Bundle is an error; an entry that has no resource, names
/// it twice, says an unknown mode, or nests deeper than `limits` is dropped and counted. Members
/// that stand twice *inside* a resource are found by [`read_header`](crate::read_header), which
/// reads the inside; its refusals are to be counted with [`Page::dropped`].
pub fn read_searchset(page: &Bytes, limits: &Limits) -> Result<Page, BundleError> {
    let mut reader = Reader {
        page,
        scanner: Scanner::new(page, limits.page_depth())?,
        max_entries: limits.max_entries,
        max_depth: limits.max_depth,
    };
    let read = reader.bundle()?;
    while reader.scanner.next()?.is_some() {}
    Ok(read)
}

/// A value that was passed over: where it stands, what begins it, how many levels it has.
struct Passed {
    kind: EventKind,
    span: Span,
    levels: usize,
}

struct Reader<'a> {
    page: &'a Bytes,
    scanner: Scanner<'a>,
    max_entries: usize,
    max_depth: usize,
}

impl Reader<'_> {
    fn bundle(&mut self) -> Result<Page, BundleError> {
        self.begin_object()?;
        let (mut resource_type, mut bundle_type, mut link, mut entries) = (None, None, None, None);
        let mut page = Page {
            entries: Vec::new(),
            next: None,
            dropped: 0,
        };
        while let Some(name) = self.name()? {
            let first = match name.as_str() {
                "resourceType" => resource_type.replace(self.text()?).is_none(),
                "type" => bundle_type.replace(self.text()?).is_none(),
                "link" => link.replace(self.next_link()?).is_none(),
                "entry" => entries.replace(self.entries(&mut page)?).is_none(),
                _ => {
                    self.skip()?;
                    true
                }
            };
            if !first {
                return Err(BundleError::Ambiguous);
            }
        }
        page.next = link.flatten();
        let (resource_type, bundle_type) = (resource_type.flatten(), bundle_type.flatten());
        match (resource_type.as_deref(), bundle_type.as_deref()) {
            (Some("Bundle"), Some("searchset")) => Ok(page),
            _ => Err(BundleError::NotASearchset),
        }
    }

    fn entries(&mut self, page: &mut Page) -> Result<(), BundleError> {
        self.begin_array()?;
        let mut count = 0;
        while let Some(begun) = self.item()? {
            count += 1;
            if count > self.max_entries {
                return Err(BundleError::TooManyEntries);
            }
            let entry = if begun.kind == EventKind::BeginObject {
                self.entry()?
            } else {
                None
            };
            match entry {
                Some(entry) => page.entries.push(entry),
                None => page.dropped += 1,
            }
        }
        Ok(())
    }

    /// The rest of an entry whose `{` is read; `None` when it is to be dropped.
    fn entry(&mut self) -> Result<Option<Entry>, BundleError> {
        let mut resource = None;
        let mut mode = None;
        let mut sound = true;
        while let Some(name) = self.name()? {
            match name.as_str() {
                "resource" => sound &= resource.replace(self.pass()?).is_none(),
                "search" => sound &= mode.replace(self.search_mode()?).is_none(),
                _ => self.skip()?,
            }
        }
        let Some(resource) = resource.filter(|passed| {
            sound && passed.kind == EventKind::BeginObject && passed.levels <= self.max_depth
        }) else {
            return Ok(None);
        };
        let Some(mode) = mode.unwrap_or(Some(SearchMode::Match)) else {
            return Ok(None);
        };
        Ok(Some(Entry {
            resource: self.page.slice(resource.span.range()),
            mode,
        }))
    }

    /// The mode that `Bundle.entry.search` says, `None` when it cannot be read.
    fn search_mode(&mut self) -> Result<Option<SearchMode>, BundleError> {
        let Some(event) = self.scanner.next()? else {
            return Ok(None);
        };
        if event.kind != EventKind::BeginObject {
            self.pass_from(event)?;
            return Ok(None);
        }
        let mut modes = Vec::new();
        while let Some(name) = self.name()? {
            if name == "mode" {
                modes.push(self.text()?);
            } else {
                self.skip()?;
            }
        }
        Ok(match modes.as_slice() {
            [] => Some(SearchMode::Match),
            [Some(mode)] => match mode.as_str() {
                "match" => Some(SearchMode::Match),
                "include" => Some(SearchMode::Include),
                "outcome" => Some(SearchMode::Outcome),
                _ => None,
            },
            _ => None,
        })
    }

    fn next_link(&mut self) -> Result<Option<String>, BundleError> {
        self.begin_array()?;
        let mut next = None;
        while let Some(begun) = self.item()? {
            if begun.kind != EventKind::BeginObject {
                return Err(BundleError::NotASearchset);
            }
            let (mut relation, mut url) = (None, None);
            while let Some(name) = self.name()? {
                match name.as_str() {
                    "relation" => relation = self.text()?,
                    "url" => url = self.text()?,
                    _ => self.skip()?,
                }
            }
            if relation.as_deref() == Some("next") && next.replace(url).is_some() {
                return Err(BundleError::Ambiguous);
            }
        }
        Ok(next.flatten())
    }

    fn begin_object(&mut self) -> Result<(), BundleError> {
        self.begin(EventKind::BeginObject)
    }

    fn begin_array(&mut self) -> Result<(), BundleError> {
        self.begin(EventKind::BeginArray)
    }

    fn begin(&mut self, kind: EventKind) -> Result<(), BundleError> {
        match self.scanner.next()? {
            Some(event) if event.kind == kind => Ok(()),
            _ => Err(BundleError::NotASearchset),
        }
    }

    /// The next member name of the open object, `None` at its end.
    fn name(&mut self) -> Result<Option<String>, BundleError> {
        match self.scanner.next()? {
            Some(event) if event.kind == EventKind::Name => Ok(Some(self.say(event.span))),
            _ => Ok(None),
        }
    }

    /// The next item of the open array, `None` at its end. An item that is not an object is passed
    /// over whole.
    fn item(&mut self) -> Result<Option<Passed>, BundleError> {
        match self.scanner.next()? {
            None => Ok(None),
            Some(event) => match event.kind {
                EventKind::End => Ok(None),
                EventKind::BeginObject => Ok(Some(Passed {
                    kind: event.kind,
                    span: event.span,
                    levels: 0,
                })),
                _ => self.pass_from(event).map(Some),
            },
        }
    }

    /// What the next value says if it is a string; any other value is passed over.
    fn text(&mut self) -> Result<Option<String>, BundleError> {
        let passed = self.pass()?;
        Ok((passed.kind == EventKind::String).then(|| self.say(passed.span)))
    }

    fn skip(&mut self) -> Result<(), BundleError> {
        self.pass().map(|_| ())
    }

    fn pass(&mut self) -> Result<Passed, BundleError> {
        match self.scanner.next()? {
            Some(event) => self.pass_from(event),
            None => Err(BundleError::NotASearchset),
        }
    }

    /// Passes over the value that `first` begins.
    fn pass_from(&mut self, first: Event) -> Result<Passed, BundleError> {
        let mut passed = Passed {
            kind: first.kind,
            span: first.span,
            levels: 0,
        };
        if !matches!(first.kind, EventKind::BeginObject | EventKind::BeginArray) {
            return Ok(passed);
        }
        let outside = self.scanner.depth() - 1;
        passed.levels = 1;
        while self.scanner.depth() > outside {
            if let Some(event) = self.scanner.next()? {
                passed.span.end = event.span.end;
            }
            passed.levels = passed.levels.max(self.scanner.depth() - outside);
        }
        Ok(passed)
    }

    fn say(&self, span: Span) -> String {
        let literal = std::str::from_utf8(span.of(self.page)).unwrap_or_default();
        unescape(literal).into_owned()
    }
}
