import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Hex, fromHex } from '../../src/core/hex.ts'
import type { Day } from '../../src/core/history.ts'
import { createSignerSet } from '../../src/core/signer-set.ts'
import type { Attestation, StatementId } from '../../src/core/statement.ts'
import { type SyncAnswer, encodeAnswer } from '../../src/gossip/sync/answer-wire.ts'
import { type HistorySyncOptions, syncHistory } from '../../src/gossip/sync/history-session.ts'
import { decodeAnswer } from '../../src/gossip/sync/answer-reader.ts'
import { type SyncQuestion, encodeQuestion } from '../../src/gossip/sync/question-wire.ts'
import { statementMessages } from '../../src/gossip/sync/statement-messages.ts'
import { attestCheaply } from '../helpers/engine-at-work.ts'
import { ALLOWED, STRANGER } from '../helpers/inbox-at-work.ts'
import { createKeyedHashCurve } from '../helpers/keyed-hash-curve.ts'
import { INTERVAL_MS, OBSERVED_AT, price, statement } from '../helpers/statements.ts'
import {
  CONSTANTS,
  type SyncAtWork,
  type SyncAtWorkOptions,
  committed,
  createSyncAtWork,
  inTime,
} from '../helpers/sync-at-work.ts'

const ROUNDS_A_DAY = 144
const MARK: Hex = `0x${'ab'.repeat(16)}`

async function write({ table, clock }: SyncAtWork, ...attestations: readonly Attestation[]): Promise<void> {
  await table.write(attestations.map((attestation) => ({ attestation, lastSignedAtMs: clock.now().wallMs })))
}

function twoNodes({
  here: ownOptions,
  there: theirOptions,
}: { readonly here?: SyncAtWorkOptions; readonly there?: SyncAtWorkOptions } = {}) {
  const here = createSyncAtWork(ownOptions)
  const there = createSyncAtWork(theirOptions)
  here.vouched.add('there')
  there.vouched.add('peer')
  here.exchange.connect('there', (question) => there.answer(question))
  return { here, there, sync: (options: Partial<HistorySyncOptions> = {}) => syncWith(here, options) }
}

function syncWith(here: SyncAtWork, options: Partial<HistorySyncOptions> = {}) {
  const all = { peerId: 'there', constants: CONSTANTS, historyMs: Infinity, ...options }
  return inTime(syncHistory(here.history, all), here)
}

const rounds = (count: number, from = 10): Attestation[] =>
  Array.from({ length: count }, (_, index) => committed(from + index))

