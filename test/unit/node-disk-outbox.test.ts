import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { Signer, type SignerAnswer } from '../../src/consensus/signer.ts'
import type { OutboxChanges } from '../../src/core/outbox.ts'
import type { PriceRow } from '../../src/core/price-table.ts'
import type { Price } from '../../src/core/price.ts'
import { NodeDisk } from '../../src/store/node-disk.ts'
import { SqliteOutbox } from '../../src/store/sqlite-outbox.ts'
import { SqliteSignOnceMemory } from '../../src/store/sqlite-sign-once.ts'
import { createKeyedHashCurve } from '../helpers/keyed-hash-curve.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { priceRow } from '../helpers/price-rows.ts'
import { RecordingLogger } from '../helpers/recorders.ts'
import { INTERVAL_MS, OBSERVED_AT, alice, attest, bob, carol, dave, round } from '../helpers/statements.ts'

let directory: string
let disk: NodeDisk

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'node-disk-outbox-'))
  disk = openDisk()
})

afterEach(() => {
  disk.close()
  rmSync(directory, { recursive: true })
})

function openDisk(): NodeDisk {
  return new NodeDisk({ clock: new ManualClock(), logger: new RecordingLogger() }, { directory })
}

function reopen(): NodeDisk {
  disk.close()
  disk = openDisk()
  return disk
}

function write(changes: Partial<OutboxChanges>): void {
  disk.outbox.write({ keep: [], release: [], park: new Map(), ...changes })
}

const later = (rounds: number): PriceRow => priceRow({ observedAt: OBSERVED_AT + rounds * INTERVAL_MS })
const [first, second, third] = [later(0), later(1), later(2)]

describe('the outbox', () => {
  it('holds rows whole over a restart, the one observed first foremost', () => {
    const extreme = priceRow({ observedAt: Number.MAX_SAFE_INTEGER, price: (10n ** 36n - 1n) as Price, network: 'b' })
    write({ keep: [extreme, second, first] })
    assert.deepEqual(reopen().outbox.waiting(), [first, second, extreme])
  })

  it('takes the signatures that were added to a row, and when', () => {
    write({ keep: [first] })
    const grown = {
      attestation: attest(first.attestation.statement, alice, bob, carol, dave),
      lastSignedAtMs: first.lastSignedAtMs + 5,
    }
    write({ keep: [grown] })
    assert.deepEqual(reopen().outbox.waiting(), [grown])
  })

  it('holds two statements of one slot', () => {
    const rival = priceRow({ price: 1n as Price })
    write({ keep: [first, rival] })
    assert.equal(disk.outbox.waiting().length, 2)
  })

  it('lets go of what it is told to, and of nothing else', () => {
    write({ keep: [first, second] })
    write({ release: [first.attestation.id, third.attestation.id] })
    assert.deepEqual(reopen().outbox.waiting(), [second])
  })

  it('keeps what was refused apart, with the reason, over restarts', () => {
    write({ keep: [first, second] })
    write({ park: new Map([[first.attestation.id, 'price_range']]) })
    assert.deepEqual(disk.outbox.waiting(), [second])
    assert.equal(reopen().outbox.parked(), 1)
    disk.close()
    const database = new DatabaseSync(join(directory, 'node.sqlite'))
    const found = { ...database.prepare('SELECT id, parked FROM outbox WHERE parked IS NOT NULL').get() }
    database.close()
    assert.deepEqual(found, { id: first.attestation.id, parked: 'price_range' })
  })

  it('parks what is kept at the same time', () => {
    write({ keep: [first], park: new Map([[first.attestation.id, 'price_range']]) })
    assert.deepEqual([disk.outbox.waiting(), disk.outbox.parked()], [[], 1])
  })

  for (const column of ['signatures', 'price']) {
    it(`keeps apart what cannot be read, and gives the rest: ${column}`, () => {
      write({ keep: [first, second] })
      disk.close()
      const database = new DatabaseSync(join(directory, 'node.sqlite'))
      database.prepare(`UPDATE outbox SET ${column} = '[["0x1","damage"]]' WHERE id = ?`).run(first.attestation.id)
      database.close()
      assert.deepEqual(reopen().outbox.waiting(), [second])
      assert.equal(reopen().outbox.parked(), 1)
    })
  }

  it('does all of a write or nothing of it', () => {
    write({ keep: [first] })
    const impossible = { ...second, lastSignedAtMs: Number.NaN }
    assert.throws(() => write({ release: [first.attestation.id], keep: [third, impossible] }))
    assert.deepEqual(disk.outbox.waiting(), [first])
    write({ keep: [second] })
    assert.deepEqual(reopen().outbox.waiting(), [first, second])
  })
})

