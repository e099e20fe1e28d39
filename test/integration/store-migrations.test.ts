import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { basename } from 'node:path'
import process from 'node:process'
import { it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { runner } from 'node-pg-migrate'
import { migrate } from '../../src/store/migrations.ts'
import { createTestDatabase, type TestDatabase } from '../helpers/postgres.ts'
import { RecordingLogger } from '../helpers/recorders.ts'

const MIGRATOR = fileURLToPath(new URL('../helpers/migrate-once.ts', import.meta.url))
const MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url))
const NAMES = readdirSync(MIGRATIONS).map((file) => basename(file, '.sql'))

const appliedIn = (database: TestDatabase): Promise<{ name: string }[]> =>
  database.query('SELECT name FROM pgmigrations ORDER BY id')

it('five processes that migrate at once: one does it, all find it done', async (t) => {
  const database = await createTestDatabase(t, { migrated: false })
  const runs = await Promise.all(
    Array.from({ length: 5 }, () => promisify(execFile)(process.execPath, [MIGRATOR, database.url])),
  )
  const applied = runs.map(({ stdout }) => JSON.parse(stdout) as string[])
  assert.deepEqual(
    applied.filter((names) => names.length > 0),
    [NAMES],
  )
  assert.deepEqual(
    await appliedIn(database),
    NAMES.map((name) => ({ name })),
  )
})

it('a database that is up to date is left alone', async (t) => {
  const database = await createTestDatabase(t)
  assert.deepEqual(await migrate({ logger: new RecordingLogger() }, { url: database.url }), [])
})

it('the down migration removes what the up migration made', async (t) => {
  const database = await createTestDatabase(t)
  const remaining = (): Promise<object[]> =>
    database.query(`
      SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname NOT LIKE 'pgmigrations%'
      UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace`)
  assert.notEqual((await remaining()).length, 0)
  await runner({
    databaseUrl: database.url,
    dir: MIGRATIONS,
    count: NAMES.length,
    migrationsTable: 'pgmigrations',
    direction: 'down',
    log: () => undefined,
  })
  assert.deepEqual(await remaining(), [])
})

it('a role that may not migrate goes on when somebody else has migrated', async (t) => {
  const database = await createTestDatabase(t)
  const { url } = await database.createRole()
  assert.deepEqual(await migrate({ logger: new RecordingLogger() }, { url }), [])
})

it('a role that may not migrate is told the command when nobody has', async (t) => {
  const database = await createTestDatabase(t, { migrated: false })
  const { url } = await database.createRole()
  await assert.rejects(migrate({ logger: new RecordingLogger() }, { url }), {
    name: 'TableUnavailableError',
    code: 'not-migrated',
    message: /`gossip-price migrate` \(from a checkout `npm run migrate`\)/,
  })
})
