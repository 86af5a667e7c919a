//! How a program that ended by itself ended.

use std::process::ExitStatus;

use serde_json::Value;

/// Exit status and everything that was written.
#[derive(Debug)]
pub struct Outcome {
    /// How it ended.
    pub status: ExitStatus,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Outcome {
    /// Both outputs.
    pub fn output(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }

    /// Standard output as an object a line.
    pub fn lines(&self) -> Vec<Value> {
        let parse = |line: &str| {
            serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {}", self.output()))
        };
        self.stdout.lines().map(parse).collect()
    }

    /// Fails the test unless the program succeeded.
    #[must_use]
    pub fn succeeded(self) -> Self {
        assert!(self.status.success(), "{}: {}", self.status, self.output());
        self
    }

    /// Fails the test unless the program ended by itself, with another status than 0.
    #[must_use]
    pub fn failed(self) -> Self {
        let code = self.status.code();
        assert!(
            code.is_some_and(|code| code != 0),
            "{}: {}",
            self.status,
            self.output()
        );
        self
    }
}
