//! Asks a running service how it is, without a runtime and within two seconds.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs as _};
use std::time::{Duration, Instant};

use url::Url;

const WITHIN: Duration = Duration::from_secs(2);

/// Why the service is not well.
#[derive(Debug, thiserror::Error)]
pub enum HealthcheckError {
    /// The URL is no `http` URL.
    #[error("expected an http URL")]
    Url,
    /// No connection, or no answer in time.
    #[error("no answer")]
    NoAnswer(#[source] std::io::Error),
    /// It answered something else than 200.
    #[error("not healthy")]
    Unhealthy,
}

/// The liveness route of a service on this machine that listens at `admin`.
pub fn local_url(admin: SocketAddr) -> String {
    let address = match admin.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    format!(
        "http://{}/health/live",
        SocketAddr::new(address, admin.port())
    )
}

/// Succeeds if the URL answers 200 within two seconds.
pub fn check(url: &str) -> Result<(), HealthcheckError> {
    let url = Url::parse(url).map_err(|_| HealthcheckError::Url)?;
    let host = url
        .host_str()
        .filter(|_| url.scheme() == "http")
        .ok_or(HealthcheckError::Url)?;
    let port = url.port_or_known_default().ok_or(HealthcheckError::Url)?;
    let status = ask(host, port, url.path()).map_err(HealthcheckError::NoAnswer)?;
    // RFC 9112 section 4: version, status, reason.
    let healthy = status.starts_with(b"HTTP/1.1 200 ");
    if healthy {
        Ok(())
    } else {
        Err(HealthcheckError::Unhealthy)
    }
}

fn ask(host: &str, port: u16, path: &str) -> std::io::Result<[u8; 13]> {
    let started = Instant::now();
    let timed_out = || std::io::Error::from(std::io::ErrorKind::TimedOut);
    let left = || {
        WITHIN
            .checked_sub(started.elapsed())
            .filter(|left| !left.is_zero())
    };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let address = (bare, port)
        .to_socket_addrs()?
        .next()
        .ok_or_else(timed_out)?;
    let mut stream = TcpStream::connect_timeout(&address, left().ok_or_else(timed_out)?)?;
    stream.set_write_timeout(left())?;
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n");
    // In one piece: whoever answers the first part of a request may be gone before the second.
    stream.write_all(request.as_bytes())?;
    let mut status = [0; 13];
    let mut read = 0;
    while let Some(rest) = status.get_mut(read..).filter(|rest| !rest.is_empty()) {
        stream.set_read_timeout(Some(left().ok_or_else(timed_out)?))?;
        match stream.read(rest)? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            bytes => read += bytes,
        }
    }
    Ok(status)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::thread;

    fn answering(answer: &'static [u8]) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 512]).unwrap();
            stream.write_all(answer).unwrap();
        });
        local_url(address)
    }

    #[test]
    fn only_200_is_healthy() {
        check(&answering(b"HTTP/1.1 200 OK\r\n\r\n")).unwrap();
        let refused = check(&answering(b"HTTP/1.1 503 Service Unavailable\r\n\r\n"));
        assert!(matches!(refused, Err(HealthcheckError::Unhealthy)));
        let cut = check(&answering(b"HTTP/1.1"));
        assert!(matches!(cut, Err(HealthcheckError::NoAnswer(_))));
    }

    #[test]
    fn a_silent_service_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let started = Instant::now();
        assert!(check(&local_url(listener.local_addr().unwrap())).is_err());
        assert!(started.elapsed() < Duration::from_secs(4));
    }

    #[test]
    fn a_wildcard_address_is_asked_on_loopback() {
        let url = |text: &str| local_url(text.parse().unwrap());
        assert_eq!(url("0.0.0.0:9464"), "http://127.0.0.1:9464/health/live");
        assert_eq!(url("[::]:9464"), "http://[::1]:9464/health/live");
        assert!(matches!(check("https://x/"), Err(HealthcheckError::Url)));
    }
}
