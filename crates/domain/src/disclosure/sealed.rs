//! What is not held in memory and still is not shown before its access event is durable.

use crate::audit::Receipt;

/// Something that opens by the proof that the look at it is recorded. Does not print.
pub struct Sealed<T>(T);

impl<T> Sealed<T> {
    /// Closes it.
    pub const fn new(held: T) -> Self {
        Self(held)
    }

    /// Opens it.
    pub fn open(self, _receipt: &Receipt) -> T {
        self.0
    }
}

impl<T> std::fmt::Debug for Sealed<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealed(****)")
    }
}
