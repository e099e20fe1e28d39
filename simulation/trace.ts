import { EPOCH_MS } from './process-clock.ts'

/** Takes lines about one run; the same seed gives the same lines. */
export interface Trace {
  note(who: string, what: string): void
  /** One number for all lines so far. */
  readonly digest: string
}

export interface TraceOptions {
  /** Virtual microseconds. */
  readonly nowUs: () => number
  /** Is given every line, when anybody wants to read them. */
  readonly write?: ((line: string) => void) | undefined
}

/** Two times FNV-1a, 32 bits each. */
export function createTrace({ nowUs, write }: TraceOptions): Trace {
  let [a, b] = [0x811c9dc5, 0x1234567]
  const mix = (text: string): void => {
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at)
      a = Math.imul(a ^ code, 0x01000193)
      b = Math.imul(b ^ code, 0x01000193) + 1
    }
  }
  return {
    note(who, what) {
      const atUs = nowUs()
      mix(`${atUs} ${who} ${what}`)
      write?.(`${formatTime(atUs)} ${who.padEnd(8)} ${what}`)
    },
    get digest() {
      return [a, b].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('')
    },
  }
}

/** As 01:02:03.456 since the beginning, which is 2025-01-01 00:00 UTC. */
function formatTime(atUs: number): string {
  return new Date(EPOCH_MS + atUs / 1_000).toISOString().slice(5, 23).replace('T', ' ')
}
