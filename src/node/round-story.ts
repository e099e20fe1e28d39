import type { RoundStory, StatementStory } from '../api/node-view.ts'
import type { Address } from '../core/address.ts'
import type { Clock } from '../core/clock.ts'
import { counted } from '../core/counted.ts'
import type { NetworkConstants } from '../core/network.ts'
import { type Round, roundAt, type StatementId } from '../core/statement.ts'
import type { RoundBook, RoundNotes } from './round-book.ts'
import { utcText } from './utc-text.ts'

export interface RoundStoryComponents {
  readonly book: Pick<RoundBook, 'notes'>
  readonly why: (id: StatementId) => StatementStory
  readonly clock: Clock
  readonly constants: NetworkConstants
  readonly own: Address
  /** When this node was started, on the wall clock. */
  readonly startedAtMs: number
}

const NOTHING: RoundNotes = { ids: new Set(), faults: new Map(), mostPeers: undefined }

/** What is known of a round: what came of it, and where nothing came, why. */
export function storyOfRound(components: RoundStoryComponents, round: Round): RoundStory {
  const { book, why, clock, constants } = components
  const known = book.notes(round)
  const notes = known ?? NOTHING
  const stories = [...notes.ids].map(why)
  const times = { startMs: round * constants.intervalMs, endMs: (round + 1) * constants.intervalMs }
  const sentences = [...whenWasIt(components, { round, ...times }), ...whatCame(components, { round, notes, stories })]
  const isKnown = known !== undefined || clock.now().wallMs < times.startMs
  return { round, ...times, isKnown, sentences, stories }
}

function whenWasIt(
  { clock, startedAtMs }: RoundStoryComponents,
  { round, startMs, endMs }: Pick<RoundStory, 'round' | 'startMs' | 'endMs'>,
): readonly string[] {
  const nowMs = clock.now().wallMs
  if (nowMs < startMs) return [`Round ${round} has not begun: it begins at ${utcText(startMs)}.`]
  const lasts = nowMs < endMs ? 'lasts' : 'lasted'
  const sentences = [`Round ${round} ${lasts} from ${utcText(startMs)} to ${utcText(endMs)}.`]
  if (endMs <= startedAtMs)
    sentences.push(`This node was started later, at ${utcText(startedAtMs)}, and saw nothing of it.`)
  else if (startMs < startedAtMs) sentences.push(`This node was started within it, at ${utcText(startedAtMs)}.`)
  return sentences
}

function whatCame(
  components: RoundStoryComponents,
  {
    round,
    notes,
    stories,
  }: { readonly round: Round; readonly notes: RoundNotes; readonly stories: readonly StatementStory[] },
): readonly string[] {
  const { clock, constants, startedAtMs } = components
  const { intervalMs } = constants
  if (round > roundAt(clock.now().wallMs, intervalMs) || (round + 1) * intervalMs <= startedAtMs) return []
  if (notes === NOTHING) {
    const isBeforeStart = round * intervalMs < startedAtMs
    return [isBeforeStart ? 'This node saw nothing of it.' : 'It is longer ago than this node remembers.']
  }
  return [countedStories(stories), ...whatWeDid(components, { round, notes }), ...whoWasThere(notes)]
}

function countedStories(stories: readonly StatementStory[]): string {
  if (stories.length === 0) return 'No statement of it came here: nobody whom this node hears has proposed a price.'
  const counts = [...Map.groupBy(stories, ({ phase }) => phase)].map(([phase, those]) => `${those.length} ${phase}`)
  return `${counted(stories.length, 'statement')} of it came here: ${counts.join(', ')}.`
}

/** What this node did about the round itself, where it has not proposed a price. */
function whatWeDid(
  { constants: { signers, pairs }, own }: RoundStoryComponents,
  { round, notes }: { readonly round: Round; readonly notes: RoundNotes },
): readonly string[] {
  if (!signers.allows(own, round)) return ['This node is an observer: it proposes no prices.']
  return pairs.flatMap((pair) => {
    const reason = notes.faults.get(pair)
    return reason === undefined ? [] : [`This node proposed no price of ${pair}: ${reason}.`]
  })
}

function whoWasThere({ mostPeers }: RoundNotes): readonly string[] {
  if (mostPeers === undefined) return []
  if (mostPeers === 0) return ['This node was connected to no other one of the network.']
  return [`This node was connected to ${counted(mostPeers, 'other')} of the network at most.`]
}