describe('who asks a peer for its history', () => {
  it('finds out with one question that both hold the same', async () => {
    const { here, there, sync } = twoNodes()
    for (const node of [here, there]) await write(node, ...rounds(300))
    assert.equal((await sync()).outcome, 'same')
    assert.deepEqual(here.exchange.kinds, ['summary'])
  })

  it('takes over the whole of it into an empty table', async () => {
    const { here, there, sync } = twoNodes()
    await write(there, ...rounds(2 * ROUNDS_A_DAY))
    const result = await sync()
    assert.deepEqual(
      { outcome: result.outcome, written: result.written, code: result.reason },
      { outcome: 'complete', written: 2 * ROUNDS_A_DAY, code: undefined },
    )
    assert.deepEqual(here.table.ids, there.table.ids)
    assert.equal((await sync()).outcome, 'same')
  })

  it('asks for the days alone that differ, and for the statements alone that are not here', async () => {
    const { here, there, sync } = twoNodes()
    const all = rounds(10 * ROUNDS_A_DAY)
    await write(there, ...all)
    await write(here, ...all.filter((_, index) => index % 500 !== 0))
    await sync()
    const ids = here.exchange.asked.flatMap(({ question }) => (question.kind === 'attestations' ? question.ids : []))
    assert.deepEqual(
      ids.toSorted(),
      all
        .filter((_, index) => index % 500 === 0)
        .map(({ id }) => id)
        .toSorted(),
    )
    assert.equal(here.exchange.kinds.filter((kind) => kind === 'leaves').length, 3)
    assert.deepEqual(here.table.ids, there.table.ids)
  })

  it('takes nothing over that only differs in signatures: history means ids', async () => {
    const { here, there, sync } = twoNodes()
    await write(here, committed(10, { signers: 3 }))
    await write(there, committed(10, { signers: 5 }))
    assert.equal((await sync()).outcome, 'same')
  })

  it('comes to hold both statements of a disputed slot, whichever of them was first here', async () => {
    const rival = attestCheaply(
      { ...committed(10).statement, price: price('1') },
      ...ALLOWED.slice(0, 1),
      ...ALLOWED.slice(4, 7),
    )
    for (const first of [[committed(10)], [rival], []]) {
      const { here, there, sync } = twoNodes()
      await write(there, committed(10), rival)
      await write(here, ...first)
      const result = await sync()
      assert.equal(result.disputed, 1)
      assert.deepEqual(here.table.ids, there.table.ids)
      assert.equal((await sync()).outcome, 'same')
    }
  })

  it('dates a row by when it came here', async () => {
    const { here, there } = twoNodes()
    await write(there, committed(10))
    const written: number[] = []
    const table = {
      write: (rows: Parameters<SyncAtWork['table']['write']>[0]) => {
        written.push(...rows.map(({ lastSignedAtMs }) => lastSignedAtMs))
        return here.table.write(rows)
      },
    }
    const wallMs = here.clock.now().wallMs
    await inTime(
      syncHistory({ ...here.history, table }, { peerId: 'there', constants: CONSTANTS, historyMs: Infinity }),
      here,
    )
    assert.equal(written.length, 1)
    assert.ok((written[0] ?? 0) >= wallMs)
  })

  it('leaves alone what is still being collected, or may be on its way into the table', async () => {
    const { here, there, sync } = twoNodes()
    await write(there, committed(0), committed(1), committed(2), committed(3))
    await sync()
    assert.deepEqual(here.table.ids, [committed(3).id])
  })

  it('goes no further back than either of the two wants', async () => {
    const day = 86_400_000
    const old = committed(3 * ROUNDS_A_DAY)
    for (const [own, theirs] of [
      [2 * day, Infinity],
      [Infinity, 2 * day],
    ] as const) {
      const { here, there, sync } = twoNodes({ there: { historyMs: theirs } })
      await write(there, committed(10), old)
      await sync({ historyMs: own })
      assert.deepEqual(here.table.ids, [committed(10).id])
    }
  })

  it('takes nothing from a peer without a history', async () => {
    const { here, there, sync } = twoNodes({ there: { historyMs: 0 } })
    await write(there, committed(10))
    assert.equal((await sync()).outcome, 'not-served')
    assert.deepEqual(here.table.ids, [])
  })

  it('takes nothing from a peer that commits to the same database, whichever of the two has noticed', async () => {
    const knows = { own: undefined, hasHeard: (mark: Hex) => mark === MARK }
    const isKnown = { own: MARK, hasHeard: () => false }
    for (const [own, theirs] of [
      [knows, isKnown],
      [isKnown, knows],
    ] as const) {
      const { here, there, sync } = twoNodes({ here: { marks: own }, there: { marks: theirs } })
      await write(there, committed(10))
      assert.equal((await sync()).outcome, 'shared')
      assert.deepEqual(here.exchange.kinds, ['summary'])
    }
  })

  it('goes on where it ended when there was no time for all', async () => {
    const { here, there, sync } = twoNodes()
    await write(there, ...rounds(2 * ROUNDS_A_DAY))
    const first = await sync({ timeLimitMs: 500 })
    assert.deepEqual([first.outcome, first.reason], ['stopped', 'session-time'])
    assert.ok(first.written > 0 && first.written < 2 * ROUNDS_A_DAY, `${first.written} rows`)
    const second = await sync()
    assert.equal(first.written + second.written, 2 * ROUNDS_A_DAY)
    assert.deepEqual(here.table.ids, there.table.ids)
  })

  it('asks no more often than 12.5 times a second', async () => {
    const { here, there, sync } = twoNodes()
    await write(there, ...rounds(4 * ROUNDS_A_DAY))
    const beforeMs = here.clock.now().monoMs
    await sync()
    const seconds = (here.clock.now().monoMs - beforeMs) / 1_000
    assert.ok(here.exchange.asked.length - 2 <= seconds * 12.5 + 1, `${here.exchange.asked.length} in ${seconds} s`)
  })

  it('waits for a peer that has no time, and asks again', async () => {
    const { here, there } = twoNodes()
    await write(there, ...rounds(40))
    let asked = 0
    here.exchange.connect('there', async (question) => {
      asked += 1
      const isBusy = asked > 2 && asked <= 5
      return isBusy ? encodeAnswer({ kind: 'refused', code: 'flood' }, CONSTANTS) : there.answer(question)
    })
    const beforeMs = here.clock.now().monoMs
    assert.equal((await syncWith(here)).outcome, 'complete')
    assert.ok(here.clock.now().monoMs - beforeMs >= 3 * 2_000)
  })

  it('ends when its table is down, and blames nobody', async () => {
    const { here, there, sync } = twoNodes()
    await write(there, committed(10))
    here.table.isDown = true
    assert.deepEqual([(await sync()).reason, here.blamed], ['table', []])
  })

  it('does not go through days again that brought nothing', async () => {
    const { here, there, sync } = twoNodes()
    here.table.refuses.add(committed(10).id)
    await write(there, committed(10))
    await sync()
    const before = here.exchange.asked.length
    assert.equal((await sync()).outcome, 'complete')
    assert.deepEqual(here.exchange.kinds.slice(before), ['summary', 'days'])
  })

  it('tells of its progress', async () => {
    const { here, there, sync } = twoNodes()
    await write(there, ...rounds(40))
    await sync()
    const kinds = here.progress.map(({ kind }) => kind)
    assert.deepEqual([kinds[0], kinds.at(-1)], ['range', 'done'])
    const rows = (kind: 'wanted' | 'taken') =>
      here.progress.reduce((sum, event) => sum + (event.kind === kind ? event.rows : 0), 0)
    assert.deepEqual([rows('wanted'), rows('taken')], [40, 40])
    const days = here.progress.reduce((sum, event) => sum + (event.kind === 'compared' ? event.days : 0), 0)
    assert.deepEqual(here.progress[0]?.kind === 'range' && here.progress[0].days, days)
  })
})