const VERSION_1 = `
  CREATE TABLE memory (signer TEXT PRIMARY KEY, complete_from_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE signed (signer TEXT NOT NULL, network TEXT NOT NULL, pair TEXT NOT NULL, proposer TEXT NOT NULL,
    round INTEGER NOT NULL, id TEXT NOT NULL, price TEXT NOT NULL, observed_at INTEGER NOT NULL, source TEXT NOT NULL,
    signatures TEXT NOT NULL, PRIMARY KEY (signer, network, pair, proposer, round)) STRICT, WITHOUT ROWID;
  CREATE TABLE low_water (signer TEXT NOT NULL, network TEXT NOT NULL, pair TEXT NOT NULL, proposer TEXT NOT NULL,
    round INTEGER NOT NULL, PRIMARY KEY (signer, network, pair, proposer)) STRICT, WITHOUT ROWID;
  CREATE TABLE peers (peer_id TEXT PRIMARY KEY, addresses TEXT NOT NULL) STRICT, WITHOUT ROWID;
  PRAGMA application_id = 0x47506e64; PRAGMA user_version = 1; PRAGMA journal_mode = WAL;`

describe('a file of the version before the outbox', () => {
  it('is brought up to date with all that it holds', () => {
    disk.close()
    rmSync(directory, { recursive: true })
    directory = mkdtempSync(join(tmpdir(), 'node-disk-outbox-'))
    const old = new DatabaseSync(join(directory, 'node.sqlite'))
    const { id, statement: signed } = first.attestation
    old.exec(VERSION_1)
    old.exec(`
      INSERT INTO memory VALUES ('${bob.address}', 77);
      INSERT INTO signed VALUES ('${bob.address}', '${signed.network}', '${signed.pair}', '${signed.proposer}',
        ${signed.round}, '${id}', '${signed.price}', ${signed.observedAt}, '${signed.source}', '[]');
      INSERT INTO low_water VALUES ('${bob.address}', '${signed.network}', '${signed.pair}', '${carol.address}', 5);
      INSERT INTO peers VALUES ('12D3KooWA', '["/ip4/10.0.0.1/tcp/8000"]');`)
    old.close()

    for (let start = 1; start <= 2; start++) {
      disk = openDisk()
      const memory = disk.signOnceMemory(bob.address, { madeNow: true })
      assert.equal(memory.completeFromMs, 77)
      assert.equal(memory.signedIn(signed), id)
      assert.deepEqual(memory.since(signed.network, round(0)), [{ ...first.attestation, signatures: new Map() }])
      assert.equal(memory.lowWaterMark({ ...signed, proposer: carol.address }), 5)
      assert.deepEqual(disk.peers.load(), [{ peerId: '12D3KooWA', addresses: ['/ip4/10.0.0.1/tcp/8000'] }])
      write({ keep: [later(start)] })
      disk.close()
    }
    assert.deepEqual(reopen().outbox.waiting(), [second, third])
  })
})

const SQLITE_FULL = 13

/** The node's file with so few pages to spare that it is full soon. */
function nearlyFull(): DatabaseSync {
  disk.signOnceMemory(bob.address, { madeNow: true })
  disk.close()
  const database = new DatabaseSync(join(directory, 'node.sqlite'))
  const { page_count: pages } = database.prepare('PRAGMA page_count').get() as { page_count: number }
  database.exec(`PRAGMA max_page_count = ${pages + 3}`)
  return database
}

describe('a full disk', () => {
  it('takes no row that does not fit, keeps those that did, and takes more once there is room', () => {
    const database = nearlyFull()
    const outbox = new SqliteOutbox(database)
    const keep = (rounds: number): void => outbox.write({ keep: [later(rounds)], release: [], park: new Map() })
    let kept = 0
    assert.throws(
      () => {
        for (; kept < 1_000; kept++) keep(kept)
      },
      { errcode: SQLITE_FULL },
    )
    assert.ok(kept > 0)
    assert.equal(outbox.waiting().length, kept)
    database.exec('PRAGMA max_page_count = 1000000')
    keep(kept)
    database.close()
    assert.deepEqual(
      reopen().outbox.waiting(),
      Array.from({ length: kept + 1 }, (_, rounds) => later(rounds)),
    )
  })

  it('stops signing, loudly, and nothing is remembered that was not signed', async () => {
    const database = nearlyFull()
    const memory = new SqliteSignOnceMemory(database, bob.address)
    const clock = new ManualClock()
    const logger = new RecordingLogger()
    const signer = new Signer(
      { curve: createKeyedHashCurve(), memory, clock, logger },
      { key: bob, intervalMs: INTERVAL_MS },
    )
    const sign = async (rounds: number): Promise<SignerAnswer> => {
      const { attestation } = later(rounds)
      const answer = signer.sign({ ...attestation, held: attestation.signatures })
      await clock.advance(0)
      return answer
    }
    let signed = 0
    let answer = await sign(signed)
    while ('signature' in answer) answer = await sign(++signed)
    assert.equal(answer.objection.code, 'disk')
    assert.match(logger.at('error').join(), /^nothing is signed: the disk did not take it; free some space/)
    assert.ok(signed > 0)
    assert.equal(memory.since('test-network', round(0)).length, signed)
    database.exec('PRAGMA max_page_count = 1000000')
    assert.ok('signature' in (await sign(signed)))
    database.close()
  })
})
