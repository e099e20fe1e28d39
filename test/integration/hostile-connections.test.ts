import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type Socket, connect } from 'node:net'
import { type TestContext, describe, it } from 'node:test'
import type { Connection, Stream } from '@libp2p/interface'
import { expelled, openStage } from '../helpers/hostile-stage.ts'
import { defer } from '../helpers/defer.ts'
import { prove } from '../helpers/row-proof.ts'

const INTERVAL_MS = 6_000
const SOCKETS = 40
/** More than a peer may have open. */
const STREAMS = 100
const MANY_TOPICS = Array.from({ length: 1_000 }, (_, index) => `/gossip-price/1/topic-${index}`)

/** A connection that says nothing. */
async function silentSocket(t: TestContext, address: string): Promise<Socket> {
  const [, , host = '', , port = ''] = address.split('/')
  const socket = connect(Number(port), host)
  defer(t, () => socket.destroy())
  socket.on('error', () => undefined)
  socket.resume()
  await once(socket, 'connect')
  return socket
}

/** What a connection has inside and does not show: a stream of it begins without saying what for. */
interface Insides {
  readonly muxer: { createStream(options: object): Promise<Stream> | Stream }
}

/** A stream that never says for which protocol it is. */
async function halfOpenStream(connection: Connection): Promise<Stream> {
  return (connection as unknown as Insides).muxer.createStream({})
}

describe('a peer that begins much and ends nothing', { timeout: 480_000 }, () => {
  it('is given up by its silence, is told nothing of a thousand topics, and holds nobody up', async (t) => {
    const stage = await openStage(t, { intervalMs: INTERVAL_MS })
    const { network, nodes } = stage
    const sockets = await Promise.all(
      nodes.flatMap(({ address }) => Array.from({ length: SOCKETS }, () => silentSocket(t, address))),
    )
    const atOnce = await stage.rawPeer({ moreTopics: MANY_TOPICS, unwelcome: true })
    const oneByOne = await stage.rawPeer()
    for (const topic of MANY_TOPICS) oneByOne.subscribe(topic)
    const streams = await Promise.all(
      oneByOne.connections().flatMap((connection) => Array.from({ length: STREAMS }, () => halfOpenStream(connection))),
    )

    const rows = await stage.nextRound()
    await Promise.all(rows.map(prove))
    await network.until(() => sockets.every(({ destroyed }) => destroyed), 'silent connections are closed')
    await network.until(() => streams.every(({ status }) => status !== 'open'), 'silent streams are closed')
    for (const peer of [atOnce, oneByOne]) {
      for (const topic of MANY_TOPICS) assert.deepEqual(peer.heardOn(topic), [])
    }
    assert.ok(oneByOne.heard.length > 0)
    await network.until(() => nodes.every((node) => node.readiness().length === 0), 'every node is ready')
    for (const node of nodes) assert.equal(expelled(node), 0)
  })
})
