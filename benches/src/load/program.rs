//! Programs that this one starts and, whatever happens, ends.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout};

use crate::Outcome;

/// A running program; dropped, it is killed and waited for.
pub(crate) struct Program {
    name: &'static str,
    child: Child,
}

impl Program {
    /// Starts it with what it writes going to a file.
    pub(crate) fn start(name: &'static str, mut command: Command, log: &Path) -> Outcome<Self> {
        let log = File::create(log)?;
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        Self::spawn(name, &mut command)
    }

    /// Starts it and waits for the first line of its standard output.
    pub(crate) async fn start_telling(
        name: &'static str,
        mut command: Command,
        log: &Path,
    ) -> Outcome<(Self, String)> {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(log)?);
        let mut program = Self::spawn(name, &mut command)?;
        let output = program.child.stdout.take().ok_or("no standard output")?;
        let (told, line) = oneshot::channel();
        // Reads on after the line, so that the program never waits for a reader.
        std::thread::spawn(move || {
            let mut output = BufReader::new(output);
            let mut line = String::new();
            let is_read = output.read_line(&mut line).map(|_| line);
            drop(told.send(is_read));
            io::copy(&mut output, &mut io::sink())
        });
        let line = timeout(Duration::from_mins(1), line)
            .await
            .map_err(|_| format!("{name} says nothing"))???;
        if line.trim().is_empty() {
            return Err(format!("{name} ended: see {}", log.display()).into());
        }
        Ok((program, line.trim().to_owned()))
    }

    fn spawn(name: &'static str, command: &mut Command) -> Outcome<Self> {
        let child = command
            .spawn()
            .map_err(|error| format!("{name} cannot be started: {error}"))?;
        Ok(Self { name, child })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Fails when it has ended.
    pub(crate) fn must_live(&mut self) -> Outcome<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => Err(format!("{} ended: {status}", self.name).into()),
        }
    }

    /// Kills it and waits until it is gone.
    pub(crate) async fn end(&mut self) -> Outcome<()> {
        self.child.kill()?;
        while self.child.try_wait()?.is_none() {
            sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Waits for its success.
    pub(crate) async fn finish(mut self, within: Duration) -> Outcome<()> {
        let end = Instant::now() + within;
        loop {
            match self.child.try_wait()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => return Err(format!("{} failed: {status}", self.name).into()),
                None if Instant::now() > end => {
                    return Err(format!("{} does not end", self.name).into());
                }
                None => sleep(Duration::from_millis(20)).await,
            }
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The first line that a program prints on either output; `None` when it
/// cannot be run.
pub(crate) fn first_line(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let told = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&told);
    text.lines().next().map(|line| line.trim().to_owned())
}
