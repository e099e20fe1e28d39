import type { Command } from 'commander'

/** `gossip-price migrate`: makes the tables, or brings them up to date. */
export function registerMigrate(program: Command): void {
  program
    .command('migrate')
    .description('make the tables of a database, or bring them up to date; several at once do no harm')
    .option('--database <url>', 'Postgres URL of a role that may create tables (default: GP_DATABASEURL)')
    .action(async (options: { readonly database?: string }) => {
      const { migrateDatabase } = await import('./migrate-action.ts')
      await migrateDatabase(options)
    })
}
