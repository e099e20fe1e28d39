import assert from 'node:assert/strict'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { DatabaseWatch } from '../../src/store/database-watch.ts'
import { defer } from '../helpers/defer.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { createTestDatabase, startOwnPostgres } from '../helpers/postgres.ts'
import { RecordingLogger } from '../helpers/recorders.ts'
import { until } from '../helpers/until.ts'

const LOOK_MS = 15_000

function watchOf(t: Parameters<typeof defer>[0], url: string): { watch: DatabaseWatch; clock: ManualClock } {
  const clock = new ManualClock()
  const watch = new DatabaseWatch({ clock, logger: new RecordingLogger() }, { url })
  defer(t, () => watch.stop())
  watch.start()
  return { watch, clock }
}

describe('who watches the database', () => {
  it('says that it is away, and no more when it is back', async (t) => {
    const postgres = await startOwnPostgres(t)
    const { watch, clock } = watchOf(t, postgres.url)
    assert.equal(watch.fault(), undefined)
    await postgres.stop()
    await clock.advance(LOOK_MS)
    const fault = (await until(() => watch.fault(), 'it is seen to be away')) ?? ''
    assert.match(fault, /cannot be reached .*: start Postgres, or correct GP_DATABASEURL, or --database\.$/)
    await postgres.start()
    await until(async () => {
      await clock.advance(LOOK_MS)
      return watch.fault() === undefined
    }, 'it is seen to be back')
  })

  it('gives up one that does not answer, and stops at once', async (t) => {
    const sockets: Socket[] = []
    const mute = createServer((socket) => sockets.push(socket.on('error', () => undefined)))
    mute.listen(0, '127.0.0.1')
    await once(mute, 'listening')
    defer(t, () => {
      for (const socket of sockets) socket.destroy()
      mute.close()
    })
    const { watch, clock } = watchOf(t, `postgres://a:b@127.0.0.1:${(mute.address() as AddressInfo).port}/prices`)
    await clock.advance(LOOK_MS)
    assert.match((await until(() => watch.fault(), 'it is given up')) ?? '', /cannot be reached/)
    const connected = sockets.length
    await clock.advance(LOOK_MS)
    await until(() => sockets.length > connected, 'it is tried again')
    const startedMs = performance.now()
    await watch.stop()
    // To wait for an answer would take three seconds.
    assert.ok(performance.now() - startedMs < 2_500)
  })

  it('keeps no connection open', async (t) => {
    const database = await createTestDatabase(t)
    const { watch, clock } = watchOf(t, database.url)
    await clock.advance(LOOK_MS)
    await watch.stop()
    assert.equal(watch.fault(), undefined)
  })
})
