//! The real peers, below `target/peers/bin` (see `scripts/peers.sh`): tools that are run, and registries that are served.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support;

/// The binary of a peer; `None` where it is absent, which is said.
pub(crate) fn binary(name: &str) -> Option<PathBuf> {
    let path = support::root().join("target/peers/bin").join(name);
    if path.exists() {
        return Some(path.canonicalize().unwrap());
    }
    support::absent(name, "run scripts/peers.sh");
    None
}

/// Runs a peer in `folder`, with no settings of whoever runs the tests, and gives what it printed.
pub(crate) fn run(name: &str, folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(binary(name).expect("checked before"))
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("HOME", folder)
        .env("PATH", "/usr/bin:/bin")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
}

/// A registry of another project, on the loopback, with its storage in a folder of its own.
pub(crate) struct Served {
    pub(crate) host: String,
    process: Child,
    _folder: tempfile::TempDir,
}

impl Served {
    /// Starts `distribution` or `docker-registry`, both of which take the same configuration.
    pub(crate) fn start(name: &str) -> Option<Served> {
        let binary = binary(name)?;
        let folder = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let (host, config) = (format!("127.0.0.1:{port}"), folder.path().join("config.yml"));
        let storage = folder.path().join("storage");
        let settings = format!(
            "version: 0.1\nlog: {{level: error}}\nhttp: {{addr: \"{host}\"}}\n\
             storage: {{filesystem: {{rootdirectory: {storage:?}}}, delete: {{enabled: true}}}}\n"
        );
        std::fs::write(&config, settings).unwrap();
        let process = Command::new(binary)
            .arg("serve")
            .arg(&config)
            .env("OTEL_TRACES_EXPORTER", "none")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let served = Served { host, process, _folder: folder };
        let until = Instant::now() + Duration::from_secs(10);
        while std::net::TcpStream::connect(&served.host).is_err() {
            assert!(Instant::now() < until, "{name} does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(served)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