const signed = (...signers: readonly (typeof STRANGER)[]): Attestation =>
  attestCheaply(committed(10).statement, ...signers)

/** What becomes of it here. */
async function offered(attestation: Attestation, options: Partial<HistorySyncOptions> = {}) {
  const here = createSyncAtWork()
  const there = createSyncAtWork()
  await write(there, attestation)
  here.exchange.connect('there', (question) => there.answer(question))
  const result = await syncWith(here, options)
  return { here, result, codes: here.blamed.map(({ code }) => code) }
}

describe('a statement of a peer’s history', () => {
  it('counts by the signers of its round alone', async () => {
    const [one, two, three, four] = ALLOWED.map(({ address }) => address)
    assert.ok(one !== undefined && two !== undefined && three !== undefined && four !== undefined)
    const entries = [one, two].map((address) => ({ address, fromRound: undefined, toRound: undefined }))
    const { round } = committed(10).statement
    const inTimes = (toRound: number) =>
      createSignerSet([...entries, { address: three, fromRound: undefined, toRound: toRound as typeof round }])
    const attestation = signed(...ALLOWED.slice(0, 3))
    const taken = await offered(attestation, { constants: { ...CONSTANTS, signers: inTimes(round) } })
    assert.equal(taken.result.written, 1)
    const left = await offered(attestation, { constants: { ...CONSTANTS, signers: inTimes(round - 1) } })
    assert.deepEqual([left.result.written, left.result.leftOut, left.codes], [0, 1, []])
  })

  it('is taken without the signatures that do not count', async () => {
    const { here } = await offered(signed(...ALLOWED.slice(0, 3), STRANGER))
    const [row] = await here.table.attestations([committed(10).id])
    assert.deepEqual(
      row && [...row.signatures.keys()],
      ALLOWED.slice(0, 3).map(({ address }) => address),
    )
  })

  it('is left out when it has no quorum here, and nobody is to blame', async () => {
    for (const attestation of [signed(...ALLOWED.slice(0, 2)), signed(...ALLOWED.slice(0, 2), STRANGER)]) {
      const { here, result, codes } = await offered(attestation)
      assert.deepEqual([result.written, result.leftOut, codes], [0, 1, []])
      assert.deepEqual(here.table.ids, [])
    }
  })

  it('may be of a pair and a source that are no longer those of the network, and of more signers', async () => {
    const old = attestCheaply(
      statement({ ...committed(10).statement, pair: 'OLD-USD', source: 'elsewhere' }),
      ...ALLOWED.slice(0, 5),
    )
    const { result } = await offered(old, { constants: { ...CONSTANTS, maximumSigners: 3 } })
    assert.equal(result.written, 1)
  })
})

