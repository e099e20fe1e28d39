import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RoundBook } from '../../src/node/round-book.ts'
import { storyOfRound } from '../../src/node/round-story.ts'
import { StoryBook } from '../../src/node/story-book.ts'
import { roundAt, type StatementId } from '../../src/core/statement.ts'
import type { AbsentSigner, RoundStory, StatementStory } from '../../src/api/node-view.ts'
import { constants } from '../helpers/driver-at-work.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { alice, attest, bob, INTERVAL_MS, round as asRound, statement, testSigner } from '../helpers/statements.ts'

const RULES = constants([alice, bob])
const { id } = attest(statement(), alice)

const story = (phase: StatementStory['phase'], overrides: Partial<StatementStory> = {}): StatementStory => ({
  id,
  phase,
  sentences: [],
  missing: [],
  wouldPass: undefined,
  ...overrides,
})

/** Alice's node at the beginning of a round. */
function createRounds(own = alice, clock = new ManualClock()) {
  const book = new RoundBook()
  const startedAtMs = clock.now().wallMs
  const now = (): ReturnType<typeof roundAt> => roundAt(clock.now().wallMs, INTERVAL_MS)
  const tell = (round = now()): RoundStory =>
    storyOfRound({ book, why: () => story('expired'), clock, constants: RULES, own: own.address, startedAtMs }, round)
  const why = (round = now()): string => tell(round).sentences.join(' ')
  return { clock, book, now, why, isKnown: (round = now()) => tell(round).isKnown }
}

describe('the story of a round', () => {
  it('says that nothing was proposed, and why this node has not', () => {
    const { book, now, why } = createRounds()
    book.looked(now(), 0)
    book.failed(now(), { pair: 'ETH-USD', reason: 'coinbase answers with status 500' })
    assert.match(why(), /^Round \d+ lasts from \S+Z to \S+Z\./)
    assert.match(why(), /No statement of it came here: nobody whom this node hears has proposed a price\./)
    assert.match(why(), /This node proposed no price of ETH-USD: coinbase answers with status 500\./)
    assert.match(why(), /This node was connected to no other one of the network\.$/)
  })

  it('forgets what failed once the price is proposed after all', () => {
    const { book, now, why } = createRounds()
    book.failed(now(), { pair: 'ETH-USD', reason: 'nobody answers' })
    book.came(now(), id)
    book.proposed(now(), 'ETH-USD')
    assert.doesNotMatch(why(), /proposed no price/)
    assert.match(why(), /1 statement of it came here: 1 expired\./)
  })

  it('says that an observer proposes nothing, and the most nodes that were there', () => {
    const { book, now, why } = createRounds(testSigner(9))
    book.looked(now(), 2)
    book.looked(now(), 1)
    assert.match(
      why(),
      /This node is an observer: it proposes no prices\. This node was connected to 2 others of the network at most\.$/,
    )
  })

  it('says of the round of its start that it saw nothing of it, where it was over too soon', async () => {
    const { clock, now, why, isKnown } = createRounds()
    const first = now()
    await clock.advance(INTERVAL_MS / 2)
    const late = createRounds(alice, clock)
    await clock.advance(INTERVAL_MS)
    assert.match(late.why(first), /This node was started within it, at \S+Z\. This node saw nothing of it\.$/)
    assert.ok(!late.isKnown(first))
    assert.match(why(first), /It is longer ago than this node remembers\.$/)
    assert.ok(!isKnown(first))
  })

  it('says of rounds to come, before the start, and long ago that nothing can be known of them', async () => {
    const { clock, book, now, why, isKnown } = createRounds()
    const first = now()
    assert.match(why(asRound(first + 1)), /^Round \d+ has not begun: it begins at \S+Z\.$/)
    assert.match(
      why(asRound(first - 1)),
      /lasted from .* This node was started later, at \S+Z, and saw nothing of it\.$/,
    )
    assert.match(why(asRound(9_999_999_999)), /^Round 9999999999 has not begun/)
    assert.deepEqual([isKnown(asRound(first + 1)), isKnown(asRound(first - 1))], [true, false])
    book.looked(first, 1)
    assert.ok(isKnown(first))
    for (let rounds = 0; rounds < 1_024; rounds++) {
      await clock.advance(INTERVAL_MS)
      book.looked(now(), 1)
    }
    assert.match(why(first), /It is longer ago than this node remembers\.$/)
    assert.ok(!isKnown(first))
    assert.doesNotMatch(why(asRound(first + 1)), /longer ago/)
  })
})

const absent = (number: number, reason: AbsentSigner['reason']): AbsentSigner => ({
  signer: `0x${String(number).padStart(40, '0')}` as AbsentSigner['signer'],
  reason,
  sentence: '',
})

const idOf = (number: number): StatementId => `0x${String(number).padStart(64, '0')}` as StatementId

describe('the book of stories', () => {
  it('keeps those who said why they have not signed before those who said nothing', () => {
    const book = new StoryBook()
    const missing = [...Array.from({ length: 90 }, (_, index) => absent(index, 'silent')), absent(99, 'deviation')]
    book.ended(story('expired', { missing }))
    const kept = book.story(id)
    assert.equal(kept?.missing.length, 64)
    assert.equal(kept?.missing[0]?.reason, 'deviation')
    assert.deepEqual(kept?.sentences, ['27 more signers have not signed, of whom nothing is kept.'])
  })

  it('holds so many, and forgets the oldest', () => {
    const book = new StoryBook()
    for (let number = 0; number < 1_025; number++) book.ended(story('expired', { id: idOf(number) }))
    assert.equal(book.story(idOf(0)), undefined)
    assert.equal(book.story(idOf(1))?.phase, 'expired')
  })
})
