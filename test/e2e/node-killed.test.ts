import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { collectWindowEnd } from '../../src/consensus/windows.ts'
import { roundAt } from '../../src/core/statement.ts'
import { startCommand } from '../helpers/child-process.ts'
import { startCoinbaseStandIn } from '../helpers/coinbase-stand-in.ts'
import { defer } from '../helpers/defer.ts'
import { createTestDatabase } from '../helpers/postgres.ts'
import { prove, tableRows } from '../helpers/row-proof.ts'
import { temporaryDirectory } from '../helpers/temporary-directory.ts'
import { until } from '../helpers/until.ts'

const INTERVAL_MS = 3_000

/** The statements of which a node's log says that their sets have closed. */
function closed(lines: readonly string[]): string[] {
  const said = lines.filter((line) => line.includes('"msg":"closed: '))
  return said.map((line) => (JSON.parse(line) as { readonly id: string }).id)
}

describe('gossip-price node, killed while Postgres is away', { timeout: 240_000 }, () => {
  it('writes what waited when it is started again, though its collect window is over', async (t) => {
    const database = await createTestDatabase(t)
    const directory = await temporaryDirectory(t)
    const coinbase = await startCoinbaseStandIn()
    defer(t, () => coinbase.close())
    const start = (url: string) =>
      startCommand(t, ['node'], {
        directory,
        env: {
          GP_CONNECTIONADDR: '/ip4/127.0.0.1/tcp/0',
          GP_DATABASEURL: url,
          GP_DATADIR: join(directory, 'data'),
          GP_HTTPADDR: '',
          GP_PRICEURL: coinbase.url,
          GP_FETCHPRICEINTERVAL: `${INTERVAL_MS / 1_000}`,
          GP_QUIETPERIOD: '1',
          GP_MINIMUMSIGNERCOUNT: '1',
          GP_LOGLEVEL: 'debug',
        },
      })
    const nowhere = new URL(database.url)
    nowhere.port = '1'
    const killed = start(nowhere.href)
    await killed.printed(/"msg":"closed: /, 2)
    killed.send('SIGKILL')
    assert.equal(await killed.ended, 'SIGKILL')
    const owed = closed(killed.lines)
    assert.ok(owed.length >= 2)

    const over = collectWindowEnd(roundAt(Date.now(), INTERVAL_MS), INTERVAL_MS)
    await until(() => Date.now() > over, 'the collect windows of all of them are over')
    const again = start(database.url)
    const rows = await until(async () => {
      const found = await tableRows(database.url)
      return owed.every((id) => found.some((row) => row.id === id)) && found
    }, 'all that waited is in the table')
    again.send('SIGTERM')
    assert.equal(await again.ended, 0)
    if (rows !== false) await Promise.all(rows.map(prove))
  })
})