const hash = (byte: string): Hex => `0x${byte.repeat(32)}`

const messages = (...attestations: readonly Attestation[]): SyncAnswer => ({
  kind: 'statements',
  messages: statementMessages(attestations, CONSTANTS),
})

const leaf = (id: StatementId) => ({ id, disputed: false })

describe('a peer that lies about its history', () => {
  const row = committed(10)
  const day = Math.floor(row.statement.observedAt / 86_400_000) as Day
  const summary = (overrides: Partial<Extract<SyncAnswer, { kind: 'summary' }>> = {}): SyncAnswer => ({
    kind: 'summary',
    pending: hash('00'),
    shared: false,
    mark: undefined,
    history: { range: { fromDay: day, untilMs: OBSERVED_AT - 3 * INTERVAL_MS }, root: hash('11') },
    ...overrides,
  })
  const honest: { readonly [Kind in SyncQuestion['kind']]: SyncAnswer } = {
    summary: summary(),
    pending: { kind: 'pending', entries: [], more: false },
    content: { kind: 'statements', messages: [] },
    days: { kind: 'days', days: [{ day, hash: hash('22'), leaves: 1 }], more: false },
    leaves: { kind: 'leaves', leaves: [{ id: row.id, disputed: false }], more: false },
    attestations: { kind: 'statements', messages: statementMessages([row], CONSTANTS) },
  }

  /** What becomes of a session with a peer that lies in some of its answers. */
  async function withLiar(
    lies: Partial<{ readonly [Kind in SyncQuestion['kind']]: SyncAnswer | (() => SyncAnswer) }>,
    prepare: (here: SyncAtWork) => Promise<void> = async () => undefined,
  ) {
    const here = createSyncAtWork()
    await prepare(here)
    here.exchange.connectLiar('there', ({ kind }) => {
      const lie = lies[kind] ?? honest[kind]
      return typeof lie === 'function' ? lie() : lie
    })
    const result = await syncWith(here)
    return { here, result, codes: here.blamed.map(({ code }) => code) }
  }

  it('gains nothing by wrong digests: what it then has to offer is judged by itself', async () => {
    const { here, result, codes } = await withLiar({}, (node) => write(node, row))
    assert.deepEqual([result.outcome, codes, here.table.ids.length], ['complete', [], 1])
    assert.deepEqual(here.exchange.kinds, ['summary', 'days', 'leaves'])
    const truthful = await withLiar({})
    assert.equal(truthful.result.written, 1)
  })

  it('is blamed for statements with another id, or that nobody asked for, and none is written', async () => {
    for (const other of [
      committed(11),
      attestCheaply({ ...row.statement, price: price('1') }, ...ALLOWED.slice(0, 3)),
    ]) {
      const { here, codes } = await withLiar({ attestations: messages(other) })
      assert.deepEqual([codes, here.table.ids], [['not-asked'], []])
    }
    const twice = await withLiar({ attestations: messages(row, row) })
    assert.deepEqual(twice.codes, ['not-asked'])
  })

  it('is blamed for forged signatures, and the statement is not written', async () => {
    const forged = (change: (signatures: Map<string, Uint8Array>) => void): Attestation => {
      const signatures = new Map(row.signatures)
      change(signatures)
      return { ...row, signatures }
    }
    const [one, two] = [...row.signatures]
    assert.ok(one !== undefined && two !== undefined)
    const highS = Uint8Array.from(two[1], (byte, place) => (place === 32 ? 0x80 : byte))
    const again = createKeyedHashCurve().signAgain(fromHex(row.id), (ALLOWED[0] ?? STRANGER).privateKey.reveal())
    for (const [attestation, code] of [
      [
        forged((signatures) =>
          signatures.set(one[0], attestCheaply(row.statement, STRANGER).signatures.get(STRANGER.address) ?? highS),
        ),
        'proposer-signature',
      ],
      [forged((signatures) => signatures.set(two[0], highS)), 'high-s'],
      [forged((signatures) => signatures.set(two[0], one[1])), 'duplicate-signer'],
      [forged((signatures) => signatures.set(two[0], again)), 'duplicate-signer'],
    ] as const) {
      const { here, codes } = await withLiar({ attestations: messages(attestation) })
      assert.deepEqual([codes, here.table.ids], [[code], []])
    }
  })

  it('does not make a statement of anybody count by signatures over another one', async () => {
    const other = attestCheaply({ ...row.statement, price: price('1') }, ...ALLOWED.slice(0, 3))
    const borrowed = { ...row, signatures: other.signatures }
    const { here, codes } = await withLiar({ attestations: messages(borrowed) })
    assert.deepEqual([codes, here.table.ids], [['proposer-signature'], []])
  })

  it('is blamed for a range that was not asked for', async () => {
    const untilMs = OBSERVED_AT
    for (const history of [{ range: { fromDay: day, untilMs }, root: hash('11') }]) {
      assert.deepEqual((await withLiar({ summary: summary({ history }) })).codes, ['bad-range'])
    }
    const outside: SyncAnswer = {
      kind: 'days',
      days: [{ day: (day + 3) as Day, hash: hash('22'), leaves: 1 }],
      more: false,
    }
    assert.deepEqual((await withLiar({ days: outside })).codes, ['bad-range'])
  })

  it('is blamed for pages out of order, that repeat themselves, or that are empty and not the last', async () => {
    const days = [
      { day, hash: hash('22'), leaves: 1 },
      { day, hash: hash('22'), leaves: 1 },
    ]
    for (const lies of [
      { days: { kind: 'days', days, more: false } },
      { days: { kind: 'days', days: [], more: true } },
      { leaves: { kind: 'leaves', leaves: [leaf(row.id), leaf(row.id)], more: false } },
      { leaves: { kind: 'leaves', leaves: [leaf(row.id)], more: true } },
      { leaves: { kind: 'leaves', leaves: [], more: true } },
    ] as const) {
      assert.deepEqual((await withLiar(lies)).codes, ['bad-order'])
    }
  })

  it('is found out at the first page of statements that it does not have', async () => {
    let next = 0
    const leaves = (): SyncAnswer => ({
      kind: 'leaves',
      leaves: Array.from({ length: 2_048 }, () => {
        return { id: `0x${String(next++).padStart(64, '0')}` as StatementId, disputed: false }
      }),
      more: true,
    })
    const { here, codes } = await withLiar({ leaves, attestations: { kind: 'statements', messages: [] } })
    assert.deepEqual(codes, ['withheld'])
    assert.deepEqual(here.exchange.kinds, ['summary', 'days', 'leaves', 'attestations'])
  })

  it('is blamed for the answer to another question', async () => {
    for (const kind of ['summary', 'days', 'leaves', 'attestations'] as const) {
      const other = kind === 'days' ? honest.leaves : honest.days
      assert.deepEqual((await withLiar({ [kind]: other })).codes, ['wrong-answer'])
    }
  })

  it('keeps what was sound before it lied', async () => {
    const rows = rounds(40, 3).filter(({ statement: { observedAt } }) => Math.floor(observedAt / 86_400_000) === day)
    const sorted = rows.toSorted((a, b) => (a.id < b.id ? -1 : 1))
    let asked = 0
    const { here, result } = await withLiar({
      leaves: { kind: 'leaves', leaves: sorted.map(({ id }) => ({ id, disputed: false })), more: false },
      attestations: () => (asked++ === 0 ? messages(...sorted.slice(0, 32)) : messages(committed(500))),
    })
    assert.deepEqual([result.outcome, result.written, here.table.ids.length], ['stopped', 32, 32])
  })

  it('costs no more time for verifying than history has', async () => {
    const here = createSyncAtWork()
    here.exchange.connectLiar('there', ({ kind }) => honest[kind])
    let tries = 0
    const budget = { hasTime: () => ++tries > 5, spend: <T>(task: () => T): T => task() }
    const beforeMs = here.clock.now().monoMs
    const result = await inTime(
      syncHistory({ ...here.history, budget }, { peerId: 'there', constants: CONSTANTS, historyMs: Infinity }),
      here,
    )
    assert.equal(result.written, 1)
    assert.ok(here.clock.now().monoMs - beforeMs >= 500)
  })
})

