import type { StatementId } from '../core/statement.ts'

/** What a notification on the channel of committed rows says. */
export interface Committed {
  readonly network: string
  readonly ids: readonly StatementId[]
  /** Who sent it to find out whether it comes through. */
  readonly probe?: string
}

const ID = /^0x[0-9a-f]{64}$/

/** Reads a payload; undefined when it is none that this version understands. What is no id is left out. */
export function parseCommitted(payload: string): Committed | undefined {
  const value = parseJson(payload)
  if (typeof value !== 'object' || value === null || !('network' in value) || !('ids' in value)) return undefined
  const { network, ids } = value
  if (typeof network !== 'string' || !Array.isArray(ids)) return undefined
  const probe = 'probe' in value && typeof value.probe === 'string' ? { probe: value.probe } : {}
  return { network, ids: ids.filter(isId), ...probe }
}

/** A payload that tells of no row. */
export function renderProbe(network: string, token: string): string {
  return JSON.stringify({ network, ids: [], probe: token } satisfies Record<keyof Committed, unknown>)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isId(value: unknown): value is StatementId {
  return typeof value === 'string' && ID.test(value)
}
