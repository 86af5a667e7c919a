//! A body as lines, of which at most one is held.

use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::BoxStream;

/// More are refused.
pub const MAX_LINES: usize = 10_000;
/// Longer lines are refused one by one.
const MAX_LINE: usize = 8 * 1024;

/// The body broke off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the body broke off")]
pub struct ImportEnded;

/// Why a line cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineFault {
    /// It is too long.
    TooLong,
    /// The body broke off in it.
    Ended,
    /// It is one too many, and no more are read.
    TooMany,
}

/// The lines of a body (NDJSON): each ends with a line feed, the last one need not; empty ones are
/// none.
pub struct Lines {
    chunks: BoxStream<'static, Result<Bytes, ImportEnded>>,
    chunk: Bytes,
    line: Vec<u8>,
    too_long: bool,
    ended: bool,
    read: usize,
}

impl Lines {
    /// Of a body as it comes in.
    pub const fn new(chunks: BoxStream<'static, Result<Bytes, ImportEnded>>) -> Self {
        Self {
            chunks,
            chunk: Bytes::new(),
            line: Vec::new(),
            too_long: false,
            ended: false,
            read: 0,
        }
    }

    /// The next line with its number, counted from 1.
    pub(super) async fn next(&mut self) -> Option<(usize, Result<Bytes, LineFault>)> {
        let line = self.next_line().await?;
        self.read += 1;
        if self.read <= MAX_LINES {
            return Some((self.read, line));
        }
        self.ended = true;
        self.chunk.clear();
        Some((self.read, Err(LineFault::TooMany)))
    }

    async fn next_line(&mut self) -> Option<Result<Bytes, LineFault>> {
        loop {
            if let Some(line) = self.take_line() {
                return Some(line);
            }
            if self.ended {
                return None;
            }
            match self.chunks.next().await {
                Some(Ok(chunk)) => self.chunk = chunk,
                Some(Err(ImportEnded)) => {
                    self.ended = true;
                    return Some(Err(LineFault::Ended));
                }
                None => {
                    self.ended = true;
                    return self.finish();
                }
            }
        }
    }

    /// The next line, as far as the chunk at hand holds its end.
    fn take_line(&mut self) -> Option<Result<Bytes, LineFault>> {
        while !self.chunk.is_empty() {
            let end = self.chunk.iter().position(|byte| *byte == b'\n');
            let part = self.chunk.split_to(end.unwrap_or(self.chunk.len()));
            self.keep(&part);
            end?;
            let _ = self.chunk.split_to(1);
            if let Some(line) = self.finish() {
                return Some(line);
            }
        }
        None
    }

    fn keep(&mut self, part: &[u8]) {
        if self.too_long || self.line.len() + part.len() > MAX_LINE {
            self.too_long = true;
            self.line.clear();
        } else {
            self.line.extend_from_slice(part);
        }
    }

    fn finish(&mut self) -> Option<Result<Bytes, LineFault>> {
        let line = std::mem::take(&mut self.line);
        if std::mem::take(&mut self.too_long) {
            return Some(Err(LineFault::TooLong));
        }
        let text = line.trim_ascii();
        (!text.is_empty()).then(|| Ok(Bytes::copy_from_slice(text)))
    }
}

#[cfg(test)]
mod tests {
    use futures::stream;
    use proptest::prelude::*;

    use super::*;

    async fn read(chunks: Vec<Vec<u8>>) -> Vec<Result<Bytes, LineFault>> {
        let chunks = chunks.into_iter().map(|chunk| Ok(Bytes::from(chunk)));
        let mut lines = Lines::new(stream::iter(chunks).boxed());
        let mut found = Vec::new();
        while let Some((number, line)) = lines.next().await {
            found.push(line);
            assert_eq!(number, found.len());
        }
        found
    }

    #[tokio::test]
    async fn the_last_line_needs_no_end_and_empty_ones_are_none() {
        let lines = read(vec![b"a\r\n\n  \nb".to_vec()]).await;
        assert_eq!(lines, [Ok(Bytes::from("a")), Ok(Bytes::from("b"))]);
    }

    #[tokio::test]
    async fn a_line_that_is_too_long_is_one_fault_and_the_next_is_read() {
        let long = vec![b'x'; MAX_LINE + 1];
        let lines = read(vec![long.clone(), long, b"\nb\n".to_vec()]).await;
        assert_eq!(lines, [Err(LineFault::TooLong), Ok(Bytes::from("b"))]);
    }

    #[tokio::test]
    async fn one_line_too_many_ends_the_reading() {
        let lines = read(vec![b"x\n".repeat(MAX_LINES + 2)]).await;
        assert_eq!(lines.len(), MAX_LINES + 1);
        assert_eq!(lines[MAX_LINES - 1], Ok(Bytes::from("x")));
        assert_eq!(lines[MAX_LINES], Err(LineFault::TooMany));
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_says_so() {
        let chunks = [Ok(Bytes::from("a\nb")), Err(ImportEnded)];
        let mut lines = Lines::new(stream::iter(chunks).boxed());
        assert_eq!(lines.next().await, Some((1, Ok(Bytes::from("a")))));
        assert_eq!(lines.next().await, Some((2, Err(LineFault::Ended))));
        assert_eq!(lines.next().await, None);
    }

    proptest! {
        #[test]
        fn chunks_do_not_matter(text in "[a-c\n ]{0,60}", cuts in prop::collection::vec(0usize..60, 0..5)) {
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
            cuts.sort_unstable();
            let mut chunks = Vec::new();
            let mut from = 0;
            for cut in cuts.into_iter().chain([text.len()]) {
                chunks.push(text.as_bytes()[from..cut].to_vec());
                from = cut;
            }
            let whole = text.split('\n').map(str::trim).filter(|line| !line.is_empty());
            let expected: Vec<_> = whole.map(|line| Ok(Bytes::copy_from_slice(line.as_bytes()))).collect();
            prop_assert_eq!(runtime.block_on(read(chunks)), expected);
        }
    }
}
