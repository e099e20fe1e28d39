import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Connection, Stream } from '@libp2p/interface'
import { frame } from '../../src/gossip/sync/framing.ts'
import { encodeQuestion } from '../../src/gossip/sync/question-wire.ts'
import { SYNC_PROTOCOL } from '../../src/gossip/sync/sync-fields.ts'
import { type HonestNode, expelled, openStage } from '../helpers/hostile-stage.ts'
import type { RawPeer } from '../helpers/raw-peer.ts'
import { prove } from '../helpers/row-proof.ts'

const INTERVAL_MS = 6_000
const SUMMARY = encodeQuestion({ kind: 'summary', range: undefined, mark: undefined }, { network: 'test-network' })
/** Streams that a connection has under way at a time: as many as it may. */
const AT_ONCE = 8

/** A stream of the protocol; undefined when the node does not want it. */
async function open(connection: Connection): Promise<Stream | undefined> {
  try {
    return await connection.newStream(SYNC_PROTOCOL, { maxOutboundStreams: 1_000 })
  } catch {
    return undefined
  }
}

/** Asks on streams of a connection, again and again, until the node has it closed. */
async function keepAsking(connection: Connection, bytes: Uint8Array): Promise<void> {
  const one = async (): Promise<void> => {
    while (connection.status === 'open') {
      // What fails at once must not keep the nodes, which are in this process, from their turn.
      await nextTurn()
      const stream = await open(connection)
      try {
        stream?.send(bytes)
        await stream?.close()
        for await (const chunk of stream ?? []) if (chunk.byteLength === 0) break
      } catch {
        // A reset is what it has earned.
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, one))
}

/** Asks every node until each has expelled it. A connection that breaks otherwise is made anew. */
async function askUntilExpelled(
  peer: RawPeer,
  { bytes, isExpelled }: { readonly bytes: Uint8Array; readonly isExpelled: () => boolean },
): Promise<void> {
  for (;;) {
    await Promise.all(peer.connections().map((connection) => keepAsking(connection, bytes)))
    if (isExpelled()) return
    await peer.knock()
  }
}

const failed = ({ counters }: HonestNode, code: string): number =>
  counters.value('gp_sync_streams_failed_total', { code })

describe('a peer that abuses the questions of nodes', { timeout: 480_000 }, () => {
  it('is expelled for garbage and for a flood, given up by its silence, and holds nobody up', async (t) => {
    const stage = await openStage(t, { intervalMs: INTERVAL_MS, env: { GP_SYNCINTERVAL: '1' } })
    const { network, nodes } = stage
    const [silent, babbling, flooding] = await Promise.all([
      stage.rawPeer(),
      stage.rawPeer({ unwelcome: true }),
      stage.rawPeer({ unwelcome: true }),
    ])
    const halfOpen = await Promise.all(
      silent.connections().flatMap((connection) => Array.from({ length: 3 * AT_ONCE }, () => open(connection))),
    )
    const areExpelledFor = (reason: string) => (): boolean => nodes.every((node) => expelled(node, reason) === 1)
    const [garbage, summaries] = [frame(Buffer.from('GET / HTTP/1.1')), frame(SUMMARY)]
    const abuse = [
      askUntilExpelled(babbling, { bytes: garbage, isExpelled: areExpelledFor('lies') }),
      askUntilExpelled(flooding, { bytes: summaries, isExpelled: areExpelledFor('flood') }),
    ]

    await network.until(areExpelledFor('lies'), 'who asks garbage is expelled')
    await network.until(areExpelledFor('flood'), 'who floods is expelled')
    await Promise.all(abuse)
    await network.until(
      () => halfOpen.every((stream) => stream === undefined || stream.status !== 'open'),
      'silent streams are closed',
    )
    const rows = await stage.nextRound()
    await Promise.all(rows.map(prove))
    await network.until(() => nodes.every((node) => node.readiness().length === 0), 'every node is ready')
    for (const node of nodes) {
      assert.ok(failed(node, 'timeout') > 0)
      const sessions = ['same', 'taken'].map((outcome) => node.counters.value('gp_sync_sessions_total', { outcome }))
      assert.ok(
        sessions.some((count) => count > 0),
        'honest nodes go on asking each other',
      )
      assert.equal(expelled(node), 2)
    }
  })
})
