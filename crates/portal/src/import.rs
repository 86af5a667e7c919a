//! The role `import`: an outcome for each line.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _, Write};
use std::path::Path;
use std::sync::Arc;

use portal_infrastructure::crypto::RevocationHashes;
use portal_infrastructure::postgres::{Import, ImportCode, ImportResult, LineFault, MigrateError};
use portal_infrastructure::system::{SystemClock, SystemIds};
use secrecy::ExposeSecret as _;
use serde::Serialize;

use crate::config::OperateConfig;

/// Longer lines are no lines of ours; the rest of one is passed over.
const LINE_BYTES: u64 = 1024 * 1024;
const PROGRESS_EVERY: u64 = 1_000;

/// Why an import ended early, or that some lines failed.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error("cannot read the file ({0})")]
    Read(io::ErrorKind),
    /// The outcomes cannot be written.
    #[error("cannot write to standard output ({0})")]
    Write(io::ErrorKind),
    /// No connection as the owner.
    #[error(transparent)]
    Connect(#[from] MigrateError),
    /// Some lines failed; each said why.
    #[error("{failed} of {lines} lines failed")]
    Failed {
        /// How many failed.
        failed: u64,
        /// Of how many.
        lines: u64,
    },
}

/// What is printed for a line.
#[derive(Serialize)]
struct Outcome<'a> {
    line: u64,
    #[serde(flatten)]
    result: &'a ImportResult,
}

/// Imports a file, or standard input if it is `-`, with the owner's login.
pub async fn run(config: &OperateConfig, file: &Path) -> Result<(), ImportError> {
    let mut input = open(file).map_err(|error| ImportError::Read(error.kind()))?;
    let (clock, ids) = (Arc::new(SystemClock), Arc::new(SystemIds));
    let mut import = Import::connect(config.owner_url.expose_secret(), clock, ids).await?;
    if let Some(ring) = &config.key_ring {
        import = import.with_revocations(RevocationHashes::new(ring));
    }
    let (mut number, mut lines, mut failed) = (0, 0, 0);
    while let Some(line) =
        next_line(&mut *input).map_err(|error| ImportError::Read(error.kind()))?
    {
        number += 1;
        if line.is_blank() {
            continue;
        }
        let result = match line.text() {
            Ok(text) => import.line(text).await,
            Err(fault) => fault,
        };
        lines += 1;
        failed += u64::from(!result.is_done());
        print(&Outcome {
            line: number,
            result: &result,
        })
        .map_err(|error| ImportError::Write(error.kind()))?;
        if lines % PROGRESS_EVERY == 0 {
            tracing::info!(lines, failed, "importing");
        }
    }
    tracing::info!(lines, failed, "imported");
    if failed == 0 {
        Ok(())
    } else {
        Err(ImportError::Failed { failed, lines })
    }
}

fn open(file: &Path) -> io::Result<Box<dyn BufRead>> {
    if file == Path::new("-") {
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    Ok(Box::new(BufReader::new(File::open(file)?)))
}

fn print(outcome: &Outcome<'_>) -> io::Result<()> {
    let mut line = serde_json::to_vec(outcome).map_err(io::Error::from)?;
    line.push(b'\n');
    io::stdout().write_all(&line)
}

/// A line without its end.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    bytes: Vec<u8>,
    too_long: bool,
}

impl Line {
    fn is_blank(&self) -> bool {
        !self.too_long && self.bytes.trim_ascii().is_empty()
    }

    fn text(&self) -> Result<&str, ImportResult> {
        if self.too_long {
            return Err(unreadable("expected at most 1 MiB"));
        }
        std::str::from_utf8(&self.bytes).map_err(|_| unreadable("expected UTF-8"))
    }
}

fn unreadable(message: &'static str) -> ImportResult {
    let fault = LineFault {
        pointer: String::new(),
        message,
    };
    ImportResult::Failed {
        code: ImportCode::LineInvalid,
        faults: vec![fault],
    }
}

fn next_line(input: &mut dyn BufRead) -> io::Result<Option<Line>> {
    let mut bytes = Vec::new();
    let read = input.take(LINE_BYTES).read_until(b'\n', &mut bytes)?;
    if read == 0 {
        return Ok(None);
    }
    let ended = bytes.last() == Some(&b'\n');
    let too_long = !ended && u64::try_from(read).is_ok_and(|read| read == LINE_BYTES);
    if too_long {
        input.skip_until(b'\n')?;
    }
    Ok(Some(Line { bytes, too_long }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[u8]) -> Vec<Line> {
        let mut input = text;
        std::iter::from_fn(|| next_line(&mut input).unwrap()).collect()
    }

    #[test]
    fn lines_end_with_the_file_too_and_blank_ones_are_known() {
        let lines = lines(b"{}\r\n\n{\"a\":1}");
        assert_eq!(lines.len(), 3);
        assert!(lines[1].is_blank() && !lines[0].is_blank());
        assert_eq!(lines[2].text(), Ok("{\"a\":1}"));
    }

    #[test]
    fn a_line_that_is_too_long_or_not_utf_8_is_one_failed_line() {
        let mut text = vec![b'x'; 3_000_000];
        text.extend_from_slice(b"\n\xff\nok\n");
        let lines = lines(&text);
        let ends: Vec<_> = lines.iter().map(|line| line.text().is_ok()).collect();
        assert_eq!(ends, [false, false, true]);
    }

    #[test]
    fn an_outcome_is_one_object_with_its_line() {
        let result = unreadable("expected UTF-8");
        let outcome = serde_json::to_value(Outcome {
            line: 7,
            result: &result,
        })
        .unwrap();
        assert_eq!(outcome["line"], 7);
        assert_eq!(outcome["code"], "LINE_INVALID");
        assert_eq!(outcome["faults"][0]["message"], "expected UTF-8");
    }
}
