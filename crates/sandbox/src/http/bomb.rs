//! A small gzip body that grows to more than 1 GiB of valid JSON.

use std::iter::{once, repeat_n};

use axum::body::Body;
use bytes::Bytes;
use flate2::{Compress, Compression, Crc, FlushCompress};
use futures::stream;

const HEAD: &[u8] = br#"{"resourceType":"Bundle","type":"searchset","entry":["#;
const TAIL: &[u8] = b"]}";
const BLOCK: usize = 16 * 1024 * 1024;
const BLOCKS: usize = 66;
/// The fixed header of a gzip member without name or time (RFC 1952, 2.3).
const GZIP_HEADER: &[u8] = &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

/// The body: one gzip member, whose blocks are compressed once and repeated.
pub(super) fn body() -> Body {
    let spaces = vec![b' '; BLOCK];
    let block = Bytes::from(deflated(&spaces, FlushCompress::Sync));
    let mut block_sum = Crc::new();
    block_sum.update(&spaces);
    let chunks = once(Bytes::from_static(GZIP_HEADER))
        .chain(once(Bytes::from(deflated(HEAD, FlushCompress::Sync))))
        .chain(repeat_n(block, BLOCKS))
        .chain(once(Bytes::from(deflated(TAIL, FlushCompress::Finish))))
        .chain(once(trailer(&block_sum)));
    Body::from_stream(stream::iter(chunks.map(Ok::<_, std::convert::Infallible>)))
}

/// Raw DEFLATE data that refers to nothing before it, so that pieces can be
/// put behind each other.
fn deflated(data: &[u8], flush: FlushCompress) -> Vec<u8> {
    let mut output = Vec::with_capacity(data.len() / 500 + 1024);
    let mut compress = Compress::new(Compression::best(), false);
    compress
        .compress_vec(data, &mut output, flush)
        .expect("compression of bytes in memory has no way to fail");
    output
}

/// Checksum and size of what comes out (RFC 1952, 2.3.1).
fn trailer(block_sum: &Crc) -> Bytes {
    let mut sum = Crc::new();
    sum.update(HEAD);
    for _ in 0..BLOCKS {
        sum.combine(block_sum);
    }
    let mut tail = Crc::new();
    tail.update(TAIL);
    sum.combine(&tail);
    Bytes::from([sum.sum().to_le_bytes(), sum.amount().to_le_bytes()].concat())
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[tokio::test]
    async fn a_small_body_grows_to_more_than_a_gibibyte() {
        let bytes = axum::body::to_bytes(body(), usize::MAX).await.unwrap();
        assert!(bytes.len() < 1_300_000, "{} bytes", bytes.len());
        let mut decoder = flate2::read::GzDecoder::new(&bytes[..]);
        let mut buffer = vec![0; 1 << 20];
        let mut grown = 0_u64;
        loop {
            match decoder.read(&mut buffer).unwrap() {
                0 => break,
                read => grown += read as u64,
            }
        }
        assert!(grown > 1 << 30, "{grown} bytes");
    }
}
