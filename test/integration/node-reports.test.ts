import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import type { Day } from '../../src/core/history.ts'
import type { PriceRow } from '../../src/core/price-table.ts'
import { roundAt } from '../../src/core/statement.ts'
import { systemClock } from '../../src/node/system-clock.ts'
import { PostgresPriceHistory } from '../../src/store/postgres-price-history.ts'
import type { SeenNode } from '../../src/web/browser/api-shapes.ts'
import { askAt } from '../helpers/api-at-work.ts'
import { Contract } from '../helpers/api-contract.ts'
import { type TestDatabase, createTestDatabase } from '../helpers/postgres.ts'
import { priceRow } from '../helpers/price-rows.ts'
import { tableOf } from '../helpers/price-tables.ts'
import { RecordingCounters, RecordingLogger } from '../helpers/recorders.ts'
import { type NodeAtWork, NodeNetwork } from '../helpers/running-node.ts'
import { INTERVAL_MS, OBSERVED_AT, alice, bob, carol, price } from '../helpers/statements.ts'

/** So many in a row, of so many rounds. */
const ROOTS = 4
const ROUNDS_PATIENCE_MS = 240_000
/** A node says how it is every 15 s. */
const REPORTS_PATIENCE_MS = 120_000
const NODES = ['node1', 'node2', 'node3'] as const
/** Over nothing. */
const EMPTY_ROOT = '0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

interface Network {
  readonly self: string
  readonly nodes: readonly SeenNode[]
  readonly links: readonly { readonly from: string; readonly to: string }[]
}

function areAlike({ nodes }: Network, what: 'historyRoot' | 'lastCommittedTime'): boolean {
  return new Set(nodes.map((node) => node[what])).size === 1
}

/** Some days of history, a row an hour. */
async function writeHistory(database: TestDatabase, { intervalMs = INTERVAL_MS } = {}): Promise<void> {
  const table = tableOf(database, { intervalMs })
  for (let hour = 0; hour < 60; hour++) await table.write([rowAt(OBSERVED_AT + hour * 3_600_000, intervalMs)])
}

function rowAt(observedAt: number, intervalMs: number): PriceRow {
  return priceRow({ observedAt, round: roundAt(observedAt, intervalMs) })
}

