'use strict';
// Signals become promises, which the native half waits for. A promise that nobody can settle any more goes away.

// Does the call with its options, until the signal aborts or `onProgress` throws.
async function stoppable({ signal, onProgress, ...options }, call) {
  signal?.throwIfAborted();
  let stop, why;
  const stopped = new Promise((resolve) => {
    stop = (reason) => {
      why ??= { reason };
      resolve();
    };
  });
  const abort = () => stop(signal.reason);
  signal?.addEventListener('abort', abort);
  if (onProgress) {
    options.onProgress = (progress) => {
      try {
        onProgress(progress);
      } catch (thrown) {
        stop(thrown);
      }
      return why === undefined;
    };
  }
  try {
    return await call({ __proto__: null, ...options, signal: stopped });
  } catch (error) {
    throw why !== undefined && error.message === 'STOPPED' ? why.reason : error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

module.exports = { stoppable };
