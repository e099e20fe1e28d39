import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext, describe, it } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import { askAt } from '../helpers/api-at-work.ts'
import { Contract } from '../helpers/api-contract.ts'
import { askPatiently } from '../helpers/ask-patiently.ts'
import { defer } from '../helpers/defer.ts'
import { ROOT } from '../helpers/documents.ts'
import { openStream } from '../helpers/event-reader.ts'
import { createTestDatabase } from '../helpers/postgres.ts'
import { roundThatLasts } from '../helpers/round-length.ts'
import { runCli } from '../helpers/run-cli.ts'
import { type NodeAtWork, NodeNetwork } from '../helpers/running-node.ts'
import { temporaryDirectory } from '../helpers/temporary-directory.ts'

const ANY_PORT = { GP_HTTPADDR: '127.0.0.1:0' }

interface Shown {
  readonly statements: readonly { readonly id: string; readonly proposer: string; readonly phase: string }[]
  readonly id: string
  readonly prices: readonly { readonly id: string; readonly round: number }[]
  readonly nodes: readonly { readonly signer: string; readonly state: string }[]
  readonly peers: readonly { readonly peerId: string; readonly signer: string | null }[]
  readonly phase: string
  readonly sentences: readonly string[]
  readonly missing: readonly { readonly signer: string; readonly reason: string; readonly sentence: string }[]
}

/** What a node answers, held against what its document promises. */
async function openNode(node: NodeAtWork) {
  const url = node.httpUrl ?? assert.fail(`${node.name} serves no HTTP`)
  const contract = new Contract((await askAt(url, '/openapi.json')).json())
  const get = async (target: string, path = target): Promise<Shown> => {
    const answer = await askPatiently(url, target)
    contract.check(path, answer)
    assert.equal(answer.status, 200, answer.body)
    return answer.json() as Shown
  }
  return { url, contract, get, text: async (target: string) => (await askPatiently(url, target)).body }
}

async function network(t: TestContext): Promise<NodeNetwork> {
  const { url } = await createTestDatabase(t)
  const env = { GP_FETCHPRICEINTERVAL: `${roundThatLasts()}`, GP_QUIETPERIOD: '1' }
  return NodeNetwork.open(t, { databaseUrl: url, signers: 4, env })
}

