import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import type { Price } from '../../src/core/price.ts'
import type { NodeDiskErrorCode } from '../../src/store/node-disk-error.ts'
import { NodeDisk } from '../../src/store/node-disk.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { RecordingLogger } from '../helpers/recorders.ts'
import { INTERVAL_MS, OBSERVED_AT, alice, attest, bob, carol, price, round, statement } from '../helpers/statements.ts'

const proposed = statement()
const attested = attest(proposed, alice, bob)
const rival = attest(statement({ price: price('3021.46') }), alice, bob)

let parent: string
let directory: string
let open: NodeDisk[]
let logger: RecordingLogger

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'node-disk-'))
  directory = join(parent, 'data')
  open = []
  logger = new RecordingLogger()
})

afterEach(() => {
  for (const disk of open) disk.close()
  rmSync(parent, { recursive: true })
})

function openDisk(clock = new ManualClock()): NodeDisk {
  const disk = new NodeDisk({ clock, logger }, { directory })
  open.push(disk)
  return disk
}

/** The memory of bob, whose key is as old as its disk. */
function openMemory() {
  const disk = openDisk()
  return { disk, memory: disk.signOnceMemory(bob.address, { madeNow: true }) }
}

const file = (): string => join(directory, 'node.sqlite')

/** Changes the file behind the back of the node, which must have closed it. */
function meddle(sql: string): void {
  const database = new DatabaseSync(file())
  database.exec(sql)
  database.close()
}

function refusesToOpen(code: NodeDiskErrorCode, message: RegExp): void {
  assert.throws(
    () => openDisk(),
    (error: Error & { code?: string }) => {
      assert.equal(error.name, 'NodeDiskError')
      assert.equal(error.code, code)
      assert.match(error.message, message)
      return true
    },
  )
}

describe('what was signed', () => {
  it('is remembered whole: statement, every signature, the slot', () => {
    const { memory } = openMemory()
    memory.remember([attested])
    assert.equal(memory.signedIn(proposed), attested.id)
    assert.deepEqual(memory.since(proposed.network, proposed.round), [attested])
  })

  it('outlives the process that closed it', () => {
    const { disk, memory } = openMemory()
    memory.remember([attested])
    disk.close()
    assert.deepEqual(openMemory().memory.since(proposed.network, proposed.round), [attested])
  })

  it('keeps the largest price and the latest time exact', () => {
    const { memory } = openMemory()
    const observedAt = Number.MAX_SAFE_INTEGER
    const extreme = attest(statement({ observedAt, price: (10n ** 36n - 1n) as Price }), alice, bob)
    memory.remember([extreme])
    assert.deepEqual(memory.since(proposed.network, round(0)), [extreme])
  })

  it('is told apart by network, pair, proposer, round and signer', () => {
    const { disk, memory } = openMemory()
    memory.remember([attested])
    for (const other of [
      statement({ network: 'another' }),
      statement({ pair: 'BTC-USD' }),
      statement({ proposer: bob.address }),
      statement({ observedAt: OBSERVED_AT + INTERVAL_MS }),
    ]) {
      assert.equal(memory.signedIn(other), undefined)
    }
    const others = disk.signOnceMemory(carol.address, { madeNow: true })
    assert.equal(others.signedIn(proposed), undefined)
    assert.deepEqual(others.since(proposed.network, round(0)), [])
    assert.deepEqual(memory.since('another', round(0)), [])
  })

  it('comes back from the round that is asked for on', () => {
    const { memory } = openMemory()
    const next = attest(statement({ observedAt: OBSERVED_AT + INTERVAL_MS }), alice, bob)
    memory.remember([attested, next])
    assert.deepEqual(memory.since(proposed.network, next.statement.round), [next])
  })

  it('may be remembered again with more signatures', () => {
    const { memory } = openMemory()
    memory.remember([attested])
    const grown = attest(proposed, alice, bob, carol)
    memory.remember([grown])
    assert.deepEqual(memory.since(proposed.network, proposed.round), [grown])
  })

  it('cannot be replaced by another statement of its slot, even after a restart', () => {
    const { disk, memory } = openMemory()
    memory.remember([attested])
    assert.throws(() => memory.remember([rival]), /signed already/)
    disk.close()
    const again = openMemory().memory
    assert.throws(() => again.remember([rival]), /signed already/)
    assert.equal(again.signedIn(proposed), attested.id)
  })
})

