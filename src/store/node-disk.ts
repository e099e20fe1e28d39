import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Address } from '../core/address.ts'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { Outbox } from '../core/outbox.ts'
import type { SignOnceMemory } from '../core/sign-once.ts'
import { moveAside, withLock } from './move-aside.ts'
import { NodeDiskError, damaged, explain } from './node-disk-error.ts'
import { prepareSchema } from './node-disk-schema.ts'
import { SqliteOutbox } from './sqlite-outbox.ts'
import { SqlitePeerBook } from './sqlite-peer-book.ts'
import { SqliteQuorums } from './sqlite-quorums.ts'
import { SqliteSignOnceMemory } from './sqlite-sign-once.ts'

const FILE = 'node.sqlite'

/** Rounds that began while another disk may have been signing, its clock ahead of ours by this much, are left alone. */
const OTHER_CLOCKS_AHEAD_MS = 10_000

export interface NodeDiskComponents {
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * A node's own disk: what it has signed, what it owes to the table, which peers it knows, and what made a quorum. One
 * SQLite file in its data directory, in WAL mode with synchronous=FULL, so that what was written outlives a power cut;
 * locked, so that two processes cannot sign with one memory. A file that is damaged, or of something else, is moved
 * aside with an error, and an empty one takes its place: a signer whose memory is not there waits for a full round.
 */
export class NodeDisk {
  readonly #database: DatabaseSync
  readonly #clock: Clock
  readonly outbox: Outbox
  readonly peers: SqlitePeerBook
  readonly quorums: SqliteQuorums

  /** @throws {NodeDiskError} */
  constructor(components: NodeDiskComponents, { directory }: { readonly directory: string }) {
    this.#clock = components.clock
    this.#database = open(components, join(directory, FILE))
    this.outbox = new SqliteOutbox(this.#database)
    this.peers = new SqlitePeerBook(this.#database)
    this.quorums = new SqliteQuorums(this.#database)
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

function open(components: NodeDiskComponents, file: string): DatabaseSync {
  const first = tryToOpen(file)
  if (first instanceof DatabaseSync) return first
  if (whyAside(first) === undefined) throw first
  try {
    return withLock(file, () => openAfresh(components, file))
  } catch (error) {
    throw explain(error, file)
  }
}

/** Looks again, now that nobody else can be about to move it. */
function openAfresh({ clock, logger }: NodeDiskComponents, file: string): DatabaseSync {
  const opened = tryToOpen(file)
  if (opened instanceof DatabaseSync) return opened
  const why = whyAside(opened)
  if (why === undefined) throw opened
  const aside = moveAside(file, { why, wallMs: clock.now().wallMs })
  logger.error(
    `${opened.message}. It was moved to ${aside}, and the node goes on with a new one: its key waits for a full round before it signs, and rows that waited in the old one are lost here unless another node has them. Never put it, or an older copy, back`,
    { file: aside, error: opened },
  )
  const again = tryToOpen(file)
  if (again instanceof DatabaseSync) return again
  throw again
}

function whyAside({ code }: NodeDiskError): 'damaged' | 'foreign' | undefined {
  if (code === 'corrupt') return 'damaged'
  return code === 'foreign' ? code : undefined
}

function tryToOpen(file: string): DatabaseSync | NodeDiskError {
  let database: DatabaseSync | undefined
  try {
    mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 })
    // SQLite would remove such a journal without a word: the database that it belongs to is gone.
    if (sizeOf(file) === 0 && sizeOf(`${file}-wal`) > 0) return damaged(file)
    database = new DatabaseSync(file)
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = FULL;')
    // The lock is deferred to the first transaction, so this takes it and tells at once who else holds it.
    database.exec('BEGIN EXCLUSIVE')
    prepare(database, file)
    database.exec('COMMIT')
    // The journal mode stays in the file: only now is it known to be ours to change.
    database.exec('PRAGMA journal_mode = WAL')
    return database
  } catch (error) {
    if (database?.isOpen === true) database.close()
    return explain(error, file)
  }
}

function prepare(database: DatabaseSync, file: string): void {
  switch (prepareSchema(database)) {
    case 'foreign':
      throw new NodeDiskError('foreign', `${file} is a database of something else`)
    case 'newer':
      throw new NodeDiskError('newer', `${file} was written by a newer gossip-price: use that version or newer`)
    case 'damaged':
      throw damaged(file)
    case undefined:
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}