describe('the HTTP API of a running node', { timeout: 480_000 }, () => {
  it('shows prices, who signed and who did not and why, peers and nodes, and tells of them as they come', async (t) => {
    const nodes = await network(t)
    const elsewhere = await nodes.standIn()
    elsewhere.setPrice('ETH-USD', '3172.52775')
    const bootstrap = await nodes.bootstrap(ANY_PORT)
    const watched = await nodes.node('node1', ANY_PORT)
    const { url, contract, get, text } = await openNode(watched)
    const stream = await openStream(t, { url })
    const [others, lonely] = [
      await nodes.nodes('node2', 'node3'),
      await nodes.node('node4', { GP_PRICEURL: elsewhere.url }),
    ]
    await nodes.committed([watched, ...others], 3)

    const { prices } = await get('/v1/prices')
    assert.equal(prices.length, 3)
    const [{ id: committed } = assert.fail('no price')] = prices
    const done = await get(`/v1/statements/${committed}/why`, '/v1/statements/{id}/why')
    assert.equal(done.phase, 'committed')

    const isHeard = async (): Promise<boolean> => (await get('/v1/network')).nodes.length === 4
    await nodes.until(isHeard, 'all four nodes are shown')
    const known = [nodes.signer('node2'), nodes.signer('node3'), nodes.signer('node4')].toSorted()
    const areConnected = async (): Promise<boolean> => {
      const { peers } = await get('/v1/peers')
      return isDeepStrictEqual(peers.flatMap(({ signer }) => signer ?? []).toSorted(), known)
    }
    await nodes.until(areConnected, 'all others are shown as peers')

    const alone = nodes.signer('node4')
    const isRefused = async (): Promise<Shown | false> => {
      const { statements } = await get('/v1/statements')
      const id = statements.find(({ proposer }) => proposer === alone)?.id
      if (id === undefined) return false
      const story = await get(`/v1/statements/${id}/why`, '/v1/statements/{id}/why')
      return story.missing.filter(({ reason }) => reason === 'deviation').length === 3 && story
    }
    const story = await nodes.until(isRefused, 'three refuse what node4 proposed')
    assert.equal(story.phase, 'collecting')
    assert.match(story.sentences.join('\n'), /1 signer has signed, and a quorum takes 3: 0x/)
    assert.match(story.missing[0]?.sentence ?? '', /^0x\w{40} refused: it saw 3021\.455 \(deviation 5 %\)\.$/)

    const directory = await temporaryDirectory(t)
    const statement = story.id
    const why = await runCli(['why', statement, '--url', url], { directory })
    assert.match(why.stdout, new RegExp(`^${statement}: collecting\n`))
    assert.match(why.stdout, /\n {2}Missing:\n {4}0x\w{40} refused: it saw 3021\.455 \(deviation 5 %\)\.\n/)
    assert.match(
      why.stdout,
      /\n {2}What would make it pass: 2 more signatures, and all 3 signers that are missing have refused/,
    )
    const round = String(prices[0]?.round)
    const ofRound = await runCli(['why', round, '--json', '--url', url], { directory })
    assert.equal(ofRound.stdout.trim().split('\n').length, 4, ofRound.stdout)
    const roundInWords = await runCli(['why', round, '--url', url], { directory })
    assert.match(
      roundInWords.stdout,
      /^Round \d+ lasts from .*\n(?:This node was .*\n)?4 statements of it came here: .*3 committed/,
    )
    assert.match(roundInWords.stdout, /The table has 3 prices of it\.\n\n0x/)
    const later = await runCli(['why', String(Number(round) + 1_000), '--url', url], { directory })
    assert.equal(later.exitCode, 0)
    assert.match(later.stdout, /^Round \d+ has not begun: it begins at .*\nThe table has no price of it\.\n$/)
    const status = await runCli(['status', '--url', url], { directory })
    assert.match(status.stdout, /^test-network, as the signer 0x\w{4}…\w{4} sees it at http:/)
    assert.match(status.stdout, /\n● All is well: 4 of 4 signers are here; the newest price is \d+ s old\.\n/)
    assert.equal(status.stdout.match(/ ● here /g)?.length, 4)
    const machine = await runCli(['status', '--json', '--url', url], { directory })
    const { nodes: shown } = JSON.parse(machine.stdout) as Shown
    assert.deepEqual(shown.map(({ signer }) => signer).toSorted(), [...known, nodes.signer('node1')].toSorted())
    const prefix = await runCli(['why', statement.slice(0, 12), '--json', '--url', url], { directory })
    assert.equal((JSON.parse(prefix.stdout) as Shown).id, statement)

    const kinds = ['price', 'statement', 'signature', 'refusal', 'node', 'peer', 'health']
    await stream.until(() => kinds.every((kind) => stream.events.some(({ event }) => event === kind)))
    for (const { event, data } of stream.events) contract.checkEvent(event, data)

    const samples = [
      /^gp_ready 1$/m,
      /^gp_reachable_signers 4$/m,
      /^gp_minimum_signers 3$/m,
      /^gp_statements\{phase="committed"\} 3$/m,
      /^gp_mesh_peers\{topic="prices"\} 3$/m,
      /^gp_outbox_rows 0$/m,
      /^gp_table_available 1$/m,
      /^gp_commit_conflicts_total\{outcome="slot-taken"\} 0$/m,
      /^gp_last_price_timestamp_seconds\{pair="ETH-USD"\} \d/m,
      new RegExp(`^gp_late_signatures_total\\{signer="${alone}"\\} 0$`, 'm'),
      /^gp_quorum_seconds_count\{pair="ETH-USD"\} 3$/m,
      /^gp_feed_seconds_count\{base="ETH",outcome="answered"\} [1-9]/m,
      new RegExp(`^gp_signatures_total\\{signer="${nodes.signer('node2')}"\\} 3$`, 'm'),
      new RegExp(`^gp_signatures_missing_total\\{signer="${alone}"\\} 3$`, 'm'),
      new RegExp(`^gp_refusals_received_total\\{signer="${nodes.signer('node2')}",reason="deviation"\\} 1$`, 'm'),
      /^gossipsub_topic_peer_count\{topicStr="[^"]+"\} [1-9]/m,
      /^libp2p_data_transfer_bytes_total\{protocol="global sent"\} [1-9]/m,
    ]
    for (const sample of samples) await nodes.until(async () => sample.test(await text('/metrics')), String(sample))

    await lonely.stop()
    await stream.until(() => stream.events.some(({ event, data }) => event === 'peer' && data.includes('"up":false')))
    const seed = await openNode(bootstrap)
    await nodes.until(
      async () => (await seed.get('/v1/peers')).peers.length === 3,
      'the bootstrap node has three peers',
    )
    assert.equal((await seed.get('/v1/network')).nodes.length, 4)
    assert.match(await seed.text('/metrics'), /^gp_peers 3$/m)
  })
})

describe('the HTTP address of a node', { timeout: 300_000 }, () => {
  it('that was asked for and is taken ends the start before anything is opened', async (t) => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    defer(t, () => taken.close())
    const { port } = taken.address() as AddressInfo
    const directory = await temporaryDirectory(t)
    const dataDir = join(directory, 'data')
    for (const bootstrap of ['true', 'false']) {
      const own = { GP_HTTPADDR: `127.0.0.1:${port}`, GP_DATADIR: dataDir, GP_BOOTSTRAP: bootstrap }
      // What npm starts watches npm: not when it has failed.
      const env = { ...own, npm_lifecycle_event: 'start' }
      const { exitCode, stdout, stderr } = await runCli(['node'], { directory, env })
      assert.equal(exitCode, 1, stdout)
      assert.match(
        stderr,
        new RegExp(`^gossip-price: 127\\.0\\.0\\.1:${port} is in use: stop who uses it, or set GP_HTTPADDR`),
      )
      await assert.rejects(readdir(dataDir), { code: 'ENOENT' })
    }
  })

  it('ends a node of a cluster, too, which its cluster is told of', async (t) => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    defer(t, () => taken.close())
    const { port } = taken.address() as AddressInfo
    const directory = await temporaryDirectory(t)
    const child = fork(join(ROOT, 'src/main.ts'), ['node'], {
      cwd: directory,
      env: { PATH: process.env['PATH'], HOME: directory, GP_HTTPADDR: `127.0.0.1:${port}` },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    defer(t, () => child.kill('SIGKILL'))
    const [exitCode] = (await once(child, 'exit')) as [number | null]
    assert.equal(exitCode, 1)
  })
})