describe('a write that fails', () => {
  const others = attest(statement({ pair: 'BTC-USD' }), alice, bob)

  it('because one of its statements is a rival of what was signed, leaves none of the others', () => {
    const { memory } = openMemory()
    memory.remember([attested])
    assert.throws(() => memory.remember([others, rival]))
    assert.deepEqual(memory.since(proposed.network, round(0)), [attested])
    memory.remember([others])
    assert.equal(memory.signedIn(others.statement), others.id)
  })

  for (const how of ['FAIL', 'ROLLBACK']) {
    it(`on the disk (${how}) leaves nothing, and the memory works on`, () => {
      openMemory().disk.close()
      meddle(`CREATE TRIGGER full BEFORE INSERT ON signed WHEN NEW.pair = 'BAD-USD'
        BEGIN SELECT RAISE(${how}, 'disk full'); END`)
      const { memory } = openMemory()
      const bad = attest(statement({ pair: 'BAD-USD' }), alice, bob)
      assert.throws(() => memory.remember([attested, bad]), /disk full/)
      assert.equal(memory.signedIn(proposed), undefined)
      memory.remember([others])
      assert.deepEqual(memory.since(proposed.network, round(0)), [others])
    })
  }
})

/** An attestation so many rounds later. */
function at(rounds: number, pair = 'ETH-USD') {
  return attest(statement({ observedAt: OBSERVED_AT + rounds * INTERVAL_MS, pair }), alice, bob)
}

describe('forgetting old rounds', () => {
  it('leaves a low-water mark: nothing up to the last round signed is signed any more', () => {
    const { memory } = openMemory()
    memory.remember([at(0), at(1), at(2)])
    memory.forgetBefore(proposed.network, at(2).statement.round)
    assert.deepEqual(memory.since(proposed.network, round(0)), [at(2)])
    assert.equal(memory.signedIn(at(1).statement), undefined)
    assert.equal(memory.lowWaterMark(at(0).statement), at(1).statement.round)
  })

  it('marks each proposer and pair by itself, and nothing where nothing was signed', () => {
    const { memory } = openMemory()
    memory.remember([at(0), at(1, 'BTC-USD')])
    memory.forgetBefore(proposed.network, at(5).statement.round)
    assert.equal(memory.lowWaterMark(at(0).statement), at(0).statement.round)
    assert.equal(memory.lowWaterMark(at(0, 'BTC-USD').statement), at(1).statement.round)
    assert.equal(memory.lowWaterMark(statement({ proposer: carol.address })), -1)
    assert.equal(memory.lowWaterMark(statement({ pair: 'LTC-USD' })), -1)
  })

  it('never lowers a mark, and outlives a restart', () => {
    const { disk, memory } = openMemory()
    memory.remember([at(3)])
    memory.forgetBefore(proposed.network, at(4).statement.round)
    memory.remember([at(1)])
    memory.forgetBefore(proposed.network, at(2).statement.round)
    memory.forgetBefore(proposed.network, round(0))
    disk.close()
    assert.equal(openMemory().memory.lowWaterMark(proposed), at(3).statement.round)
  })

  it('touches neither other networks nor other signers', () => {
    const { disk, memory } = openMemory()
    const elsewhere = attest(statement({ network: 'another' }), alice, bob)
    const others = disk.signOnceMemory(carol.address, { madeNow: true })
    const carols = attest(proposed, alice, carol)
    memory.remember([attested, elsewhere])
    others.remember([carols])
    memory.forgetBefore(proposed.network, at(5).statement.round)
    assert.deepEqual(memory.since('another', round(0)), [elsewhere])
    assert.equal(memory.lowWaterMark(elsewhere.statement), -1)
    assert.deepEqual(others.since(proposed.network, round(0)), [carols])
    assert.equal(others.lowWaterMark(proposed), -1)
  })
})

