/** Addresses, ids and lengths of time as people read them in a table. */

/** `0x1234…cdef` */
export function shortAddress(address: string): string {
  return `${address.slice(0, 6)}…${address.slice(-4)}`
}

/** The first digits of an id: enough for `gossip-price why`. */
export function shortId(id: string): string {
  return id.slice(0, 10)
}

/** A length of time in its largest unit of which there are two, never below zero. */
export function agoOf(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  if (seconds < 120) return `${seconds} s`
  if (seconds < 120 * 60) return `${Math.floor(seconds / 60)} min`
  if (seconds < 48 * 3_600) return `${Math.floor(seconds / 3_600)} h`
  return `${Math.floor(seconds / 86_400)} d`
}
