import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Clock } from '../../src/core/clock.ts'
import { systemClock } from '../../src/node/system-clock.ts'
import { createTestDatabase } from '../helpers/postgres.ts'
import { tableRows } from '../helpers/row-proof.ts'
import { NodeNetwork } from '../helpers/running-node.ts'

/** The clock of the machine, its wall clock so far behind. */
function behindBy(ms: () => number): Clock {
  const now: Clock['now'] = () => {
    const { wallMs, monoMs } = systemClock.now()
    return { wallMs: wallMs - ms(), monoMs }
  }
  return { ...systemClock, now }
}

describe('a node whose clock is wrong', { timeout: 480_000 }, () => {
  for (const behindMs of [75_000, 3_600_000]) {
    it(`${behindMs / 1_000} s finds out by the others, says so, proposes nothing, and goes on when it is right`, async (t) => {
      const database = await createTestDatabase(t)
      let offMs = behindMs
      const network = await NodeNetwork.open(t, {
        databaseUrl: database.url,
        signers: 4,
        env: { GP_FETCHPRICEINTERVAL: '5' },
        clocks: new Map([['node4', behindBy(() => offMs)]]),
      })
      await network.bootstrap()
      const others = await network.nodes('node1', 'node2', 'node3')
      const wrong = await network.node('node4')
      const proposed = (): number => wrong.counters.value('gp_statements_proposed_total', { pair: 'ETH-USD' })
      await network.until(
        () =>
          // What the others say has been on its way for some time.
          wrong.line('warn', /^the clock of this machine is (7[0-5]\.|60 min).* behind the median of 3 signers: /) ??
          false,
        'it has found out',
      )
      assert.match(wrong.readiness().join('\n'), /behind the median of 3 signers: nobody would sign/)
      const before = proposed()
      await network.until(
        () => wrong.line('info', /^not proposed: the clock of this machine is /) ?? false,
        'a round has begun by its clock',
      )
      assert.equal(proposed(), before)
      assert.ok(others.every((node) => node.line('warn', /^the clock of this machine/) === undefined))

      offMs = 0
      await network.until(() => proposed() > before, 'it proposes')
      await network.until(() => wrong.readiness().length === 0, 'it is ready')
      const isIn = async (): Promise<boolean> =>
        (await tableRows(database.url)).some(({ proposer }) => proposer === network.signer('node4'))
      await network.until(isIn, 'what it proposed is in the table')
    })
  }
})
