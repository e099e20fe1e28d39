import type { StatementId } from '../core/statement.ts'

/** What a notification on the channel of committed rows says. */
export interface Committed {
  readonly network: string
  readonly ids: readonly StatementId[]
  /** Statements whose slots were taken: these are disputed now. */
  readonly equivocations?: readonly StatementId[]
  /** Who sent it to find out whether it comes through. */
  readonly probe?: string
  /** Who looks into the table now. */
  readonly audit?: AuditNotice
}

export interface AuditNotice {
  /** Names a process. */
  readonly by: string
  /** Its look before this one found something false. */
  readonly alarm: boolean
}

const ID = /^0x[0-9a-f]{64}$/

/** Reads a payload; undefined when it is none that this version understands. What is no id is left out. */
export function parseCommitted(payload: string): Committed | undefined {
  const value = parseJson(payload)
  if (typeof value !== 'object' || value === null || !('network' in value) || !('ids' in value)) return undefined
  const { network, ids } = value
  if (typeof network !== 'string' || !Array.isArray(ids)) return undefined
  const probe = 'probe' in value && typeof value.probe === 'string' ? { probe: value.probe } : {}
  const audit = 'audit' in value && typeof value.audit === 'string' ? { audit: auditOf(value.audit, value) } : {}
  const equivocations =
    'equivocations' in value && Array.isArray(value.equivocations)
      ? { equivocations: value.equivocations.filter(isId) }
      : {}
  return { network, ids: ids.filter(isId), ...equivocations, ...probe, ...audit }
}

function auditOf(by: string, value: object): AuditNotice {
  return { by, alarm: 'alarm' in value && value.alarm === true }
}

/** A payload that tells of no row. */
export function renderProbe(network: string, token: string): string {
  return JSON.stringify({ network, ids: [], probe: token } satisfies Committed)
}

/** A payload that tells of no row, but of a look into all of them. */
export function renderAudit(network: string, { by, alarm }: AuditNotice): string {
  return JSON.stringify({ network, ids: [], audit: by, alarm })
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