describe('what running nodes report of themselves', { timeout: 900_000 }, () => {
  it('has any of them show who is there, who hears whom, what each received, and that all hold the same', async (t) => {
    const databases = [await createTestDatabase(t), await createTestDatabase(t)] as const
    await Promise.all(databases.map((database) => writeHistory(database)))
    const network = await NodeNetwork.open(t, { databaseUrl: databases[0].url, signers: 3 })
    const known = [alice, bob, carol].map(({ address }) => address)
    const env = {
      GP_SIGNERS: [...network.signers, ...known].join(','),
      GP_SYNCINTERVAL: '1',
      // Of six signers three run: two others are enough to say whether a clock is right.
      GP_MINIMUMSIGNERCOUNT: '2',
    }
    await network.bootstrap()
    const running = await Promise.all([
      network.node('node1', { ...env, GP_HTTPADDR: '127.0.0.1:0' }),
      network.node('node2', { ...env, GP_DATABASEURL: databases[1].url }),
      // A Postgres of its own, into which it takes over what the others hold.
      network.node('node3', { ...env, GP_DATABASEURL: '' }),
    ])
    const [asked] = running
    const url = asked.httpUrl ?? assert.fail('it serves no HTTP')
    const contract = new Contract((await askAt(url, '/openapi.json')).json())
    const ask = async (): Promise<Network | false> => {
      const answer = await askAt(url, '/v1/network')
      // It is asked too often: again later.
      if (answer.status === 429) return false
      contract.check('/v1/network', answer)
      return answer.json() as Network
    }
    await network.committed(running, 3)

    const peerIds = new Map(running.map((node) => [network.signer(node.name), node.peerId]))
    const sayAll = ({ nodes }: Network): boolean =>
      nodes.length === NODES.length &&
      nodes.every(({ signer, received, peers, historyRoot, lastCommittedTime, clockOffsetMs, outbox, state }) => {
        const others = network.signers.filter((other) => other !== signer)
        return (
          outbox === 0 &&
          state === 'here' &&
          isDeepStrictEqual(
            received?.map((each) => each.signer),
            others.toSorted(),
          ) &&
          received?.every(({ statements, signatures }) => statements > 0 && signatures >= statements) &&
          others.every((other) => peers?.includes(peerIds.get(other) ?? '')) &&
          lastCommittedTime !== null &&
          clockOffsetMs !== null &&
          historyRoot !== null &&
          historyRoot !== EMPTY_ROOT
        )
      })
    const shown = await network.until(
      async () => {
        const answer = await ask()
        return (
          answer && sayAll(answer) && areAlike(answer, 'historyRoot') && areAlike(answer, 'lastCommittedTime') && answer
        )
      },
      'every node shows all that it reports, and one root',
      REPORTS_PATIENCE_MS,
    )

    for (const node of shown.nodes) {
      assert.ok(node.uptimeMs !== null && node.uptimeMs > 0 && node.uptimeMs < 480_000)
      // In a round each of the three proposed once, and signed what the others proposed.
      for (const { statements, signatures } of node.received ?? []) assert.ok(signatures <= 3 * statements)
    }
    const [, second, third] = running
    for (const [from, to] of [
      [second, third],
      [third, second],
      [asked, third],
    ] as const) {
      assert.ok(shown.links.some((link) => link.from === from.peerId && link.to === to.peerId))
    }
  })

  it('has one true root on all that share a Postgres, which each of them reads once', async (t) => {
    const database = await createTestDatabase(t)
    const intervalMs = 4_000
    await writeHistory(database, { intervalMs })
    const network = await NodeNetwork.open(t, { databaseUrl: database.url, signers: 3 })
    const env = {
      GP_SIGNERS: [...network.signers, ...[alice, bob, carol].map(({ address }) => address)].join(','),
      GP_FETCHPRICEINTERVAL: '4',
      GP_SYNCINTERVAL: '1',
      GP_HTTPADDR: '127.0.0.1:0',
    }
    await network.bootstrap(env)
    const running = await Promise.all(NODES.map((name) => network.node(name, env)))
    const roots = running.map(() => new Set<string>())
    const before = new Set<string>()
    await network.until(
      async () => {
        for (const [index, node] of running.entries()) {
          const root = await ownRoot(node)
          if (root === undefined) continue
          roots[index]?.add(root)
          before.add(root)
        }
        if (!roots.every(({ size }) => size >= ROOTS)) return false
        // A row that is late on a busy machine makes one root false for a moment: it is not there in the end.
        const atEnds = await rootsAtEndsOfRounds(database, { intervalMs })
        return roots.every((each) => [...each].filter((root) => atEnds.has(root)).length >= ROOTS)
      },
      'the root of each has followed some rounds',
      ROUNDS_PATIENCE_MS,
    )
    for (const { counters } of running) {
      // Of the last year, and of the one that the rows before it are of.
      assert.equal(counters.value('gp_sql_statements_total', { statement: 'root_days' }), 2)
    }

    const old = rowAt(OBSERVED_AT - 3_600_000, intervalMs)
    const { round, observedAt } = old.attestation.statement
    const rival = priceRow({ round, observedAt, price: price('1') })
    for (const [what, row] of Object.entries({ 'a row': old, 'a second statement of its slot': rival })) {
      await tableOf(database, { intervalMs }).write([row])
      await network.until(
        async () => {
          const now = await Promise.all(running.map(ownRoot))
          const whole = await rootsAtEndsOfRounds(database, { intervalMs })
          const isSeen = now.every((root) => root !== undefined && !before.has(root) && whole.has(root))
          if (isSeen) for (const root of whole) before.add(root)
          return isSeen
        },
        `each counts ${what} of which it knew nothing`,
        REPORTS_PATIENCE_MS,
      )
    }
  })
})

/** What a node says of itself, as far as it may be asked now. */
async function ownRoot(node: NodeAtWork): Promise<string | undefined> {
  const answer = await askAt(node.httpUrl ?? assert.fail('it serves no HTTP'), '/v1/network')
  if (answer.status === 429) return undefined
  const { self, nodes } = answer.json() as Network
  return nodes.find(({ signer }) => signer === self)?.historyRoot ?? undefined
}

/** The root over all that is in a table, up to the end of each round that has a row. */
async function rootsAtEndsOfRounds(
  database: TestDatabase,
  { intervalMs }: { readonly intervalMs: number },
): Promise<ReadonlySet<string>> {
  const history = new PostgresPriceHistory(
    { clock: systemClock, counters: new RecordingCounters(), logger: new RecordingLogger() },
    { url: database.url, network: 'test-network', intervalMs, alone: true },
  )
  try {
    const rounds = await database.query<{ round: string }>('SELECT DISTINCT round FROM prices')
    const roots = new Set<string>()
    for (const { round } of rounds) {
      roots.add(await history.root({ fromDay: 0 as Day, untilMs: (Number(round) + 1) * intervalMs }))
    }
    return roots
  } finally {
    await history.close()
  }
}
