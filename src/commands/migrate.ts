import type { Command } from 'commander'

export interface MigrateFlags {
  readonly database?: string
  readonly json?: boolean
}

/** `gossip-price migrate`: makes the tables, or brings them up to date. */
export function registerMigrate(program: Command): void {
  program
    .command('migrate')
    .description('make the tables of a database, or bring them up to date; several at once do no harm')
    .option('--database <url>', 'Postgres URL of a role that may create tables (default: GP_DATABASEURL)')
    .option('--json', 'one JSON object: the migrations that were applied')
    .action(async (options: MigrateFlags) => {
      const { migrateDatabase } = await import('./migrate-action.ts')
      await migrateDatabase(options)
    })
}
