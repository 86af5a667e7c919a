//! Listeners: HTTP/1.1 and HTTP/2 over one address, with bounds on connections and heads, and an
//! orderly end.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use http::header::{CONNECTION, HeaderValue};
use http::{Request, Response, Version};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tower::Service as _;

use crate::first_bytes::FirstBytes;
use crate::shutdown::{Phase, Phases};

/// Longer than the 60 s for which gateways keep idle connections, so that they close first and no
/// request meets a closing connection. It also bounds how long a head may take.
const HEAD_TIMEOUT: Duration = Duration::from_secs(75);
const HEAD_BYTES: u16 = u16::MAX;
const CONNECTIONS: usize = 8_192;
const STREAMS: u32 = 256;
const PING_EVERY: Duration = Duration::from_secs(30);
const PING_TIMEOUT: Duration = Duration::from_secs(10);
/// What the last requests may take.
const LAST_REQUESTS: Duration = Duration::from_secs(25);
/// After an error such as too many open files, which does not go away at once.
const ACCEPT_AGAIN: Duration = Duration::from_millis(50);

/// A bound address and what it serves.
pub struct Server {
    listener: TcpListener,
    router: Router,
}

impl Server {
    /// Binds the address.
    pub async fn bind(address: SocketAddr, router: Router) -> io::Result<Self> {
        Ok(Self {
            listener: TcpListener::bind(address).await?,
            router,
        })
    }

    /// The bound address; its port is known also when 0 was asked for.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until the phase of closing, then says GOAWAY or `Connection: close` and waits for the
    /// last requests, at most 25 s.
    pub async fn run(self, phases: Phases) {
        let graceful = GracefulShutdown::new();
        let builder = Arc::new(builder());
        let free = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            let stream = tokio::select! {
                biased;
                () = phases.reached(Phase::Closing) => break,
                stream = accept(&self.listener) => stream,
            };
            let Ok(permit) = Arc::clone(&free).try_acquire_owned() else {
                metrics::counter!("portal_connections_refused_total").increment(1);
                continue;
            };
            let connection = connection(
                stream,
                self.router.clone(),
                Arc::clone(&builder),
                &phases,
                &graceful,
            );
            tokio::spawn(async move {
                connection.await;
                drop(permit);
            });
        }
        drop(self.listener);
        if tokio::time::timeout(LAST_REQUESTS, graceful.shutdown())
            .await
            .is_err()
        {
            tracing::warn!("requests were cut off at shutdown");
        }
    }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_BYTES.into());
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(HEAD_BYTES.into())
        .max_concurrent_streams(STREAMS)
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(PING_TIMEOUT);
    builder
}

async fn accept(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(accepted) => return accepted,
            Err(error) => {
                tracing::warn!(kind = %error.kind(), "accept failed");
                tokio::time::sleep(ACCEPT_AGAIN).await;
            }
        }
    }
}

fn connection(
    (stream, peer): (TcpStream, SocketAddr),
    router: Router,
    builder: Arc<Builder<TokioExecutor>>,
    phases: &Phases,
    graceful: &GracefulShutdown,
) -> impl Future<Output = ()> + use<> {
    let watcher: Watcher = graceful.watcher();
    let phases = phases.clone();
    async move {
        // Small answers would otherwise wait for the client's acknowledgement.
        let _ = stream.set_nodelay(true);
        let io = TokioIo::new(FirstBytes::new(stream, HEAD_TIMEOUT));
        let service = service_fn(move |request: Request<Incoming>| {
            answer(router.clone(), request, peer, phases.clone())
        });
        let connection = builder.serve_connection(io, service).into_owned();
        // Clients break off; that is not our fault and says nothing.
        let _ = watcher.watch(connection).await;
    }
}

async fn answer(
    mut router: Router,
    request: Request<Incoming>,
    peer: SocketAddr,
    phases: Phases,
) -> Result<Response<Body>, std::convert::Infallible> {
    let reusable = request.version() == Version::HTTP_11;
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(ConnectInfo(peer));
    let mut response = router.call(request).await?;
    // So that clients go elsewhere before the listener closes.
    if reusable && phases.is_stopping() {
        response
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}

#[cfg(test)]
#[path = "server_tests.rs"]
mod tests;
