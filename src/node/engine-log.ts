import type { Objection } from '../consensus/co-sign-policy.ts'
import type { EngineEffect } from '../consensus/effects.ts'
import type { OwedFault } from '../consensus/owed-row.ts'
import type { Address } from '../core/address.ts'
import type { Counters } from '../core/counters.ts'
import { type Equivocation, isByProposer } from '../core/equivocation.ts'
import type { Logger } from '../core/logger.ts'
import type { WriteOutcome } from '../core/price-table.ts'
import { formatPrice } from '../core/price.ts'
import type { SignedRefusal } from '../core/refusal.ts'
import type { Attestation, PriceStatement, StatementId } from '../core/statement.ts'
import { refusalPhrase } from './refusal-phrase.ts'

type Named = Pick<Attestation, 'id' | 'statement'>
type Moved = Extract<EngineEffect, { kind: 'moved' }>

/** Refusals that the end of a statement is explained with; the others are counted. */
const PHRASES_LIMIT = 4

const IF_STOLEN =
  'stop every process but one that uses the key; if there is no other, it is stolen: make a new one with gossip-price keys new, and have this one taken out of GP_SIGNERS'

/** What happens to statements, in sentences for operators and in counters. */
export class EngineLog {
  readonly #logger: Logger
  readonly #counters: Counters
  readonly #minimumSigners: number
  readonly #own: Address
  #saidForeign = false

  constructor(
    { logger, counters }: { readonly logger: Logger; readonly counters: Counters },
    /** `own`: the address of this node's key. */
    { minimumSigners, own }: { readonly minimumSigners: number; readonly own: Address },
  ) {
    this.#logger = logger
    this.#counters = counters
    this.#minimumSigners = minimumSigners
    this.#own = own
  }

  proposed({ id, statement }: Named): void {
    this.#logger.info(`proposed ${describe(statement)}`, { round: statement.round, id })
    this.#counters.add('gp_statements_proposed_total', { pair: statement.pair })
  }

  notProposed(message: string, { pair, round }: PriceStatement): void {
    this.#logger.info(`not proposed: ${message}`, { pair, round })
  }

  coSigned({ id, statement }: Named): void {
    this.#logger.debug(`co-signed ${describe(statement)}`, { id, proposer: statement.proposer })
    this.#counters.add('gp_statements_co_signed_total', { pair: statement.pair })
  }

  notNeeded({ id, statement }: Named): void {
    this.#logger.debug(`not co-signed: there are signatures enough over ${describe(statement)}`, { id })
  }

  objected({ code, message }: Objection, { id, statement }: Named): void {
    this.#counters.add('gp_refusals_total', { code })
    const facts = { id, proposer: statement.proposer }
    if (code === 'deviation' || code === 'feed-down') this.#logger.warn(`not co-signed: ${message}`, facts)
    else this.#logger.debug(`not co-signed: ${message}`, facts)
  }

  refused({ refusal, signer }: SignedRefusal): void {
    if (signer === this.#own) return
    this.#logger.debug(`${signer} does not co-sign a statement: ${refusal.reason}`, { id: refusal.statement })
  }

  moved({ id, to, attestation: { statement, signatures }, refusals }: Moved): void {
    this.#counters.add('gp_statements_moved_total', { to })
    const what = describe(statement)
    if (to === 'expired') {
      this.#logger.warn(
        `no quorum for ${what}: ${signatures.size} of ${this.#minimumSigners} signers; ${refusedBy(refusals, statement)}look whether enough nodes run and see the same price`,
        { id, signers: [...signatures.keys()], refusedBy: [...refusals.keys()] },
      )
      return
    }
    this.#logger.debug(`${to}: ${what}`, { id, signers: signatures.size })
  }

  /** What became of a row in the table. One node of several says that it wrote it; the others find it there. */
  settled({ id, statement, signatures }: Attestation, outcome: WriteOutcome): void {
    const what = describe(statement)
    const facts = { id, signers: signatures.size }
    switch (outcome.kind) {
      case 'written':
        this.#logger.info(`committed ${what}`, facts)
        break
      case 'present':
        this.#logger.debug(`committed by another node: ${what}`, facts)
        break
      case 'slot-taken':
        this.#logger.error(`disputed slot: ${what} reached quorum beside the statement that is in the table`, facts)
        break
      case 'refused':
        this.#logger.error(`the database refused ${what} for ever: ${outcome.reason}`, facts)
        break
    }
  }