describe('a memory', () => {
  it('made together with its key is complete from the beginning, after restarts too', () => {
    const { disk, memory } = openMemory()
    assert.equal(memory.completeFromMs, 0)
    disk.close()
    assert.equal(openDisk().signOnceMemory(bob.address, { madeNow: false }).completeFromMs, 0)
  })

  it('made for a key that is older is complete from 10 s after this moment on, and restarts do not move that', () => {
    const clock = new ManualClock()
    const disk = openDisk(clock)
    const { completeFromMs } = disk.signOnceMemory(bob.address, { madeNow: false })
    assert.equal(completeFromMs, clock.now().wallMs + 10_000)
    disk.close()
    clock.jumpWall(INTERVAL_MS)
    assert.equal(openDisk(clock).signOnceMemory(bob.address, { madeNow: false }).completeFromMs, completeFromMs)
  })
})

async function kill(running: ChildProcess): Promise<void> {
  if (running.exitCode !== null || running.signalCode !== null) return
  const exited = once(running, 'exit')
  running.kill('SIGKILL')
  await exited
}

describe('a disk', () => {
  const program = fileURLToPath(new URL('../helpers/remember-until-killed.ts', import.meta.url))
  let child: ChildProcess | undefined

  afterEach(async () => {
    if (child !== undefined) await kill(child)
    child = undefined
  })

  it('that another process uses is not opened, and is free once that is killed: what it had signed is there', async () => {
    child = spawn(process.execPath, [program, directory], { stdio: ['pipe', 'pipe', 'inherit'] })
    assert.ok(child.stdout)
    const [said] = (await once(child.stdout, 'data')) as [Buffer]
    assert.equal(said.toString(), 'remembered\n')
    refusesToOpen('in-use', /another process uses .*GP_DATADIR of its own/)
    await kill(child)
    assert.deepEqual(openMemory().memory.since(proposed.network, proposed.round), [attested])
  })

  it('is used once in this process, too', () => {
    openDisk()
    refusesToOpen('in-use', /another process/)
  })

  it('is free when it is closed; closing twice is no matter', () => {
    const disk = openDisk()
    disk.close()
    disk.close()
    openDisk()
  })

  it('is kept in WAL mode', () => {
    openDisk().close()
    const database = new DatabaseSync(file())
    const mode = { ...database.prepare('PRAGMA journal_mode').get() }
    database.close()
    assert.deepEqual(mode, { journal_mode: 'wal' })
  })

  it('that is one of a newer version is refused, and not a byte of it is changed', () => {
    openDisk().close()
    meddle('PRAGMA journal_mode = DELETE; PRAGMA user_version = 4')
    const before = readFileSync(file())
    refusesToOpen('newer', /newer gossip-price/)
    assert.deepEqual(readFileSync(file()), before)
  })

  it('whose directory cannot be made is refused as unusable', () => {
    writeFileSync(directory, 'a file in the way')
    refusesToOpen('unusable', /check GP_DATADIR/)
  })
})

/** The files of the data directory whose names begin so, without that beginning. */
function namesAfter(beginning: string): string[] {
  const names = readdirSync(directory).filter((name) => name.startsWith(beginning))
  return names.map((name) => name.slice(beginning.length)).toSorted()
}

const TIME = '20250101T000000Z'

