import { requireVariables } from '../config.ts'
import { parseDatabaseUrl } from '../config/parse-secret.ts'
import { ConfigError, createProblem } from '../config/problem.ts'
import { surroundings, systemFiles } from '../config/surroundings.ts'
import type { SecretValue } from '../core/secret-value.ts'

/**
 * The database that a person names: with `--database`, else with GP_DATABASEURL.
 *
 * @returns undefined when neither is there
 * @throws {ConfigError} when it is no URL of a Postgres
 */
export function namedDatabase({ database }: { readonly database?: string }): SecretValue<string> | undefined {
  if (database === undefined) return requireVariables(surroundings(), ['databaseUrl']).databaseUrl
  const parsed = parseDatabaseUrl(database.trim(), systemFiles)
  if ('value' in parsed) return parsed.value
  throw new ConfigError(
    parsed.faults.map(({ expected, suggestion }) =>
      createProblem({ variable: '--database', value: database, expected, suggestion }, 'url-password'),
    ),
  )
}
