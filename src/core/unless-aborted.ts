/**
 * What `task` gives, unless `signal` aborts first: the task is then left to itself.
 *
 * @throws the signal's reason when it aborts first, or has aborted
 */
export async function unlessAborted<T>(task: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => reject(signal.reason)
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([aborted, task])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
