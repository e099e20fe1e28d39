import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { Engine } from '../../src/consensus/engine.ts'
import { NoticeSigner } from '../../src/consensus/notice-signer.ts'
import { RowKeeper } from '../../src/consensus/row-keeper.ts'
import { Signer } from '../../src/consensus/signer.ts'
import { lifeRules } from '../../src/consensus/statement-entry.ts'
import type { Outbox } from '../../src/core/outbox.ts'
import type { PriceTable, WriteOutcome } from '../../src/core/price-table.ts'
import { type Attestation, type StatementId, slotOf } from '../../src/core/statement.ts'
import { EngineDriver } from '../../src/node/engine-driver.ts'
import { systemClock } from '../../src/node/system-clock.ts'
import { NodeDisk } from '../../src/store/node-disk.ts'
import { createTableWriter } from '../../src/store/table-writer.ts'
import { createKeyedHashCurve } from './keyed-hash-curve.ts'
import { RecordingCounters, RecordingLogger } from './recorders.ts'
import { alice, attestBy, bob, carol, dave, digest, price, statement } from './statements.ts'
import { networkOf } from './traffic.ts'

// A process of its own for a test that kills it: alice's node between the real disk and a table that is the test. It
// says what is on the disk (`owes` at the start, `kept`, `left`), what it sends (`sent`) and what it writes (`write`); the test answers
// writes by `ID OUTCOME`. In run 0 and later it takes and makes statements until it is killed; in run −1 it writes what
// is left. What others propose in `steadily` is the same in every run, everything else is not.
const PAIRS = 400
const NEW_PAIRS_A_RUN = 12
const OVERLAP = 6

const [, , directory = '', runText = '', startedText = ''] = process.argv
const run = Number(runText)
const startedAtMs = Number(startedText)
/** To ask for `process.stdout` would make the pipe one that may be full. */
const STDOUT = 1
const say = (line: string): void => void writeSync(STDOUT, `${line}\n`)

const curve = createKeyedHashCurve()
const attest = attestBy(curve)
const clock = systemClock
const logger = new RecordingLogger()
const counters = new RecordingCounters()
const pairs = Array.from({ length: PAIRS }, (_, index) => `P${index}-USD`)
const constants = networkOf({ network: 'test-network', signers: 4, pairs, quietPeriodMs: 20, minimumSigners: 3 })

const disk = new NodeDisk({ clock, logger }, { directory })
const memory = disk.signOnceMemory(alice.address, { madeNow: true })
const outbox: Outbox = {
  waiting: () => disk.outbox.waiting(),
  parked: () => disk.outbox.parked(),
  write(changes) {
    disk.outbox.write(changes)
    for (const { attestation } of changes.keep) say(`kept ${attestation.id}`)
    for (const id of changes.release) say(`left ${id}`)
  },
}
const rowKeeper = new RowKeeper({ outbox, clock, counters, logger })

const answers = new Map<StatementId, (outcome: WriteOutcome) => void>()
createInterface({ input: process.stdin }).on('line', (line) => {
  const [id = '', kind = ''] = line.split(' ')
  answers.get(id as StatementId)?.({ kind: kind as 'written' | 'present' })
})
const table: PriceTable = {
  async write(rows) {
    const outcomes = rows.map(({ attestation: { id, signatures } }) => {
      const { promise, resolve } = Promise.withResolvers<WriteOutcome>()
      answers.set(id, resolve)
      say(`write ${id} ${signatures.size}`)
      return promise.then((outcome) => [id, outcome] as const)
    })
    return new Map(await Promise.all(outcomes))
  },
  present: () => Promise.resolve(new Set()),
}
const writer = createTableWriter({
  table,
  clock,
  random: () => 0,
  counters,
  logger,
  onOutcome: (id, outcome) => driver.settle(id, outcome),
  onFatal: (error) => {
    throw error
  },
})

const send = ({ id, statement: sent, signatures }: Attestation): void => {
  const own = signatures.has(alice.address) ? slotOf(sent) : '-'
  say(`sent ${id} ${signatures.size} ${own}`)
}
const driver = new EngineDriver(
  {
    engine: new Engine(lifeRules(constants)),
    signer: new Signer({ curve, memory, clock, logger }, { key: alice, intervalMs: constants.intervalMs }),
    noticeSigner: new NoticeSigner({ curve, key: alice }),
    memory,
    observations: { near: async (pair, { observedAtMs }) => ({ pair, price: price(`${run + 2}`), observedAtMs }) },
    publisher: {
      publish: (id) =>
        void clock.after(0, () => {
          const attestation = driver.attestationToSend(id)
          if (attestation !== undefined) send(attestation)
        }),
    },
    refusals: { publish: () => undefined },
    evidence: { keep: () => undefined },
    outbox,
    rowKeeper,
    writer,
    clockWatch: { fault: () => undefined },
    digest,
    clock,
    counters,
    logger,
  },
  constants,
)

say(
  `owes ${disk.outbox
    .waiting()
    .map(({ attestation }) => attestation.id)
    .join(' ')}`,
)
driver.restore()
writer.start()
driver.start()
say('started')

for (const pair of run < 0 ? [] : pairs.slice(Math.max(0, run * NEW_PAIRS_A_RUN - OVERLAP))) {
  const receive = (attestation: Attestation): void => driver.handle({ kind: 'received', attestation, reemit: false })
  const observedAt = Date.now()
  const now = { pair, observedAt, price: price(`${run + 2}`) }
  const steadily = statement({ pair, observedAt: startedAtMs, proposer: carol.address })
  const own = driver.propose({ pair, price: now.price, observedAtMs: observedAt })
  receive(attest(statement({ ...now, proposer: bob.address }), bob, dave))
  receive(attest(steadily, carol, bob))
  await nextTurn()
  receive(attest(steadily, dave))
  await own
  const made = memory.signedIn(statement({ ...now, proposer: alice.address }))
  const mine = memory.since('test-network', statement(now).round).find(({ id }) => id === made)
  if (mine !== undefined) receive(attest(mine.statement, alice, bob, carol))
  await clock.sleep(1)
}