  /** What was found in the outbox at the start; `aside`: why rows are left there. */
  restored(found: { readonly rows: number; readonly aside: readonly OwedFault[]; readonly parked: number }): void {
    const { rows, aside, parked } = found
    if (rows > 0) {
      this.#counters.add('gp_outbox_restored_total', {}, rows)
      this.#logger.info('rows that waited for Postgres when this node ended are written after a quiet period', { rows })
    }
    for (const [fault, left] of Map.groupBy(aside, (each) => each)) {
      this.#logger.warn(`rows on the disk of this node are not written, and stay there: ${owedPhrase(fault)}`, {
        rows: left.length,
      })
    }
    if (parked > 0) {
      this.#logger.warn(
        'the disk of this node keeps rows that the database refused for good, or that cannot be read; report their reasons',
        {
          rows: parked,
        },
      )
    }
  }

  equivocated(equivocation: Equivocation): void {
    const { signer, slot, statements } = equivocation
    this.#counters.add('gp_equivocations_total')
    const [first, second] = statements.map(({ statement }) => formatPrice(statement.price))
    const did = isByProposer(equivocation) ? 'made two statements' : 'signed two statements by one proposer'
    const what = `${did} of ${slot.pair} in round ${slot.round}, ${first} and ${second}`
    this.#logger.error(
      signer === this.#own
        ? `THIS NODE'S KEY signs elsewhere: ${signer} ${what}, and everybody can prove it; ${IF_STOLEN}`
        : `equivocation: ${signer} ${what}; see the proof with gossip-price evidence list, and take the signer out of GP_SIGNERS unless its operator can explain it`,
      { signer, proposer: slot.proposer, ids: statements.map(({ id }) => id) },
    )
  }

  /** A signature of this node's key that this node did not make. Said once, counted always. */
  foreign({ id, statement }: Named): void {
    this.#counters.add('gp_foreign_signatures_total')
    if (this.#saidForeign) return
    this.#saidForeign = true
    this.#logger.error(
      `somebody else signs with this node's key ${this.#own}: ${describe(statement)} carries a signature of it that was not made here; ${IF_STOLEN}`,
      { id, round: statement.round },
    )
  }

  notKept(error: unknown): void {
    this.#logger.error('the proof of an equivocation was not written: free some space or mend GP_DATADIR', { error })
  }

  notConsidered(id: StatementId, error: unknown): void {
    this.#logger.error('a statement could not be considered; please report this', { id, error })
  }
}

function describe({ pair, price, proposer }: PriceStatement): string {
  return `${pair} ${formatPrice(price)} by ${proposer.slice(0, 8)}`
}

function owedPhrase(fault: OwedFault): string {
  switch (fault) {
    case 'network':
      return 'they are of another GP_NETWORK'
    case 'pair':
      return 'their pair is not in GP_PAIRS any more'
    case 'source':
      return 'they have another GP_SOURCE'
    case 'round':
      return 'their rounds have another length than GP_FETCHPRICEINTERVAL'
    case 'content':
      return 'they are not what was signed; look after the disk, and please report this'
    case 'quorum':
      return 'GP_SIGNERS and GP_MINIMUMSIGNERCOUNT of today leave them no quorum'
  }
}

function refusedBy(refusals: ReadonlyMap<Address, SignedRefusal>, statement: PriceStatement): string {
  if (refusals.size === 0) return ''
  const phrases = [...refusals.values()]
    .slice(0, PHRASES_LIMIT)
    .map(({ signer, refusal }) => `by ${signer.slice(0, 10)}: ${refusalPhrase(refusal, statement)}; `)
  const more = refusals.size > PHRASES_LIMIT ? `and by ${refusals.size - PHRASES_LIMIT} more; ` : ''
  return `refused ${phrases.join('')}${more}`
}
