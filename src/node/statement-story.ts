import type { AbsentSigner, StatementStory } from '../api/node-view.ts'
import type { Phase } from '../consensus/effects.ts'
import type { PoolView } from '../consensus/holdings.ts'
import type { HeldStatement } from '../consensus/holdings.ts'
import { CO_SIGN_PAST_MS, collectWindowEnd } from '../consensus/windows.ts'
import type { Address } from '../core/address.ts'
import type { Clock } from '../core/clock.ts'
import { counted } from '../core/counted.ts'
import type { NetworkConstants } from '../core/network.ts'
import { formatPrice } from '../core/price.ts'
import type { Attestation, PriceStatement, StatementId } from '../core/statement.ts'
import { type ShownStatement, heldRefusal } from './pending-statement.ts'
import type { SeenNodes } from './seen-nodes.ts'
import type { StatementNews, StatementWatch } from './statement-watch.ts'
import type { StoryBook } from './story-book.ts'
import { utcText } from './utc-text.ts'

export interface StoryComponents {
  readonly pool: Pick<PoolView, 'heldOf'>
  readonly book: Pick<StoryBook, 'story' | 'ended'>
  readonly watch: Pick<StatementWatch, 'lateSigners'>
  readonly nodes: Pick<SeenNodes, 'isThere' | 'lastHeardMs' | 'lostSinceMs' | 'heardWithin'>
  readonly clock: Clock
  readonly constants: NetworkConstants
  readonly own: Address
  /** Why the table cannot be written now; undefined when it can, as far as is known. */
  readonly tableFault: () => string | undefined
}

/** For so long a signer that nobody lists is missed, milliseconds. */
const MISSED_FOR_MS = 3_600_000

/** What is known of a statement, and what it lacks, in plain sentences. */
export function storyOf(components: StoryComponents, id: StatementId): StatementStory {
  const ended = components.book.story(id)
  if (ended !== undefined) return ended
  const held = components.pool.heldOf(id, components.clock.now())
  if (held !== undefined) return tell(components, held)
  return {
    id,
    phase: 'unknown',
    sentences: [
      'This node holds nothing of it: it never came here, or that is longer ago than this node remembers, or this node has been started since.',
    ],
    missing: [],
    wouldPass: undefined,
  }
}

/** Nothing becomes of a statement after these. */
const ENDS: ReadonlySet<Phase> = new Set(['committed', 'disputed', 'parked', 'expired'])

/** Keeps the story of a statement that has ended, as it is now. */
export function keepEnd(
  components: StoryComponents,
  { to, attestation, refusals }: Pick<Extract<StatementNews, { kind: 'moved' }>, 'to' | 'attestation' | 'refusals'>,
): void {
  if (ENDS.has(to)) components.book.ended(tell(components, { ...attestation, phase: to, refusals }))
}

function tell(components: StoryComponents, shown: ShownStatement | HeldStatement): StatementStory {
  const { id, statement, phase } = shown
  const missing = absentSigners(components, shown)
  return {
    id,
    phase,
    sentences: [describe(statement), signed(shown, components.constants), ...outlook(components, shown)],
    missing,
    wouldPass: phase === 'collecting' ? whatWouldPass(components, { shown, missing }) : undefined,
  }
}

function describe({ pair, price, round, proposer, observedAt }: PriceStatement): string {
  return `${pair} at ${formatPrice(price)}, proposed by ${proposer} in round ${round}, observed at ${utcText(observedAt)}.`
}

function signed({ signatures }: Pick<Attestation, 'signatures'>, { minimumSigners }: NetworkConstants): string {
  const who = [...signatures.keys()].toSorted().join(', ')
  return `${signatures.size} ${signatures.size === 1 ? 'signer has' : 'signers have'} signed, and a quorum takes ${minimumSigners}: ${who}.`
}

function outlook({ tableFault, constants }: StoryComponents, shown: ShownStatement | HeldStatement): readonly string[] {
  const { phase, statement, quietEndsInMs = 0 } = shown
  switch (phase) {
    case 'collecting':
      return [
        `It has no quorum yet. Without one it expires at ${utcText(collectWindowEnd(statement.round, constants.intervalMs))}.`,
      ]
    case 'quorum':
      return [`It has a quorum: its row is due in ${seconds(quietEndsInMs)}, or later if somebody signs meanwhile.`]
    case 'closed': {
      const fault = tableFault()
      if (quietEndsInMs > 0) return [`Its set is closed: its row is due in ${seconds(quietEndsInMs)}.`]
      return fault === undefined
        ? ['Its set is closed, and its row is being written, by this node or by another whose turn is sooner.']
        : [`Its row is due, and the table cannot be written: ${fault.replace(/\.$/, '')}.`]
    }
    case 'committed':
      return []
    case 'disputed':
      return ['It reached a quorum beside another statement of its slot that is in the table: the slot is disputed.']
    case 'parked':
      return ['It has a quorum, and the database refuses its row for good: the log of this node has the reason.']
    case 'expired':
      return [
        `It had no quorum when collecting ended, at ${utcText(collectWindowEnd(statement.round, constants.intervalMs))}: nothing makes it pass any more, and later rounds have prices of their own.`,
      ]
  }
}

