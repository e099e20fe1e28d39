import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import { EXIT } from './exit-code.ts'

/** Ctrl-C reaches a process from the terminal and once more through npm: that is one request, milliseconds. */
const SAME_REQUEST_MS = 500

/** How often a process that npm started looks whether npm is still there, milliseconds. */
const PARENT_LOOK_MS = 1_000

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Why a process is to stop. */
type StopReason = { readonly kind: 'asked' } | { readonly kind: 'fatal'; readonly error: Error }

export interface StopRequest {
  /** Resolves with the first reason to stop: a signal, the end of the process that started this one, or `fail`. */
  readonly reason: Promise<StopReason>
  readonly fail: (error: Error) => void
  /** Watches no more: a process whose start failed must not live on for this alone. */
  readonly end: () => void
}

/**
 * Watches for reasons to stop this process. From the first one on its time is counted: what has not ended after
 * `deadlineMs`, or when a second signal comes, is ended there and then. `stopWithParent`: the end of the process that
 * started this one is a reason, too.
 */
export function watchForStop(
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
  { deadlineMs, stopWithParent = false }: { readonly deadlineMs: number; readonly stopWithParent?: boolean },
): StopRequest {
  const { promise: reason, resolve } = Promise.withResolvers<StopReason>()
  let stoppingSinceMs: number | undefined

  const stop = (why: StopReason): void => {
    stoppingSinceMs = clock.now().monoMs
    clock.after(deadlineMs, () => {
      logger.error('stopping took too long: ending at once; what is on the disk is taken up at the next start')
      process.exit(EXIT.failed)
    })
    resolve(why)
  }
  const ask = (who: string): void => {
    if (stoppingSinceMs === undefined) {
      logger.info(`stopping: ${who}`)
      stop({ kind: 'asked' })
    } else if (clock.now().monoMs - stoppingSinceMs >= SAME_REQUEST_MS) {
      logger.warn('asked to stop a second time: ending at once')
      process.exit(EXIT.failed)
    }
  }
  for (const signal of SIGNALS) process.on(signal, () => ask(signal))
  let cancelLook: (() => void) | undefined
  if (stopWithParent) {
    const parent = process.ppid
    const look = (): void => {
      if (process.ppid === parent) cancelLook = clock.after(PARENT_LOOK_MS, look)
      else ask('the process that started this one is gone')
    }
    look()
  }
  // A node of a cluster whose parent was killed must not live on without it.
  if (process.connected) process.once('disconnect', () => ask('the cluster that started this node is gone'))
  return {
    reason,
    fail: (error) => {
      if (stoppingSinceMs === undefined) stop({ kind: 'fatal', error })
    },
    end() {
      cancelLook?.()
      process.channel?.unref()
    },
  }
}
