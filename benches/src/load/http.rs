//! A client that costs little: HTTP/1.1 on one kept connection, answers of a
//! known length only (RFC 9112, 6.2).

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The longest that one exchange may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// The largest answer that is read, head included.
const MAX_ANSWER: usize = 16 * 1024 * 1024;
const FIRST_BUFFER: usize = 128 * 1024;

/// A connection and the last answer that came over it.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer; its body lives until the next exchange.
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) body: &'a [u8],
}

/// Status, and where the body starts and how long it is.
struct Head {
    status: u16,
    start: usize,
    length: usize,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let buffer = vec![0; FIRST_BUFFER];
        Ok(Self { stream, buffer })
    }

    /// Sends a whole request and reads its whole answer.
    ///
    /// # Errors
    ///
    /// The connection ended, the answer is not of a known length, or it took
    /// more than 10 s. The connection is of no more use then.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> io::Result<Answer<'_>> {
        let head = timeout(PATIENCE, self.round_trip(request)).await??;
        let body = self.buffer.get(head.start..head.start + head.length);
        Ok(Answer {
            status: head.status,
            body: body.unwrap_or_default(),
        })
    }

    async fn round_trip(&mut self, request: &[u8]) -> io::Result<Head> {
        self.stream.write_all(request).await?;
        let mut filled = 0;
        loop {
            filled += self.read_at(filled).await?;
            let Some(head) = read_head(self.buffer.get(..filled).unwrap_or_default())? else {
                continue;
            };
            let total = head.start.saturating_add(head.length);
            if total > self.buffer.len() {
                self.grow(total)?;
            }
            while filled < total {
                filled += self.read_at(filled).await?;
            }
            return Ok(head);
        }
    }

    async fn read_at(&mut self, filled: usize) -> io::Result<usize> {
        if filled == self.buffer.len() {
            self.grow(filled * 2)?;
        }
        let free = self.buffer.get_mut(filled..).unwrap_or_default();
        match self.stream.read(free).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            read => Ok(read),
        }
    }

    fn grow(&mut self, size: usize) -> io::Result<()> {
        if size > MAX_ANSWER {
            return Err(invalid("the answer is too large"));
        }
        self.buffer.resize(size, 0);
        Ok(())
    }
}

/// The head, once all of it is there.
fn read_head(bytes: &[u8]) -> io::Result<Option<Head>> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
        return Ok(None);
    };
    let text = std::str::from_utf8(bytes.get(..end).unwrap_or_default())
        .map_err(|_| invalid("the head is not text"))?;
    let mut lines = text.split("\r\n");
    let status = lines
        .next()
        .and_then(|line| line.split(' ').nth(1)?.parse().ok())
        .ok_or_else(|| invalid("no status"))?;
    let length = lines
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map(|(_, value)| value.trim().parse());
    let length = match length {
        Some(length) => length.map_err(|_| invalid("a length that is no number"))?,
        None if status == 204 || status == 304 => 0,
        None => return Err(invalid("an answer without a length")),
    };
    Ok(Some(Head {
        status,
        start: end + 4,
        length,
    }))
}

fn invalid(text: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, text)
}

/// Sends a whole request of HTTP/1.0 and gives everything that comes until the connection ends, in
/// which the answer's length need not be known (RFC 9112, 6.3).
///
/// # Errors
///
/// The connection broke, or what came is not text.
pub(crate) async fn to_the_end(address: SocketAddr, request: &[u8]) -> io::Result<String> {
    let (mut from, mut to) = TcpStream::connect(address).await?.into_split();
    let mut answer = String::new();
    // Beside each other: an answer may begin before the request has ended.
    let (sent, read) = tokio::join!(to.write_all(request), from.read_to_string(&mut answer));
    sent?;
    read?;
    Ok(answer)
}

/// A GET as text; `headers` are whole lines, each with its line end.
pub(crate) fn get(host: SocketAddr, path: &str, headers: &str) -> Vec<u8> {
    format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: identity\r\nUser-Agent: portal-load\r\n{headers}\r\n"
    )
    .into_bytes()
}

/// A POST of JSON.
pub(crate) fn post(host: SocketAddr, path: &str, body: &[u8]) -> Vec<u8> {
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(body);
    request
}

/// The header line of a bearer token.
pub(crate) fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}\r\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_once_it_is_complete() {
        let text = b"HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\nbody";
        for end in 0..39 {
            assert!(read_head(&text[..end]).unwrap().is_none(), "{end}");
        }
        let head = read_head(text).unwrap().unwrap();
        assert_eq!((head.status, head.start, head.length), (200, 39, 12));
    }

    #[test]
    fn an_answer_without_a_usable_length_is_an_error() {
        for text in [
            &b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"[..],
            b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
            b"HTTP/1.1\r\n\r\n",
        ] {
            assert!(read_head(text).is_err());
        }
        let empty = read_head(b"HTTP/1.1 204 No Content\r\n\r\n");
        assert_eq!(empty.unwrap().unwrap().length, 0);
    }
}
