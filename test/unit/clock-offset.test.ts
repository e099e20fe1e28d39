import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ClockOffset } from '../../src/consensus/clock-offset.ts'
import { createSignerSet } from '../../src/core/signer-set.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { signStatus } from '../helpers/notices-at-work.ts'
import { INTERVAL_MS, OBSERVED_AT, type TestSigner, testSigners } from '../helpers/statements.ts'

const [own, ...others] = testSigners(10) as [TestSigner, ...TestSigner[]]
const LIFETIME_MS = 45_000
const DAY_MS = 86_400_000

interface Options {
  /** How many may sign, this node included. */
  readonly signers?: number
  readonly minimumSigners?: number
  readonly open?: boolean
}

/** A node, and others that say what time it is. */
function createOffset({ signers = 5, minimumSigners = 3, open = false }: Options = {}) {
  const clock = new ManualClock()
  const entries = [own, ...others].slice(0, signers).map(({ address }) => {
    return { address, fromRound: undefined, toRound: undefined }
  })
  const offset = new ClockOffset(
    { clock },
    {
      own: own.address,
      signers: createSignerSet(open ? [] : entries),
      minimumSigners,
      intervalMs: INTERVAL_MS,
      lifetimeMs: () => LIFETIME_MS,
    },
  )
  /** A status arrives that was sent so long after now, by its signer's clock. */
  const hears = (signer: TestSigner | undefined, aheadMs: number, sequence?: number): boolean => {
    assert.ok(signer)
    const now = clock.now()
    const sentAt = now.wallMs + aheadMs
    return offset.take(signStatus(signer, { sentAt, sequence: sequence ?? sentAt }), now)
  }
  /** One of each of the others, in turn. */
  const hear = (...aheadMs: readonly number[]): void => aheadMs.forEach((ms, index) => void hears(others[index], ms))
  return { offset, clock, hears, hear }
}

describe('the offset of a wall clock', () => {
  it('is how far it is ahead of the median of the others', () => {
    const { offset, hear } = createOffset()
    hear(-3_200, -3_100, -9_000)
    assert.deepEqual(offset.offset(), { ms: 3_200, signers: 3 })
  })

  it('is below 0 for a clock that is behind', () => {
    const { offset, hear } = createOffset()
    hear(75_000, 75_000, 75_000, 75_000)
    assert.deepEqual(offset.offset(), { ms: -75_000, signers: 4 })
  })

  it('is not known by fewer than the minimum of others, its own statuses not counted', () => {
    const { offset, hears, hear } = createOffset()
    hears(own, 0)
    hear(5_000, 5_000)
    assert.equal(offset.offset(), undefined)
    hears(others[2], 5_000)
    assert.equal(offset.offset()?.ms, -5_000)
  })

  it('is known by all others where there are fewer than the minimum, but never by one alone', () => {
    const three = createOffset({ signers: 3 })
    three.hear(5_000)
    assert.equal(three.offset.offset(), undefined)
    three.hear(5_000, 5_000)
    assert.equal(three.offset.offset()?.ms, -5_000)

    const two = createOffset({ signers: 2, minimumSigners: 2 })
    two.hear(5_000)
    assert.equal(two.offset.offset(), undefined)
  })

  it('is not known in an open network, where anybody can make signers', () => {
    const { offset, hear } = createOffset({ open: true })
    hear(5_000, 5_000, 5_000, 5_000)
    assert.equal(offset.offset(), undefined)
  })

  it('takes more than half of the others to be anything', () => {
    const two = createOffset({ signers: 3 })
    two.hear(3_000, 0)
    assert.equal(two.offset.offset()?.ms, 0)
    const four = createOffset()
    four.hear(3_000, 3_000, 0, 0)
    assert.equal(four.offset.offset()?.ms, 0)
    four.hears(others[2], 3_000, OBSERVED_AT + DAY_MS)
    assert.equal(four.offset.offset()?.ms, -3_000)
  })

  it('is what it is at once when the clock is set, since samples are kept by the monotonic clock', () => {
    const { offset, clock, hear } = createOffset()
    hear(0, 0, 0)
    clock.jumpWall(3_600_000)
    assert.equal(offset.offset()?.ms, 3_600_000)
    clock.jumpWall(-3_600_000)
    assert.equal(offset.offset()?.ms, 0)
  })

  it('does not change while time passes, and is not known any more when nothing is heard', async () => {
    const { offset, clock, hear } = createOffset()
    hear(2_000, 2_000, 2_000)
    await clock.advance(LIFETIME_MS)
    assert.equal(offset.offset()?.ms, -2_000)
    await clock.advance(1)
    assert.equal(offset.offset(), undefined)
  })

  it('is measured by the newest status of a signer, though its clock was set back', () => {
    const { offset, hears, hear } = createOffset()
    hear(0, 0, 0)
    assert.equal(hears(others[0], -5_000, OBSERVED_AT + 1), true)
    assert.equal(hears(others[1], -5_000, OBSERVED_AT + 1), true)
    assert.equal(offset.offset()?.ms, 5_000)
  })
})

describe('old recordings of statuses', () => {
  it('of signers that were heard since change nothing, also when those are gone', async () => {
    const { offset, clock, hear, hears } = createOffset()
    const recordedAt = clock.now().wallMs
    await clock.advance(20_000)
    hear(0, 0, 0)
    for (const signer of others.slice(0, 3)) assert.equal(hears(signer, -20_000, recordedAt), false)
    assert.equal(offset.offset()?.ms, 0)
    await clock.advance(LIFETIME_MS + 1)
    for (const signer of others.slice(0, 3)) hears(signer, -20_000, recordedAt)
    assert.equal(offset.offset(), undefined)
  })

  it('change nothing while others enough for a quorum say about our time, however many signers they are of', () => {
    const { offset, hears, hear } = createOffset({ signers: 10 })
    for (const signer of others.slice(3)) hears(signer, -DAY_MS)
    hear(40, 40, 40)
    assert.deepEqual(offset.offset(), { ms: -40, signers: 3 })
    const few = createOffset({ signers: 10 })
    for (const signer of others.slice(2)) few.hears(signer, -DAY_MS)
    few.hear(40, 40)
    assert.equal(few.offset.offset(), undefined)
  })

  it('of more than half of the others count only until these are heard', () => {
    const { offset, hear } = createOffset()
    hear(-DAY_MS, -DAY_MS, -DAY_MS)
    assert.equal(offset.offset()?.ms, DAY_MS)
    hear(0, 0)
    assert.equal(offset.offset(), undefined)
    hear(0, 0, 0)
    assert.equal(offset.offset()?.ms, 0)
  })
})