function absentSigners(components: StoryComponents, shown: ShownStatement | HeldStatement): readonly AbsentSigner[] {
  const { id, statement, signatures, refusals } = shown
  const { own, nodes, constants, watch } = components
  const late = watch.lateSigners(id)
  const isFull = signatures.size >= constants.maximumSigners
  // An open network lists nobody: those are missing there who were heard not long ago.
  const listed = constants.signers.open
    ? [own, ...nodes.heardWithin(MISSED_FOR_MS)]
    : constants.signers.signersAt(statement.round)
  const awaited = [...new Set([...listed, ...refusals.keys(), ...late.keys()])].filter(
    (signer) => !signatures.has(signer),
  )
  return awaited.toSorted().map((signer) => {
    const signedRefusal = refusals.get(signer)
    if (signedRefusal !== undefined) return heldRefusal(signedRefusal, statement)
    const atMs = late.get(signer)
    if (atMs !== undefined) return lateSigner(signer, atMs)
    const silent = silentSigner(components, signer)
    return silent.reason === 'silent' && isFull ? spareSigner(signer) : silent
  })
}

/** @param atMs - when its signature came, on the wall clock */
export function lateSigner(signer: Address, atMs: number): AbsentSigner {
  const sentence = `${signer} signed late: a signature came from it at ${utcText(atMs)}, when the set had closed, and the row stands without it.`
  return { signer, reason: 'late', sentence }
}

function spareSigner(signer: Address): AbsentSigner {
  return { signer, reason: 'not-needed', sentence: `${signer} was not needed: the set is full.` }
}

function silentSigner({ nodes, own }: StoryComponents, signer: Address): AbsentSigner {
  if (signer === own) {
    return {
      signer,
      reason: 'silent',
      sentence: `${signer}, this node, has not signed: its turn has not come, or its log says why.`,
    }
  }
  const lostMs = nodes.lostSinceMs(signer)
  if (lostMs !== undefined) {
    const sentence = `${signer} is not connected since ${utcText(lostMs)}, and was not heard since.`
    return { signer, reason: 'not-connected', sentence }
  }
  const heardMs = nodes.lastHeardMs(signer)
  if (nodes.isThere(signer)) {
    const last = heardMs === undefined ? 'is there' : `was there when it was last heard, at ${utcText(heardMs)}`
    return { signer, reason: 'silent', sentence: `${signer} ${last}, and has neither signed nor refused.` }
  }
  return heardMs === undefined
    ? { signer, reason: 'never-heard', sentence: `${signer} was never heard since this node started.` }
    : {
        signer,
        reason: 'not-connected',
        sentence: `${signer} is not connected since it was last heard, at ${utcText(heardMs)}.`,
      }
}

function whatWouldPass(
  { clock, constants }: StoryComponents,
  { shown, missing }: { readonly shown: ShownStatement; readonly missing: readonly AbsentSigner[] },
): string {
  const { statement, signatures, refusals } = shown
  const lacking = constants.minimumSigners - signatures.size
  const { open } = constants.signers
  const willing = missing.filter(({ signer }) => !refusals.has(signer)).length
  const needed = counted(lacking, 'more signature')
  if (!open && willing < lacking) {
    return `${needed}, and ${whoRefused(missing.length, { willing })}: as it is, it will expire.`
  }
  const who =
    willing === 1
      ? 'the only signer that is missing and has not refused'
      : `the ${willing} signers that are missing and have not refused`
  const what = open ? needed : `${needed} of ${who}`
  const signedUntilMs = Math.min(
    statement.observedAt + CO_SIGN_PAST_MS,
    collectWindowEnd(statement.round, constants.intervalMs),
  )
  const leftMs = signedUntilMs - clock.now().wallMs
  return leftMs > 0
    ? `${what}: it can be signed for ${seconds(leftMs)} more.`
    : `${what}, made by ${utcText(signedUntilMs)} and not here yet: nobody signs it any more.`
}

function whoRefused(missing: number, { willing }: { readonly willing: number }): string {
  if (missing === 0) return 'no signer of its round is missing'
  if (missing === 1 && willing === 0) return 'the only signer that is missing has refused'
  const who = willing === 0 ? `all ${missing} signers` : `${missing - willing} of the ${missing} signers`
  return willing === missing
    ? `only ${counted(missing, 'signer')} may still sign`
    : `${who} that are missing have refused`
}

function seconds(ms: number): string {
  return `${Math.ceil(ms / 1_000)} s`
}
