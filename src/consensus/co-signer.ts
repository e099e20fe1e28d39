import type { Clock } from '../core/clock.ts'
import type { NetworkConstants } from '../core/network.ts'
import type { Observation } from '../core/price-feed.ts'
import type { PriceStatement, StatementId } from '../core/statement.ts'
import { type Objection, refuseByDeviation, refuseByWindow } from './co-sign-policy.ts'
import type { Holdings } from './engine.ts'
import type { Signer, SignerAnswer } from './signer.ts'
import { CO_SIGN_PAST_MS } from './windows.ts'

/** What this node has seen of a price, or sees when asked. */
export interface OwnObservations {
  /**
   * The observation of `pair` made nearest to `observedAtMs` and within `withinMs` of it; fetched now if there is none,
   * and tried again until `untilMs` while the feed is down. All in milliseconds.
   */
  near(
    pair: string,
    options: { readonly observedAtMs: number; readonly withinMs: number; readonly untilMs: number },
  ): Promise<Observation | { readonly reason: string }>
}

export interface CoSignerComponents {
  readonly signer: Signer
  readonly observations: OwnObservations
  readonly clock: Clock
  /** What is held at the moment when it is asked. */
  readonly holdings: Pick<Holdings, 'signaturesOf' | 'isContested'>
}

/**
 * Signs what this node can vouch for: recent, the only one of its slot, and close to a price that it has seen itself.
 * The one place that reads like the co-sign policy; each `refuse…` is a clause of it.
 */
export async function coSign(
  { signer, observations, clock, holdings }: CoSignerComponents,
  options: {
    readonly id: StatementId
    readonly statement: PriceStatement
    readonly constants: Pick<NetworkConstants, 'maxDeviation' | 'signers'>
  },
): Promise<SignerAnswer> {
  const { id, statement, constants } = options
  if (!constants.signers.allows(signer.address, statement.round)) {
    return { objection: { code: 'not-a-signer', message: 'this node is no signer of the round' } }
  }
  const refuseContested = (): Objection | undefined => (holdings.isContested(statement) ? CONTESTED : undefined)
  const atOnce =
    signer.refuse(id, statement) ?? refuseContested() ?? refuseByWindow(statement.observedAt, clock.now().wallMs)
  if (atOnce !== undefined) return { objection: atOnce }

  const own = await observations.near(statement.pair, {
    observedAtMs: statement.observedAt,
    withinMs: CO_SIGN_PAST_MS,
    untilMs: statement.observedAt + CO_SIGN_PAST_MS,
  })
  if ('reason' in own) return { objection: { code: 'feed-down', message: own.reason } }

  // Its rival may have come while this node waited for a price.
  const afterwards =
    refuseContested() ??
    refuseByWindow(statement.observedAt, clock.now().wallMs) ??
    refuseByDeviation(statement.price, { price: own.price, maxDeviation: constants.maxDeviation })
  if (afterwards !== undefined) return { objection: afterwards }
  return signer.sign({ id, statement, held: holdings.signaturesOf(id) ?? new Map() })
}

const CONTESTED: Objection = {
  code: 'slot-contested',
  message: 'its proposer made another statement of the slot; nothing more of this slot is signed',
}
