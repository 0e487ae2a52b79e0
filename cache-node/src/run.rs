//! Work that JavaScript watches and may stop. `stop.cjs` makes promises of signals, which the bridge of napi does not know.

use std::future::Future;
use std::pin::pin;

use cache_core::Watch;
use napi::Status;
use napi::bindgen_prelude::Promise;
use napi::threadsafe_function::ThreadsafeFunction;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::mpsc::unbounded_channel;

/// A function that is told how far work is, and says whether it shall go on.
pub(crate) type OnProgress = ThreadsafeFunction<Value, bool, Value, Status, false, true>;

/// The text of the error by which `stop.cjs` knows that the work was stopped.
const STOPPED: &str = "STOPPED";

/// Does the work, unless it is stopped before it is done. Then it is dropped before the error is given.
pub(crate) async fn unless_stopped<T>(
    stopped: Option<Promise<()>>,
    work: impl Future<Output = napi::Result<T>>,
) -> napi::Result<T> {
    let Some(stopped) = stopped else { return work.await };
    tokio::select! {
        biased;
        done = work => done,
        _ = stopped => Err(stop()),
    }
}

fn stop() -> napi::Error {
    napi::Error::from_reason(STOPPED)
}

async fn tell(on_progress: &OnProgress, news: Value) -> napi::Result<()> {
    if on_progress.call_async(news).await? { Ok(()) } else { Err(stop()) }
}

/// Does the work and passes on what it tells: in its order, and all of it before the end.
pub(crate) async fn watched<P: Serialize, T, F: Future<Output = napi::Result<T>>>(
    on_progress: Option<OnProgress>,
    work: impl FnOnce(Option<Watch<P>>) -> F,
) -> napi::Result<T> {
    let Some(on_progress) = on_progress else { return work(None).await };
    let (send, mut seen) = unbounded_channel::<Value>();
    let watch = Watch::new(move |progress| {
        // Nobody listens any more where the work was stopped.
        drop(serde_json::to_value(progress).map(|news| send.send(news)));
    });
    let mut work = pin!(work(Some(watch)));
    let done = loop {
        tokio::select! {
            biased;
            Some(news) = seen.recv() => tell(&on_progress, news).await?,
            done = &mut work => break done,
        }
    };
    while let Ok(news) = seen.try_recv() {
        tell(&on_progress, news).await?;
    }
    done
}
