//! The bytes of one body as they arrive.

use std::io;

use memmap2::MmapMut;

/// From this size on a body has pages of its own, which go back to the system together with it. What
/// one thread takes from the allocator and another gives back stays with the first until that has
/// work again: a pod that was busy and is idle would keep its largest bodies.
const OWN_PAGES: usize = 1_024 * 1_024;

/// A body of which nothing is moved any more once there is room for all of it.
pub(in crate::upstream) enum Body {
    /// From the allocator.
    Small(Vec<u8>),
    /// In pages of its own, of which so many bytes are there.
    Large(MmapMut, usize),
}

impl Body {
    pub(in crate::upstream) const fn new() -> Self {
        Self::Small(Vec::new())
    }

    pub(in crate::upstream) fn len(&self) -> usize {
        self.as_ref().len()
    }

    /// Makes room for so many bytes in all, and no more.
    pub(in crate::upstream) fn make_room(&mut self, size: usize) -> io::Result<()> {
        match self {
            Self::Small(bytes) if size <= OWN_PAGES => {
                bytes.reserve_exact(size.saturating_sub(bytes.len()));
            }
            Self::Large(pages, _) if size <= pages.len() => {}
            Self::Small(_) | Self::Large(..) => {
                let mut moved = Self::Large(MmapMut::map_anon(size)?, 0);
                moved.push(self.as_ref())?;
                *self = moved;
            }
        }
        Ok(())
    }

    /// Adds bytes for which room was made.
    pub(in crate::upstream) fn push(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Small(body) => body.extend_from_slice(bytes),
            Self::Large(pages, length) => {
                let end = length.saturating_add(bytes.len());
                let place = pages.get_mut(*length..end);
                let place = place.ok_or(io::ErrorKind::StorageFull)?;
                place.copy_from_slice(bytes);
                *length = end;
            }
        }
        Ok(())
    }
}

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Small(bytes) => bytes,
            Self::Large(pages, length) => pages.get(..*length).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_what_was_pushed_however_large_it_becomes() {
        let chunk: Vec<u8> = (0..=u8::MAX).cycle().take(100_000).collect();
        let mut body = Body::new();
        let mut expected = Vec::new();
        for size in [1 << 16, 1 << 20, 10 << 20] {
            body.make_room(size).unwrap();
            while expected.len() + chunk.len() <= size {
                body.push(&chunk).unwrap();
                expected.extend_from_slice(&chunk);
            }
            body.make_room(1).unwrap();
            assert_eq!(body.len(), expected.len());
            assert!(body.as_ref() == expected);
        }
        assert!(matches!(body, Body::Large(..)));
        assert!(body.push(&vec![0; 1 << 20]).is_err(), "beyond its room");
    }
}
