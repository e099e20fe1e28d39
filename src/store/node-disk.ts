import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Address } from '../core/address.ts'
import type { Clock } from '../core/clock.ts'
import type { SignOnceMemory } from '../core/sign-once.ts'
import { SqlitePeerBook } from './sqlite-peer-book.ts'
import { SqliteSignOnceMemory } from './sqlite-sign-once.ts'

export type NodeDiskErrorCode = 'in-use' | 'foreign' | 'newer' | 'corrupt' | 'unusable'

/** A node's own disk cannot be used. The message says what to do. */
export class NodeDiskError extends Error {
  override readonly name = 'NodeDiskError'
  readonly code: NodeDiskErrorCode

  constructor(code: NodeDiskErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** "GPnd" in SQLite's application_id field: tells our file from anybody else's. */
const APPLICATION_ID = 0x47506e64
const SCHEMA_VERSION = 1
const FILE = 'node.sqlite'

/** Rounds that began while another disk may have been signing, its clock ahead of ours by this much, are left alone. */
const OTHER_CLOCKS_AHEAD_MS = 10_000

const SCHEMA = `
  CREATE TABLE memory (
    signer           TEXT PRIMARY KEY,
    complete_from_ms INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE signed (
    signer      TEXT    NOT NULL,
    network     TEXT    NOT NULL,
    pair        TEXT    NOT NULL,
    proposer    TEXT    NOT NULL,
    round       INTEGER NOT NULL,
    id          TEXT    NOT NULL,
    price       TEXT    NOT NULL,
    observed_at INTEGER NOT NULL,
    source      TEXT    NOT NULL,
    signatures  TEXT    NOT NULL,
    PRIMARY KEY (signer, network, pair, proposer, round)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE low_water (
    signer   TEXT    NOT NULL,
    network  TEXT    NOT NULL,
    pair     TEXT    NOT NULL,
    proposer TEXT    NOT NULL,
    round    INTEGER NOT NULL,
    PRIMARY KEY (signer, network, pair, proposer)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE peers (
    peer_id   TEXT PRIMARY KEY,
    addresses TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
`

/**
 * A node's own disk: what it has signed, and which peers it knows. One SQLite file in its data directory, in WAL mode
 * with synchronous=FULL, so that what was written outlives a power cut; locked, so that two processes cannot sign
 * with one memory.
 */
export class NodeDisk {
  readonly #database: DatabaseSync
  readonly #clock: Clock
  readonly peers: SqlitePeerBook

  /** @throws {NodeDiskError} */
  constructor({ clock }: { readonly clock: Clock }, { directory }: { readonly directory: string }) {
    this.#clock = clock
    this.#database = open(directory)
    this.peers = new SqlitePeerBook(this.#database)
  }

  /** The sign-once memory of a signer; `madeNow`: its key was made in this very start. */
  signOnceMemory(signer: Address, { madeNow }: { readonly madeNow: boolean }): SignOnceMemory {
    const completeFromMs = madeNow ? 0 : Math.ceil(this.#clock.now().wallMs) + OTHER_CLOCKS_AHEAD_MS
    this.#database
      .prepare('INSERT INTO memory (signer, complete_from_ms) VALUES (?, ?) ON CONFLICT DO NOTHING')
      .run(signer, completeFromMs)
    return new SqliteSignOnceMemory(this.#database, signer)
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close()
  }
}

function open(directory: string): DatabaseSync {
  const file = join(directory, FILE)
  let database: DatabaseSync | undefined
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    database = new DatabaseSync(file)
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL;')
    // The lock is deferred to the first transaction, so this takes it and tells at once who else holds it.
    database.exec('BEGIN EXCLUSIVE')
    prepareSchema(database, file)
    database.exec('COMMIT')
    // The journal mode stays in the file: only now is it known to be ours to change.
    database.exec('PRAGMA journal_mode = WAL')
    return database
  } catch (error) {
    if (database?.isOpen === true) database.close()
    throw explain(error, file)
  }
}

function prepareSchema(database: DatabaseSync, file: string): void {
  const applicationId = pragma(database, 'application_id')
  const version = pragma(database, 'user_version')
  const { tables } = database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get() as { tables: number }
  if (tables === 0) {
    database.exec(SCHEMA)
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION};`)
    return
  }
  if (applicationId !== APPLICATION_ID) {
    throw new NodeDiskError('foreign', `${file} is a database of something else: choose another GP_DATADIR`)
  }
  if (version > SCHEMA_VERSION) {
    throw new NodeDiskError('newer', `${file} was written by a newer gossip-price: use that version or newer`)
  }
}

function pragma(database: DatabaseSync, name: 'application_id' | 'user_version'): number {
  return (database.prepare(`PRAGMA ${name}`).get() as Record<typeof name, number>)[name]
}

/** SQLite's primary result codes. @see https://sqlite.org/rescode.html */
const SQLITE_BUSY = 5
const SQLITE_CORRUPT = 11
const SQLITE_NOTADB = 26

function explain(cause: unknown, file: string): NodeDiskError {
  if (cause instanceof NodeDiskError) return cause
  const resultCode = (cause as { errcode?: number }).errcode ?? 0
  switch (resultCode & 0xff) {
    case SQLITE_BUSY:
      return new NodeDiskError(
        'in-use',
        `another process uses ${file}: stop it, or give this node a GP_DATADIR of its own`,
        { cause },
      )
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return new NodeDiskError(
        'corrupt',
        `${file} is damaged: it holds what this node has signed. Move it aside, and put no older copy in its place; the node then waits for a full round before it signs`,
        { cause },
      )
    default:
      return new NodeDiskError('unusable', `${file} cannot be used (${(cause as Error).message}): check GP_DATADIR`, {
        cause,
      })
  }
}
