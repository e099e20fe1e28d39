import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { ClientBudget, clientOf } from '../../src/api/client-budget.ts'
import { priceCursor, readPriceCursor, readRoundCursor, roundCursor } from '../../src/api/cursor.ts'
import { EventRing } from '../../src/api/event-ring.ts'
import { API_LIMITS } from '../../src/api/limits.ts'
import { Problem } from '../../src/api/problem.ts'
import type { StatementId } from '../../src/core/statement.ts'
import { Document } from '../helpers/documents.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { round } from '../helpers/statements.ts'

describe('a client', () => {
  it('is an IPv4 address, however it is written, or the /64 around an IPv6 one', () => {
    assert.equal(clientOf('203.0.113.7'), '203.0.113.7')
    assert.equal(clientOf('::ffff:203.0.113.7'), '203.0.113.7')
    assert.equal(clientOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64')
    assert.equal(clientOf('2001:db8:1:2::9'), '2001:db8:1:2::/64')
    assert.equal(clientOf('2001:db8::9'), '2001:db8:0:0::/64')
    assert.equal(clientOf('fe80::1%eth0'), 'fe80:0:0:0::/64')
    assert.equal(clientOf('::1'), '0:0:0:0::/64')
    assert.equal(clientOf(undefined), 'unknown')
  })

  it('spends at most its burst and what a second brings, whatever it asks for', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 3_000 }), fc.integer({ min: 1, max: 5 }))), (asked) => {
        const clock = new ManualClock()
        const budget = new ClientBudget({ clock }, { burst: 20, costPerSecond: 4, clients: 8 })
        let [spent, elapsedMs] = [0, 0]
        for (const [afterMs, cost] of asked) {
          clock.compute(afterMs)
          elapsedMs += afterMs
          const seconds = budget.spend('client', cost)
          if (seconds === 0) spent += cost
          else assert.ok(seconds >= 1 && seconds <= 2)
        }
        assert.ok(spent <= 20 + (4 * elapsedMs) / 1_000 + 1e-6)
      }),
    )
  })

  it('has nothing to do with what another spends', () => {
    const budget = new ClientBudget({ clock: new ManualClock() }, { burst: 5, costPerSecond: 1, clients: 8 })
    assert.equal(budget.spend('a', 5), 0)
    assert.equal(budget.spend('a', 1), 1)
    assert.equal(budget.spend('b', 5), 0)
  })
})

describe('a cursor', () => {
  const id = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => `0x${Buffer.from(bytes).toString('hex')}`)

  it('says again what was put in', () => {
    fc.assert(
      fc.property(fc.nat(), id, (observedAt, text) => {
        const mark = { observedAt, id: text as StatementId }
        assert.deepEqual(readPriceCursor(priceCursor(mark)), mark)
      }),
    )
    const mark = { round: round(3), pair: 'ETH-USD' }
    assert.deepEqual(readRoundCursor(roundCursor(mark)), mark)
  })

  it('that is anything else is a problem of who sent it, and never another failure', () => {
    const readers = [readPriceCursor, readRoundCursor]
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json().map((text) => Buffer.from(text).toString('base64url')),
        ),
        (text) => {
          for (const read of readers) assert.throws(() => read(text), Problem)
        },
      ),
    )
  })
})

describe('the ring of events', () => {
  it('gives every event that is kept, by its number, and none that is not', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.nat({ max: 60 }), (limit, count) => {
        const ring = new EventRing({ boot: 'b', limit })
        for (let number = 1; number <= count; number++) ring.push('peer', { number })
        assert.equal(ring.last, count)
        for (let number = 0; number <= count + 1; number++) {
          const isKept = number >= 1 && number <= count && number > count - limit
          const text = ring.textOf(number)
          assert.equal(text !== undefined, isKept)
          if (isKept) assert.equal(text, `id: b-${number}\nevent: peer\ndata: {"number":${number}}\n\n`)
          const canGoOn = number <= count && number >= count - limit
          assert.equal(ring.after(`b-${number}`), canGoOn ? number + 1 : undefined)
        }
        assert.equal(ring.after(`c-${count}`), undefined)
      }),
    )
  })
})

describe('docs/api.md', () => {
  it('has every limit of the code', () => {
    const rows = new Document('docs/api.md')
      .table('<!-- limits -->')
      .map(([, limit = '', value = '']) => [limit, value])
    const written = Object.fromEntries(
      rows.map(([limit = '', value = '']) => [limit.replaceAll('`', ''), Number(value.replaceAll(' ', ''))]),
    )
    assert.deepEqual(written, API_LIMITS)
  })
})
