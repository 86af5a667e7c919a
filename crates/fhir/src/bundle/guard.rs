//! A cheap watch over a page that is still arriving.

use super::BundleError;

/// Watches a page while it arrives: what cannot become JSON, or nests too deep, is cut off at the
/// chunk that shows it. The full grammar is [`read_searchset`](super::read_searchset)'s to check.
#[derive(Debug)]
pub struct StructureGuard {
    max_depth: usize,
    open: Vec<u8>,
    position: usize,
    in_string: bool,
    escaped: bool,
    complete: bool,
}

impl StructureGuard {
    /// A guard before the first byte.
    pub fn new(max_depth: usize) -> Self {
        Self {
            max_depth,
            open: Vec::new(),
            position: 0,
            in_string: false,
            escaped: false,
            complete: false,
        }
    }

    /// Takes the next bytes of the page.
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), BundleError> {
        for &byte in chunk {
            if self.in_string {
                self.string_byte(byte)?;
            } else {
                self.structure_byte(byte)?;
            }
            self.position += 1;
        }
        Ok(())
    }

    /// Says whether the one object that a page is has been closed.
    pub fn finish(&self) -> Result<(), BundleError> {
        if self.complete {
            Ok(())
        } else {
            Err(self.not_json())
        }
    }

    fn string_byte(&mut self, byte: u8) -> Result<(), BundleError> {
        match byte {
            0x00..0x20 => return Err(self.not_json()),
            _ if self.escaped => self.escaped = false,
            b'\\' => self.escaped = true,
            b'"' => self.in_string = false,
            _ => {}
        }
        Ok(())
    }

    fn structure_byte(&mut self, byte: u8) -> Result<(), BundleError> {
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => Ok(()),
            b'{' if self.position_is_free() => self.open_with(b'}'),
            b'[' if !self.open.is_empty() => self.open_with(b']'),
            b'}' | b']' if self.open.last() == Some(&byte) => {
                self.open.pop();
                self.complete = self.open.is_empty();
                Ok(())
            }
            b'"' if !self.open.is_empty() => {
                self.in_string = true;
                Ok(())
            }
            b',' | b':' | b'+' | b'-' | b'.' | b'0'..=b'9' | b'a'..=b'z' | b'E'
                if !self.open.is_empty() =>
            {
                Ok(())
            }
            _ => Err(self.not_json()),
        }
    }

    fn position_is_free(&self) -> bool {
        !self.open.is_empty() || !self.complete
    }

    fn open_with(&mut self, close: u8) -> Result<(), BundleError> {
        if self.open.len() >= self.max_depth {
            return Err(BundleError::TooDeep);
        }
        self.open.push(close);
        Ok(())
    }

    fn not_json(&self) -> BundleError {
        BundleError::NotJson {
            position: self.position,
        }
    }
}
