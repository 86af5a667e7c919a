//! Work on large bodies: away from the threads that serve requests, and as much of it at a time as
//! there are cores. More at a time would end no sooner, and hold more memory meanwhile.

use std::sync::{Arc, LazyLock};
use std::thread::available_parallelism;

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

/// Bytes from which on a body is large.
const LARGE: usize = 256 * 1_024;

static TURNS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| {
    let cores = available_parallelism().map_or(1, usize::from);
    Arc::new(Semaphore::new(cores))
});

/// Does work on a body of so many bytes. `None` when it did not come to its end.
pub async fn work_on<T: Send + 'static>(
    bytes: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    if bytes < LARGE {
        return Some(work());
    }
    let turn = Arc::clone(&TURNS).acquire_owned().await.ok()?;
    let work = move || {
        // It goes on when nobody waits for it any longer, and is over only then.
        let _turn = turn;
        work()
    };
    spawn_blocking(work).await.ok()
}
