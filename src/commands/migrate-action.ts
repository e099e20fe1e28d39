import { migrate } from '../store/migrations.ts'
import { createCommandLogger } from './command-logger.ts'
import { namedDatabase } from './database-url.ts'
import { CommandError } from './failure.ts'
import type { MigrateFlags } from './migrate.ts'

export async function migrateDatabase(options: MigrateFlags): Promise<void> {
  const url = namedDatabase(options)
  if (url === undefined) {
    throw new CommandError(
      'say which database with --database URL or GP_DATABASEURL; a Postgres of our own needs no migrate',
    )
  }
  const logger = createCommandLogger()
  const applied = await migrate({ logger }, { url: url.reveal() })
  if (options.json === true) process.stdout.write(`${JSON.stringify({ applied })}\n`)
  else process.stdout.write(applied.length === 0 ? 'the tables are up to date\n' : `applied ${applied.join(', ')}\n`)
}
