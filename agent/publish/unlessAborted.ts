/**
 * What a promise resolves to, or undefined when the signal is aborted first. Unlike Promise.race with one promise that
 * lives for long, nothing of it is left behind.
 */
export async function unlessAborted<T>(signal: AbortSignal, promise: Promise<T>): Promise<T | undefined> {
  if (signal.aborted) {
    promise.catch(() => undefined)
    return undefined
  }
  let onAbort: () => void = () => undefined
  const aborted = new Promise<undefined>((resolve) => (onAbort = () => resolve(undefined)))
  signal.addEventListener('abort', onAbort)
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
