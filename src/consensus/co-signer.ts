import type { Address } from '../core/address.ts'
import type { Clock } from '../core/clock.ts'
import type { NetworkConstants } from '../core/network.ts'
import type { Observation } from '../core/price-feed.ts'
import type { PriceStatement, Round, StatementId } from '../core/statement.ts'
import { type Objection, refuseByDeviation, refuseByWindow } from './co-sign-policy.ts'
import { CO_SIGN_PATIENCE_MS, type CoSignLots, coSignDelayMs } from './co-sign-turn.ts'
import type { Holdings } from './holdings.ts'
import type { Signer, SignerAnswer } from './signer.ts'
import { CO_SIGN_PAST_MS, collectWindowEnd, priceAwaitedUntil } from './windows.ts'

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
  /** @default hashes that are made anew each time */
  readonly lots?: CoSignLots | undefined
  /** What is held at the moment when it is asked. */
  readonly holdings: Pick<Holdings, 'signaturesOf' | 'isOpen' | 'isContested' | 'signersAround'>
}

export interface CoSignOptions {
  readonly id: StatementId
  readonly statement: PriceStatement
  readonly constants: Pick<NetworkConstants, 'intervalMs' | 'maxDeviation' | 'maximumSigners' | 'signers'>
  /** Ends the wait for a turn. */
  readonly signal?: AbortSignal
}

/** A signature; what speaks against one; or neither, when the set has closed meanwhile and takes none. */
export type CoSignAnswer = SignerAnswer | { readonly notNeeded: true }

/**
 * Signs what this node can vouch for when its turn has come: recent, the only one of its slot, and close to a price that
 * it has seen itself. The one place that reads like the co-sign policy; each `refuse…` is a clause of it.
 *
 * @throws the reason of the signal, when it aborts while this node waits for its turn
 */
export async function coSign(components: CoSignerComponents, options: CoSignOptions): Promise<CoSignAnswer> {
  const { signer, observations, clock, holdings, lots } = components
  const { id, statement, constants } = options
  if (!constants.signers.allows(signer.address, statement.round)) {
    return { objection: { code: 'not-a-signer', message: 'this node is no signer of the round' } }
  }
  const delayMs = coSignDelayMs(
    { id, proposer: statement.proposer, own: signer.address },
    { among: signersOf(statement.round, components, constants), maximumSigners: constants.maximumSigners, lots },
  )
  const wait = async (ms: number): Promise<void> => {
    if (ms > 0) await clock.sleep(ms, options.signal)
  }
  await wait(shortened(delayMs, { clock, options }))

  if (!holdings.isOpen(id)) return NOT_NEEDED
  const refuseContested = (): Objection | undefined => (holdings.isContested(statement) ? CONTESTED : undefined)
  const atOnce =
    signer.refuse(id, statement) ?? refuseContested() ?? refuseByWindow(statement.observedAt, clock.now().wallMs)
  if (atOnce !== undefined) return { objection: atOnce }

  const askedAtMs = clock.now().monoMs
  const own = await observations.near(statement.pair, {
    observedAtMs: statement.observedAt,
    withinMs: CO_SIGN_PAST_MS,
    untilMs: priceAwaitedUntil(statement, constants.intervalMs),
  })
  // A feed that was down comes back, or is given up, for all at once: who had to wait for it takes turns again.
  if (clock.now().monoMs - askedAtMs > CO_SIGN_PATIENCE_MS) {
    await wait('reason' in own ? delayMs : shortened(delayMs, { clock, options }))
  }

  // The set may have closed, and its rival come, while this node waited for a price. That others were enough meanwhile
  // does not say why this one is missing; of a set that is full nobody asks.
  const isFull = (holdings.signaturesOf(id)?.size ?? 0) >= constants.maximumSigners
  if ('reason' in own && !isFull) return { objection: { code: 'feed-down', message: own.reason } }
  if ('reason' in own || !holdings.isOpen(id)) return NOT_NEEDED
  const afterwards =
    refuseContested() ??
    refuseByWindow(statement.observedAt, clock.now().wallMs) ??
    refuseByDeviation(statement.price, { price: own.price, maxDeviation: constants.maxDeviation })
  if (afterwards !== undefined) return { objection: afterwards }
  return signer.sign({ id, statement, held: holdings.signaturesOf(id) ?? new Map() })
}

/** Nobody knows all who may sign in an open network: there it is those of whom something was heard lately. */
function signersOf(
  round: Round,
  { holdings }: CoSignerComponents,
  { signers }: CoSignOptions['constants'],
): readonly Address[] {
  return signers.open ? holdings.signersAround(round) : signers.signersAt(round)
}

/** However late a statement came, half of the time in which it can still be signed is left for its price. */
function shortened(
  delayMs: number,
  { clock, options }: { readonly clock: Clock; readonly options: CoSignOptions },
): number {
  const { statement, constants } = options
  const endMs = Math.min(
    statement.observedAt + CO_SIGN_PAST_MS,
    collectWindowEnd(statement.round, constants.intervalMs),
  )
  const leftMs = endMs - clock.now().wallMs
  return leftMs > 0 ? Math.min(delayMs, leftMs / 2) : delayMs
}

const NOT_NEEDED = { notNeeded: true } as const

const CONTESTED: Objection = {
  code: 'slot-contested',
  message: 'its proposer made another statement of the slot; nothing more of this slot is signed',
}
