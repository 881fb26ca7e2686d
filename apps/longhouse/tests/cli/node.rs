//! A node in a temporary folder, ended with the test.
use std::{
    fs::{self, File},
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

/// The program with `folder` as its data folder.
pub(crate) fn longhouse(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_longhouse"));
    command.arg("--data").arg(folder).stdin(Stdio::null());
    command
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub(crate) struct Node {
    pub(crate) folder: TempDir,
    /// Host and port of its first listener.
    pub(crate) address: String,
    child: Child,
}

impl Node {
    /// `up` on a free port.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_with(&[], arguments)
    }

    pub(crate) fn start_with(environment: &[(&str, &str)], arguments: &[&str]) -> Self {
        let folder = TempDir::new().unwrap();
        let mut command = longhouse(folder.path());
        command.args(["--json", "up", "--listen", "127.0.0.1:0"]).args(arguments);
        command.envs(environment.iter().copied());
        let (child, address) = announced(&mut command, folder.path());
        Self { folder, address, child }
    }

    /// `serve` with a configuration file.
    pub(crate) fn serve(folder: TempDir, file: &Path) -> Self {
        let mut command = longhouse(folder.path());
        let log = File::create(folder.path().join("log")).unwrap();
        let child = command.arg("serve").arg("--config").arg(file).stderr(log).spawn().unwrap();
        let node = Self { folder, address: String::new(), child };
        let began = Instant::now();
        while !node.command(&["status"]).output().unwrap().status.success() {
            assert!(began.elapsed() < Duration::from_secs(30), "{}", node.log());
            sleep(Duration::from_millis(50));
        }
        node
    }

    pub(crate) fn start_again(&mut self) {
        let mut command = longhouse(self.folder.path());
        command.args(["--json", "up", "--listen", "127.0.0.1:0"]);
        (self.child, self.address) = announced(&mut command, self.folder.path());
    }

    /// A command to this node.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = longhouse(self.folder.path());
        command.args(arguments);
        command
    }

    /// Writes a file into the node's folder; returns its path.
    pub(crate) fn file(&self, name: &str, content: &str) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// SIGTERM; returns the exit code.
    pub(crate) fn stop(&mut self) -> Option<i32> {
        let process = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &process]).status().unwrap().success());
        self.child.wait().unwrap().code()
    }

    /// SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have been stopped by the test.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts `up --json` and waits for the line that it prints once it serves.
fn announced(command: &mut Command, folder: &Path) -> (Child, String) {
    let log = File::create(folder.join("log")).unwrap();
    let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap_or_else(|error| {
        panic!("{error}: {line} {}", fs::read_to_string(folder.join("log")).unwrap_or_default())
    });
    let url = ready["listener"].as_str().unwrap();
    (child, url.strip_prefix("http://").unwrap().to_owned())
}
