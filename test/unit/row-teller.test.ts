import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RowTeller } from '../../src/api/row-teller.ts'
import type { CommittedPrice } from '../../src/core/price-reader.ts'
import { committed } from '../helpers/api-at-work.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { RecordingLogger } from '../helpers/recorders.ts'

const GATHER_MS = 50

describe('who tells rows to those who listen', () => {
  it('has them begin anew when rows cannot be told through a mistake of ours, and goes on', async () => {
    const [clock, logger] = [new ManualClock(), new RecordingLogger()]
    const said: string[] = []
    let fault: Error | undefined = new TypeError('a mistake')
    const teller = new RowTeller({
      prices: {
        async pricesOf(): Promise<readonly CommittedPrice[]> {
          if (fault !== undefined) throw fault
          return [committed()]
        },
      },
      clock,
      logger,
      isFollowed: () => true,
      tell: (prices) => said.push(...prices.map(({ attestation }) => attestation.id)),
      onMissed: () => said.push('missed'),
    })
    const { id } = committed().attestation
    teller.take([id])
    await clock.advance(GATHER_MS)
    assert.deepEqual(said, ['missed'])
    assert.equal(logger.at('error').length, 1)
    fault = undefined
    teller.take([id])
    await clock.advance(GATHER_MS)
    assert.deepEqual(said, ['missed', id])
    teller.close()
    assert.equal(clock.pending, 0)
  })
})
