import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Address } from '../core/address.ts'
import { type Hex, fromHex, toHex } from '../core/hex.ts'
import type { Price } from '../core/price.ts'
import type { SignOnceMemory, Slot } from '../core/sign-once.ts'
import type { Attestation, Round, StatementId } from '../core/statement.ts'

interface SignedRow {
  readonly network: string
  readonly pair: string
  readonly proposer: Address
  readonly round: Round
  readonly id: StatementId
  readonly price: string
  readonly observed_at: number
  readonly source: string
  readonly signatures: string
}

const NO_ROUND = -1 as Round

/** The sign-once memory of one signer, in the SQLite file of its node. */
export class SqliteSignOnceMemory implements SignOnceMemory {
  readonly completeFromMs: number
  readonly #database: DatabaseSync
  readonly #signer: Address
  readonly #signedIn: StatementSync
  readonly #lowWater: StatementSync
  readonly #remember: StatementSync
  readonly #since: StatementSync
  readonly #raise: StatementSync
  readonly #forget: StatementSync

  constructor(database: DatabaseSync, signer: Address) {
    this.#database = database
    this.#signer = signer
    this.#signedIn = database.prepare(
      'SELECT id FROM signed WHERE signer = ? AND network = ? AND pair = ? AND proposer = ? AND round = ?',
    )
    this.#lowWater = database.prepare(
      'SELECT round FROM low_water WHERE signer = ? AND network = ? AND pair = ? AND proposer = ?',
    )
    this.#remember = database.prepare(
      `INSERT INTO signed (signer, network, pair, proposer, round, id, price, observed_at, source, signatures)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET signatures = excluded.signatures WHERE signed.id = excluded.id`,
    )
    this.#since = database.prepare('SELECT * FROM signed WHERE signer = ? AND network = ? AND round >= ?')
    this.#raise = database.prepare(
      `INSERT INTO low_water (signer, network, pair, proposer, round)
       SELECT signer, network, pair, proposer, max(round) FROM signed WHERE signer = ? AND network = ? AND round < ?
       GROUP BY signer, network, pair, proposer
       ON CONFLICT DO UPDATE SET round = max(low_water.round, excluded.round)`,
    )
    this.#forget = database.prepare('DELETE FROM signed WHERE signer = ? AND network = ? AND round < ?')
    const row = database.prepare('SELECT complete_from_ms FROM memory WHERE signer = ?').get(signer)
    this.completeFromMs = (row as { complete_from_ms: number }).complete_from_ms
  }

  signedIn({ network, pair, proposer, round }: Slot): StatementId | undefined {
    const row = this.#signedIn.get(this.#signer, network, pair, proposer, round)
    return (row as { id: StatementId } | undefined)?.id
  }

  lowWaterMark({ network, pair, proposer }: Omit<Slot, 'round'>): Round {
    const row = this.#lowWater.get(this.#signer, network, pair, proposer)
    return (row as { round: Round } | undefined)?.round ?? NO_ROUND
  }

  remember(attestations: readonly Attestation[]): void {
    this.#transaction(() => {
      for (const { id, statement, signatures } of attestations) {
        const { changes } = this.#remember.run(
          this.#signer,
          statement.network,
          statement.pair,
          statement.proposer,
          statement.round,
          id,
          statement.price.toString(),
          statement.observedAt,
          statement.source,
          JSON.stringify([...signatures].map(([signer, signature]) => [signer, toHex(signature)])),
        )
        if (changes === 0) throw new Error(`another statement of the slot of ${id} is signed already`)
      }
    })
  }

  since(network: string, round: Round): Attestation[] {
    return (this.#since.all(this.#signer, network, round) as unknown as SignedRow[]).map(attestationOf)
  }

  forgetBefore(network: string, round: Round): void {
    this.#transaction(() => {
      this.#raise.run(this.#signer, network, round)
      this.#forget.run(this.#signer, network, round)
    })
  }

  #transaction(write: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      write()
      this.#database.exec('COMMIT')
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
  }
}

function attestationOf(row: SignedRow): Attestation {
  const { network, pair, round, source, proposer } = row
  const price = BigInt(row.price) as Price
  const signatures = JSON.parse(row.signatures) as [Address, Hex][]
  return {
    id: row.id,
    statement: { network, pair, price, round, observedAt: row.observed_at, source, proposer },
    signatures: new Map(signatures.map(([signer, signature]) => [signer, fromHex(signature)])),
  }
}
