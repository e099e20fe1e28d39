import type { Pending } from './api-shapes.ts'
import { counted, duration, shortHex } from './format.ts'
import type { HeldNode } from './page-state.ts'
import type { DotState } from './signer-ring.ts'

/** Who has not signed, with the reasons: what signers said themselves, then what is known of the nodes of the others. */
export function absencesOf(pending: Pending, nodes: readonly HeldNode[]): readonly string[] {
  const refused = new Set(pending.refusals.map(({ signer }) => signer))
  const states = new Map(nodes.map(({ node }) => [node.signer, node.state]))
  const silent = pending.missing.filter((signer) => !refused.has(signer))
  const groups = SILENCES.flatMap(({ state, words }) => {
    const signers = silent.filter((signer) => states.get(signer) === state)
    return signers.length === 0 ? [] : [`${words}: ${named(signers)}.`]
  })
  return [...pending.refusals.map(({ sentence }) => sentence), ...groups]
}

const NAMED = 2

/** As many addresses as there is room for. */
function named(signers: readonly string[]): string {
  if (signers.length <= NAMED) return signers.map(shortHex).join(', ')
  const first = signers.slice(0, NAMED - 1).map(shortHex)
  return `${first.join(', ')} and ${signers.length - first.length} more`
}

const SILENCES = [
  { state: 'gone', words: 'Gone' },
  { state: undefined, words: 'Never heard' },
  { state: 'behind', words: 'Behind' },
  { state: 'here', words: 'Not signed yet' },
] as const

/** One dot for each signer: those that signed, those that refused, those that are awaited, at least a quorum of them. */
export function dotsOf(pending: Pending): readonly DotState[] {
  const refused = new Set(pending.refusals.map(({ signer }) => signer))
  const awaited = pending.missing.filter((signer) => !refused.has(signer)).length
  const known = pending.signers.length + refused.size + awaited
  return [
    ...pending.signers.map((): DotState => 'signed'),
    ...Array.from({ length: awaited + Math.max(0, pending.minimum - known) }, (): DotState => 'missing'),
    ...Array.from(refused, (): DotState => 'refused'),
  ]
}

/** Where a statement stands, in one sentence. @param elapsedMs - since the node told of it */
export function phaseInWords(pending: Pending, elapsedMs: number): string {
  const { phase, signers, minimum, quietEndsInMs } = pending
  const held = counted(signers.length, 'signature')
  switch (phase) {
    case 'committed':
      return `In the table, with ${held}.`
    case 'expired':
      return `Expired: ${held} of the ${minimum} that it took.`
    case 'disputed':
      return 'Disputed: another statement of its slot reached a quorum too.'
    case 'parked':
      return 'Parked: the database has refused this row.'
  }
  if (signers.length < minimum) return `${held}; ${minimum - signers.length} more to a quorum.`
  if (quietEndsInMs === null) return `A quorum: ${held}.`
  const leftMs = quietEndsInMs - elapsedMs
  return leftMs > 0 ? `A quorum: ${held}, a row in ${duration(leftMs + 999)}.` : `A quorum: ${held}, being written.`
}