describe('a file that cannot be used', () => {
  const spoiled = [
    {
      name: 'being no database',
      why: 'damaged',
      says: /is damaged: it holds what this node has signed, and rows that wait for Postgres\. It was moved to .+: its key waits for a full round before it signs, and rows that waited in the old one are lost here unless/,
      spoil: () => writeFileSync(file(), Buffer.alloc(8_192, 'not a database ')),
    },
    { name: 'having been cut off', why: 'damaged', says: /damaged/, spoil: () => truncateSync(file(), 4_096) },
    {
      name: 'having a page overwritten that nobody reads at once',
      why: 'damaged',
      says: /damaged/,
      spoil: () => overwriteLastPage(),
    },
    {
      name: 'being a database of something else',
      why: 'foreign',
      says: /is a database of something else\. It was moved to /,
      spoil: () => meddle('PRAGMA journal_mode = DELETE; PRAGMA application_id = 7; CREATE TABLE things (a)'),
    },
  ] as const

  for (const { name, why, says, spoil } of spoiled) {
    it(`${name}, is moved aside whole, with an error; the node goes on with a new one`, () => {
      const { disk, memory } = openMemory()
      memory.remember([attested])
      disk.close()
      spoil()
      const before = readFileSync(file())
      const clock = new ManualClock()
      const again = openDisk(clock)
      assert.deepEqual(readFileSync(`${file()}.${why}-${TIME}`), before)
      assert.match(logger.at('error').join('\n'), says)
      const { completeFromMs } = again.signOnceMemory(bob.address, { madeNow: false })
      assert.equal(completeFromMs, clock.now().wallMs + 10_000)
      again.close()
      assert.equal(openDisk().signOnceMemory(bob.address, { madeNow: false }).completeFromMs, completeFromMs)
      assert.equal(logger.at('error').length, 1)
    })
  }

  it('never takes the name of one that was moved before', () => {
    for (let number = 1; number <= 3; number++) {
      openDisk().close()
      writeFileSync(file(), Buffer.alloc(8_192, `damage number ${number} `))
    }
    openDisk()
    const names = namesAfter(`node.sqlite.damaged-${TIME}`)
    assert.deepEqual(names, ['', '-2', '-3'])
    const contents = names.map((name) => readFileSync(`${file()}.damaged-${TIME}${name}`, 'latin1').slice(0, 15))
    assert.deepEqual(contents, ['damage number 1', 'damage number 2', 'damage number 3'])
  })

  it('takes its journal along: one whose database is gone is not left to meet a new one', () => {
    openDisk().close()
    rmSync(file())
    writeFileSync(`${file()}-wal`, 'what was signed last')
    openDisk()
    assert.equal(readFileSync(`${file()}.damaged-${TIME}-wal`, 'utf8'), 'what was signed last')
    assert.equal(logger.at('error').length, 1)
  })

  it('is left alone while another process may be moving it', () => {
    openDisk().close()
    const garbage = Buffer.alloc(8_192, 'not a database ')
    writeFileSync(file(), garbage)
    const other = new DatabaseSync(`${file()}.lock`)
    other.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
    refusesToOpen('in-use', /another process/)
    assert.deepEqual(readFileSync(file()), garbage)
    other.close()
    openDisk()
  })
})

/** Damage that neither the header nor the list of tables shows. */
function overwriteLastPage(): void {
  const bytes = readFileSync(file())
  bytes.fill(0xff, bytes.length - 4_096)
  writeFileSync(file(), bytes)
}

describe('peers', () => {
  const peer = { peerId: '12D3KooWA', addresses: ['/ip4/10.0.0.1/tcp/8000', '/ip4/10.0.0.2/tcp/8000'] }

  it('are remembered over a restart, their addresses in order', () => {
    const disk = openDisk()
    disk.peers.remember(peer)
    disk.close()
    assert.deepEqual(openDisk().peers.load(), [peer])
  })

  it('have the addresses that were remembered last', () => {
    const { peers } = openDisk()
    peers.remember(peer)
    peers.remember({ ...peer, addresses: [] })
    assert.deepEqual(peers.load(), [{ ...peer, addresses: [] }])
  })

  it('can be forgotten, known or not', () => {
    const { peers } = openDisk()
    peers.remember(peer)
    peers.remember({ ...peer, peerId: '12D3KooWB' })
    peers.forget(peer.peerId)
    peers.forget('12D3KooWC')
    assert.deepEqual(
      peers.load().map(({ peerId }) => peerId),
      ['12D3KooWB'],
    )
  })
})