describe('who is asked about its history', () => {
  it('tells of no day outside the range that it has in common with the question', async () => {
    const there = createSyncAtWork({ historyMs: 86_400_000 })
    await write(there, committed(0), committed(10), committed(5 * ROUNDS_A_DAY))
    const range = { fromDay: 0 as Day, untilMs: Number.MAX_SAFE_INTEGER }
    const answer = async (question: SyncQuestion): Promise<SyncAnswer | undefined> => {
      const bytes = await there.answer(encodeQuestion(question, CONSTANTS))
      return bytes && decodeAnswer(bytes).answer
    }
    const days = await answer({ kind: 'days', range })
    assert.ok(days?.kind === 'days')
    assert.deepEqual(
      days.days.map(({ leaves }) => leaves),
      [1],
    )
    const far = 4_294_967_295 as Day
    // A database need not know what to do with such a day.
    Object.assign(there.table, { leaves: () => assert.fail('it is asked') })
    assert.deepEqual(await answer({ kind: 'leaves', range, day: far, after: undefined }), {
      kind: 'leaves',
      leaves: [],
      more: false,
    })
    assert.deepEqual(await answer({ kind: 'days', range: { fromDay: far, untilMs: 0 } }), {
      kind: 'days',
      days: [],
      more: false,
    })
  })

  it('says so when its table is down, and tells of what is pending all the same', async () => {
    const { here, there, sync } = twoNodes()
    there.table.isDown = true
    assert.equal((await sync()).outcome, 'not-served')
    assert.deepEqual(here.blamed, [])
    const range = { fromDay: 0 as Day, untilMs: OBSERVED_AT }
    const bytes = await there.answer(encodeQuestion({ kind: 'days', range }, CONSTANTS))
    assert.deepEqual(bytes && decodeAnswer(bytes).answer, { kind: 'refused', code: 'unavailable' })
  })
})
