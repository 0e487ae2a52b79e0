'use strict';
// Signals become promises, which the native half waits for. A promise that nobody can settle any more goes away.

// Does the call with its options, until the signal aborts or `onProgress` fails: it throws, or what it promised is rejected.
async function stoppable({ signal, onProgress, ...options }, call) {
  signal?.throwIfAborted();
  let stop, why;
  const stopped = new Promise((resolve) => {
    stop = (reason, failed = false) => {
      why ??= { reason, failed };
      resolve();
    };
  });
  const abort = () => stop(signal.reason);
  signal?.addEventListener('abort', abort);
  if (onProgress) {
    options.onProgress = (progress) => {
      const fail = (thrown) => stop(thrown, true);
      try {
        const promised = onProgress(progress);
        // The work goes on meanwhile: nobody waits for who only looks on.
        if (typeof promised?.then === 'function') Promise.resolve(promised).catch(fail);
      } catch (thrown) {
        fail(thrown);
      }
      return why === undefined;
    };
  }
  let done;
  try {
    done = await call({ __proto__: null, ...options, signal: stopped });
  } catch (error) {
    throw why !== undefined && error.message === 'STOPPED' ? why.reason : error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
  // At the last news there is nothing left to be stopped. Who fails then is heard as well.
  if (why?.failed) throw why.reason;
  return done;
}

module.exports = { stoppable };
