import type { DatabaseSync } from 'node:sqlite'

/** "GPnd" in SQLite's application_id field: tells our file from anybody else's. */
const APPLICATION_ID = 0x47506e64

/** What each version adds to the one before; the first stands on nothing. What was released is never changed. */
const VERSIONS: readonly string[] = [
  `
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
  `,
  `
  CREATE TABLE outbox (
    id             TEXT PRIMARY KEY,
    network        TEXT    NOT NULL,
    pair           TEXT    NOT NULL,
    proposer       TEXT    NOT NULL,
    round          INTEGER NOT NULL,
    price          TEXT    NOT NULL,
    observed_at    INTEGER NOT NULL,
    source         TEXT    NOT NULL,
    signatures     TEXT    NOT NULL,
    last_signed_at INTEGER NOT NULL,
    parked         TEXT
  ) STRICT, WITHOUT ROWID;
  `,
  `
  CREATE TABLE quorums (
    network TEXT    NOT NULL,
    from_ms INTEGER NOT NULL,
    minimum INTEGER NOT NULL,
    PRIMARY KEY (network, from_ms)
  ) STRICT, WITHOUT ROWID;
  `,
]

/** Why a file is not one of ours that this version can use. */
export type SchemaFault = 'foreign' | 'newer' | 'damaged'

/** Brings a database to the newest version, with all that it holds; changes nothing when it answers with a fault. */
export function prepareSchema(database: DatabaseSync): SchemaFault | undefined {
  const { tables } = database.prepare('SELECT count(*) AS tables FROM sqlite_schema').get() as { tables: number }
  const version = tables === 0 ? 0 : pragma(database, 'user_version')
  if (tables > 0) {
    if (pragma(database, 'application_id') !== APPLICATION_ID) return 'foreign'
    if (!isWhole(database)) return 'damaged'
    if (version > VERSIONS.length) return 'newer'
  }
  for (const step of VERSIONS.slice(version)) database.exec(step)
  if (version < VERSIONS.length) {
    database.exec(`PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${VERSIONS.length};`)
  }
  return undefined
}

function isWhole(database: DatabaseSync): boolean {
  const { quick_check: found } = database.prepare('PRAGMA quick_check(1)').get() as { quick_check: string }
  return found === 'ok'
}

function pragma(database: DatabaseSync, name: 'application_id' | 'user_version'): number {
  return (database.prepare(`PRAGMA ${name}`).get() as Record<typeof name, number>)[name]
}
