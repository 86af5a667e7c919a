//! A process that a test started. It does not outlive the test.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use super::folder::text;
use super::outcome::Outcome;
use super::signal;

const LOOK_EVERY: Duration = Duration::from_millis(10);

/// A running role of the program, with its outputs in two files.
pub struct Running {
    child: Child,
    stdout: PathBuf,
    stderr: PathBuf,
}

impl Running {
    /// Starts a program with this environment and no other; `outputs` is the path of its two
    /// output files without their endings.
    pub(super) fn start(
        program: &Path,
        arguments: &[&str],
        environment: &BTreeMap<String, String>,
        outputs: &Path,
        input: Option<&Path>,
    ) -> Self {
        let (stdout, stderr) = (
            outputs.with_extension("stdout"),
            outputs.with_extension("stderr"),
        );
        let create = |path: &Path| File::create(path).expect("an output file can be written");
        let input = input.map_or_else(Stdio::null, |path| {
            Stdio::from(File::open(path).expect("the input was written before"))
        });
        let child = Command::new(program)
            .args(arguments)
            .env_clear()
            .envs(environment)
            .stdin(input)
            .stdout(create(&stdout))
            .stderr(create(&stderr))
            .spawn()
            .expect("patient-portal lies beside the tests: run them with `make test`");
        Self {
            child,
            stdout,
            stderr,
        }
    }

    /// The process's number.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal, such as `TERM`.
    pub fn signal(&self, name: &str) {
        signal::send(name, &[self.pid()]);
    }

    /// Ends the process at once, as the kernel does for want of memory.
    pub fn kill(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// The exit status, once there is one.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child
            .try_wait()
            .expect("the process is a child of this one")
    }

    /// Waits for the end; fails the test when it does not come in time.
    pub async fn end(mut self, within: Duration) -> Outcome {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.ended() {
                return Outcome {
                    status,
                    stdout: text(&self.stdout),
                    stderr: text(&self.stderr),
                };
            }
            assert!(
                begin.elapsed() < within,
                "still running after {within:?}: {}",
                self.output()
            );
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// What was written so far.
    pub fn output(&self) -> String {
        format!("{}{}", text(&self.stdout), text(&self.stderr))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}
