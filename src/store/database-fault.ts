import { DatabaseError } from 'pg'
import { type TableUnavailableCode, TableUnavailableError } from '../core/price-table.ts'

/** Where a database is, for people: user, host, port and name; never the password. */
export function describeDatabase(url: string): string {
  try {
    const { username, hostname, port, pathname } = new URL(url)
    const user = username === '' ? '' : `${decodeURIComponent(username)}@`
    return `${user}${hostname}:${port === '' ? '5432' : port}${decodeURIComponent(pathname)}`
  } catch {
    // What cannot be read cannot be redacted either.
    return 'the database of GP_DATABASEURL'
  }
}

/**
 * Whether the database refused the data itself, now and for ever: SQLSTATE class 22 (data exception) or 23 (integrity
 * constraint violation).
 */
export function isRefusal(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && /^2[23]/.test(error.code ?? '')
}

/** The schema is not the one this version writes, and this role cannot change that. */
export function notMigrated(database: string, options?: ErrorOptions): TableUnavailableError {
  return new TableUnavailableError('not-migrated', NOT_MIGRATED.sentence(database, ''), options)
}

/**
 * Why the database cannot be asked now, as a sentence for an operator.
 *
 * @param error - what `pg` or this folder threw
 * @param database - as {@link describeDatabase} gives it
 */
export function asUnavailable(error: unknown, database: string): TableUnavailableError {
  if (error instanceof TableUnavailableError) return error
  const said = wordsOf(error)
  const { code, sentence } = faultOf(error, said)
  return new TableUnavailableError(code, sentence(database, said), { cause: error })
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  // Several addresses of one host that all fail come as one error without a message.
  return error.message === '' && 'code' in error ? String(error.code) : error.message
}

interface Fault {
  readonly code: TableUnavailableCode
  /** @param said - what the server or the operating system said */
  readonly sentence: (database: string, said: string) => string
}

const WRONG_PASSWORD: Fault = {
  code: 'wrong-password',
  sentence: (database, said) =>
    `${database} refuses this user and password (${said}): correct GP_DATABASEURL, or --database.`,
}

const NO_DATABASE: Fault = {
  code: 'no-database',
  sentence: (database) => `There is no database ${database}: create it, or correct GP_DATABASEURL, or --database.`,
}

const NO_PERMISSION: Fault = {
  code: 'no-permission',
  sentence: (database, said) =>
    `The role of ${database} lacks a right (${said}): grant it SELECT and INSERT on prices and equivocations, and ` +
    'SELECT, INSERT and UPDATE on networks.',
}

const NOT_MIGRATED: Fault = {
  code: 'not-migrated',
  sentence: (database) =>
    `The tables in ${database} are missing or old: run \`gossip-price migrate\` (from a checkout ` +
    '`npm run migrate`) with a GP_DATABASEURL whose role may create tables.',
}

const UNREACHABLE: Fault = {
  code: 'unreachable',
  sentence: (database, said) =>
    `${database} cannot be reached (${said}): start Postgres, or correct GP_DATABASEURL, or --database.`,
}

const DISK_FULL: Fault = { code: 'other', sentence: (database) => `The disk of ${database} is full: make room on it.` }

const NO_CONNECTION_LEFT: Fault = {
  code: 'other',
  sentence: (database) => `${database} has no connection left: end some clients or raise its max_connections.`,
}

const READ_ONLY: Fault = {
  code: 'other',
  sentence: (database) => `${database} is read-only: let GP_DATABASEURL name the primary server, not a standby.`,
}

const UNKNOWN: Fault = {
  code: 'other',
  sentence: (database, said) => `${database} failed (${said}): look into the log of Postgres.`,
}

/** By SQLSTATE. @see https://www.postgresql.org/docs/18/errcodes-appendix.html */
const FAULTS: ReadonlyMap<string, Fault> = new Map([
  ['28P01', WRONG_PASSWORD],
  ['28000', WRONG_PASSWORD],
  ['3D000', NO_DATABASE],
  ['42501', NO_PERMISSION],
  ['42P01', NOT_MIGRATED],
  ['42703', NOT_MIGRATED],
  ['42883', NOT_MIGRATED],
  ['53100', DISK_FULL],
  ['53300', NO_CONNECTION_LEFT],
  ['25006', READ_ONLY],
])

function faultOf(error: unknown, said: string): Fault {
  if (error instanceof DatabaseError) {
    const code = error.code ?? ''
    // Classes 08, connection exception, and 57P, the server starts or ends.
    return FAULTS.get(code) ?? (/^(?:08|57P)/.test(code) ? UNREACHABLE : UNKNOWN)
  }
  if (said.startsWith('SASL')) return WRONG_PASSWORD
  // The operating system's errors have a code, those of pg itself only words.
  const isSystemError = error instanceof Error && 'code' in error
  return isSystemError || /connection|timeout/i.test(said) ? UNREACHABLE : UNKNOWN
}
