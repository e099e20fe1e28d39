import type { Clock } from '../core/clock.ts'
import type { NetworkConstants } from '../core/network.ts'
import type { Observation } from '../core/price-feed.ts'
import type { PriceStatement, SignatureSet, StatementId } from '../core/statement.ts'
import { refuseByDeviation, refuseByWindow } from './co-sign-policy.ts'
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
  /** The signatures held over a statement at this moment. */
  readonly held: (id: StatementId) => SignatureSet | undefined
}

/**
 * Signs what this node can vouch for: recent, the first of its slot, and close to a price that it has seen itself.
 * The one place that reads like the co-sign policy; each `refuse…` is a clause of it.
 */
export async function coSign(
  { signer, observations, clock, held }: CoSignerComponents,
  options: {
    readonly id: StatementId
    readonly statement: PriceStatement
    readonly constants: Pick<NetworkConstants, 'maxDeviation' | 'signers'>
  },
): Promise<SignerAnswer> {
  const { id, statement, constants } = options
  if (!constants.signers.allows(signer.address, statement.round)) {
    return { refusal: { code: 'not-a-signer', message: 'this node is no signer of the round' } }
  }
  const atOnce = signer.refuse(id, statement) ?? refuseByWindow(statement.observedAt, clock.now().wallMs)
  if (atOnce !== undefined) return { refusal: atOnce }

  const own = await observations.near(statement.pair, {
    observedAtMs: statement.observedAt,
    withinMs: CO_SIGN_PAST_MS,
    untilMs: statement.observedAt + CO_SIGN_PAST_MS,
  })
  if ('reason' in own) return { refusal: { code: 'feed-down', message: own.reason } }

  const afterwards =
    refuseByWindow(statement.observedAt, clock.now().wallMs) ??
    refuseByDeviation(statement.price, { price: own.price, maxDeviation: constants.maxDeviation })
  if (afterwards !== undefined) return { refusal: afterwards }
  return signer.sign({ id, statement, held: held(id) ?? new Map() })
}
