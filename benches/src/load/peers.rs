//! What the service is compared with: the floor, and nginx as a proxy.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tokio::time::sleep;

use crate::Outcome;
use crate::http::Connection;
use crate::program::Program;
use crate::service::{AUDIENCE, free_address};

/// A running peer.
pub(crate) struct Peer {
    pub(crate) program: Program,
    pub(crate) address: SocketAddr,
}

/// Starts the floor; it answers `bodies` by their place.
pub(crate) async fn floor(
    programs: &Path,
    dir: &Path,
    issuer: &str,
    bodies: &[PathBuf],
) -> Outcome<Peer> {
    let mut command = Command::new(programs.join("floor"));
    command.arg("--jwks").arg(dir.join("jwks.json"));
    command.args(["--issuer", issuer, "--audience", AUDIENCE]);
    for body in bodies {
        command.arg("--body").arg(body);
    }
    let log = dir.join("floor.log");
    let (program, line) = Program::start_telling("floor", command, &log).await?;
    let address = line.parse()?;
    Ok(Peer { program, address })
}

/// Starts nginx as one process in front of the sandbox.
pub(crate) async fn nginx(dir: &Path, sandbox: SocketAddr) -> Outcome<Peer> {
    let address = free_address()?;
    let home = dir.join("nginx");
    std::fs::create_dir_all(&home)?;
    let configuration = home.join("nginx.conf");
    std::fs::write(&configuration, nginx_configuration(address, sandbox))?;
    let mut command = Command::new("nginx");
    command.arg("-p").arg(&home).arg("-c").arg(&configuration);
    command.args(["-e", "error.log"]);
    let mut program = Program::start("nginx", command, &dir.join("nginx.log"))?;
    for _ in 0..100 {
        program.must_live()?;
        if Connection::open(address).await.is_ok() {
            return Ok(Peer { program, address });
        }
        sleep(Duration::from_millis(50)).await;
    }
    Err("nginx does not listen".into())
}

/// One process, so that ending it leaves no worker behind; answers are kept
/// in memory.
fn nginx_configuration(address: SocketAddr, sandbox: SocketAddr) -> String {
    format!(
        "daemon off; master_process off; pid nginx.pid; error_log error.log;
events {{ worker_connections 2048; }}
http {{
    access_log off;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    keepalive_requests 100000000;
    upstream sandbox {{ server {sandbox}; keepalive 256; keepalive_requests 100000000; }}
    server {{
        listen {address};
        location / {{
            proxy_pass http://sandbox;
            proxy_http_version 1.1;
            proxy_set_header Connection \"\";
            proxy_buffers 32 8k;
            proxy_max_temp_file_size 0;
        }}
    }}
}}
"
    )
}
