use axum::routing::get;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::*;
use crate::shutdown::Shutdown;

struct Scene {
    address: SocketAddr,
    shutdown: Shutdown,
    /// Lets the answers of `/slow` go.
    release: Arc<Notify>,
    /// Told when a request for `/slow` has come.
    arrived: Arc<Notify>,
    running: JoinHandle<()>,
}

async fn scene() -> Scene {
    let (release, arrived) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (released, arriving) = (Arc::clone(&release), Arc::clone(&arrived));
    let slow = move || async move {
        arriving.notify_one();
        released.notified().await;
        "done"
    };
    let peer = |ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.ip().to_string() };
    let router = Router::new()
        .route("/slow", get(slow))
        .route("/peer", get(peer));
    let server = Server::bind("127.0.0.1:0".parse().unwrap(), router)
        .await
        .unwrap();
    let (address, shutdown) = (server.address().unwrap(), Shutdown::default());
    let running = tokio::spawn(server.run(shutdown.phases()));
    Scene {
        address,
        shutdown,
        release,
        arrived,
        running,
    }
}

impl Scene {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }
}

async fn ask(stream: &mut TcpStream, path: &str) {
    let request = format!("GET {path} HTTP/1.1\r\nHost: portal\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
}

/// What arrives up to `end`, or until the connection closes.
async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut text = Vec::new();
    while !String::from_utf8_lossy(&text).ends_with(end) {
        let mut bytes = [0; 1_024];
        match stream.read(&mut bytes).await.unwrap() {
            0 => break,
            read => text.extend_from_slice(&bytes[..read]),
        }
    }
    String::from_utf8(text).unwrap()
}

#[tokio::test]
async fn handlers_know_their_peer_and_connections_are_used_again() {
    let scene = scene().await;
    let mut stream = scene.connect().await;
    for _ in 0..2 {
        ask(&mut stream, "/peer").await;
        let answer = read_until(&mut stream, "127.0.0.1").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(!answer.contains("connection: close"), "{answer}");
    }
}

#[tokio::test]
async fn while_it_drains_it_accepts_and_asks_to_close() {
    let scene = scene().await;
    scene.shutdown.enter(Phase::Draining);
    let mut stream = scene.connect().await;
    ask(&mut stream, "/peer").await;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(
        answer.contains("connection: close\r\n") && answer.ends_with("127.0.0.1"),
        "{answer}"
    );
}

#[tokio::test]
async fn the_last_request_is_answered_and_then_nothing_is_accepted() {
    let scene = scene().await;
    let mut stream = scene.connect().await;
    ask(&mut stream, "/slow").await;
    scene.arrived.notified().await;
    scene.shutdown.enter(Phase::Closing);
    // Its listener is gone once it refuses.
    while TcpStream::connect(scene.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(!scene.running.is_finished());
    scene.release.notify_one();
    assert!(read_until(&mut stream, "done").await.ends_with("done"));
    scene.running.await.unwrap();
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_up_the_end() {
    let scene = scene().await;
    let mut idle = scene.connect().await;
    ask(&mut idle, "/peer").await;
    read_until(&mut idle, "127.0.0.1").await;
    let silent = scene.connect().await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    scene.shutdown.enter(Phase::Closing);
    tokio::time::timeout(Duration::from_secs(5), scene.running)
        .await
        .unwrap()
        .unwrap();
    drop(silent);
}

#[tokio::test]
async fn http_2_is_spoken_to_those_who_begin_with_it() {
    let scene = scene().await;
    let mut stream = scene.connect().await;
    stream
        .write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        .await
        .unwrap();
    stream
        .write_all(&[0, 0, 0, 4, 0, 0, 0, 0, 0])
        .await
        .unwrap();
    let mut head = [0; 9];
    stream.read_exact(&mut head).await.unwrap();
    // RFC 9113 section 6.5: the server's first frame is SETTINGS.
    assert_eq!(head[3], 4);
}

#[tokio::test]
async fn a_head_beyond_64_kib_is_refused() {
    let scene = scene().await;
    let mut stream = scene.connect().await;
    let head = format!(
        "GET /peer HTTP/1.1\r\nHost: portal\r\nX: {}\r\n\r\n",
        "x".repeat(70_000)
    );
    let _ = stream.write_all(head.as_bytes()).await;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 431");
}
