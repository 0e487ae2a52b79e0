//! One at a time, by name.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use tokio::sync::OwnedMutexGuard;

type Named = HashMap<String, Weak<tokio::sync::Mutex<()>>>;

/// Waits until nobody else in this process, through whichever handle, works on what `name` names.
pub(super) async fn alone(name: String) -> OwnedMutexGuard<()> {
    static LOCKS: OnceLock<Mutex<Named>> = OnceLock::new();
    let lock = {
        let mut locks = LOCKS.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
        locks.retain(|_, lock| lock.strong_count() > 0);
        let known = locks.get(&name).and_then(Weak::upgrade);
        known.unwrap_or_else(|| {
            let lock = Arc::new(tokio::sync::Mutex::new(()));
            locks.insert(name, Arc::downgrade(&lock));
            lock
        })
    };
    lock.lock_owned().await
}
