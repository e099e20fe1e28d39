import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Address } from '../core/address.ts'
import type { SignOnceMemory, Slot } from '../core/sign-once.ts'
import type { Attestation, Round, StatementId } from '../core/statement.ts'
import { ATTESTATION_COLUMNS, type AttestationRecord, attestationOf, attestationValues } from './sqlite-attestation.ts'
import { inTransaction } from './sqlite-transaction.ts'

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
      `INSERT INTO signed (signer, ${ATTESTATION_COLUMNS})
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
    inTransaction(this.#database, () => {
      for (const attestation of attestations) {
        const { changes } = this.#remember.run(this.#signer, ...attestationValues(attestation))
        if (changes === 0) throw new Error(`another statement of the slot of ${attestation.id} is signed already`)
      }
    })
  }

  since(network: string, round: Round): Attestation[] {
    return (this.#since.all(this.#signer, network, round) as unknown as AttestationRecord[]).map(attestationOf)
  }

  forgetBefore(network: string, round: Round): void {
    inTransaction(this.#database, () => {
      this.#raise.run(this.#signer, network, round)
      this.#forget.run(this.#signer, network, round)
    })
  }
}
