import { counted } from '../core/counted.ts'
import type { CollectedFrom } from '../node/collect-history.ts'
import { ResyncError } from '../node/resync-error.ts'
import type { ResyncReport } from '../node/resync.ts'

/** What is wrong with the result, a sentence each; the history agrees with that of all peers when there is nothing. */
export function troubles({ peers, lies }: ResyncReport): readonly string[] {
  const unfinished = Array.from(peers).filter(([peerId, { outcome }]) => outcome === 'stopped' && !lies.has(peerId))
  const leftOut = Math.max(0, ...Array.from(peers.values(), (peer) => peer.leftOut))
  const refused = sumOf(peers, 'refused')
  return [
    ...Array.from(
      lies,
      ([peerId, code]) => `peer ${peerId} said what is not true (${code}): nothing of that was taken`,
    ),
    ...unfinished.map(
      ([peerId, { reason }]) => `peer ${peerId} could not be asked to the end (${reason}): run it again`,
    ),
    ...(leftOut === 0
      ? []
      : [
          `${counted(leftOut, 'statement')} had no quorum of the signers that this node knows: give GP_SIGNERS those of earlier rounds, as ADDRESS@FROM-TO`,
        ]),
    ...(refused === 0 ? [] : [`${counted(refused, 'row')} could not be written: the database refuses them`]),
  ]
}

/**
 * What was done, in a sentence.
 *
 * @throws {ResyncError} when nobody could be asked
 */
export function summary(report: ResyncReport): string {
  const { peers, history } = report
  const outcomes = Array.from(peers.values(), ({ outcome }) => outcome)
  const agreeing = outcomes.filter((outcome) => outcome === 'same' || outcome === 'complete').length
  if (agreeing === 0) throw nobody(report)
  const rows = rowsOf(report)
  const has = `the history now has ${counted(history.rows, 'row')} in ${counted(history.days, 'day')}`
  if (rows === 0) return `nothing to take over: ${has}, as ${counted(agreeing, 'other node')}`
  const givers = Array.from(peers.values()).filter((peer) => peer.written + peer.disputed > 0).length
  return `took over ${counted(rows, 'row')} from ${counted(givers, 'node')}; ${has}, as ${counted(agreeing, 'other node')}`
}

/** The same for machines. */
export function reportJson(report: ResyncReport): Readonly<Record<string, unknown>> {
  const { peers, lies, history } = report
  return {
    rows: rowsOf(report),
    disputed: sumOf(peers, 'disputed'),
    history,
    peers: Array.from(peers, ([peer, { outcome, reason, written, disputed, leftOut, refused }]) => {
      const lie = lies.get(peer)
      const why = lie ?? reason
      return {
        peer,
        outcome: lie === undefined ? outcome : 'lied',
        ...(why === undefined ? {} : { reason: why }),
        rows: written + disputed,
        leftOut,
        refused,
      }
    }),
    troubles: troubles(report),
  }
}

function nobody({ peers, lies }: ResyncReport): ResyncError {
  const outcomes = new Set(Array.from(peers.values(), ({ outcome }) => outcome))
  if (outcomes.size === 0) {
    return new ResyncError('no-peer', 'no node could be reached: look at GP_BOOTSTRAPADDR, and whether one is running')
  }
  if (lies.size > 0 || outcomes.has('stopped')) {
    return new ResyncError('no-history', 'nobody gave its history to the end')
  }
  return new ResyncError(
    'no-history',
    outcomes.has('shared')
      ? 'all connected nodes that have a history commit to this very database: there is nobody to take it from'
      : 'no connected node has a history to give: look at GP_HISTORY there',
  )
}

function rowsOf({ peers }: ResyncReport): number {
  return sumOf(peers, 'written') + sumOf(peers, 'disputed')
}

function sumOf(peers: ResyncReport['peers'], what: 'written' | 'disputed' | 'refused'): number {
  return Array.from(peers.values()).reduce((sum, peer: CollectedFrom) => sum + peer[what], 0)
}
