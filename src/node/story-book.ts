import type { AbsentSigner, StatementStory } from '../api/node-view.ts'
import { RecentMap } from '../core/recent-map.ts'
import type { StatementId } from '../core/statement.ts'

/** Statements that have ended of which it can still be said why; a few kilobytes each at most. */
const STORIES_LIMIT = 1_024
/** Absent signers of each, those first who said why. */
const ABSENT_LIMIT = 64

/** How statements ended, as it was then: who was there an hour ago cannot be seen any more. */
export class StoryBook {
  readonly #stories = new RecentMap<StatementId, StatementStory>({ limit: STORIES_LIMIT })

  ended(story: StatementStory): void {
    const { missing } = story
    if (missing.length <= ABSENT_LIMIT) {
      this.#stories.set(story.id, story)
      return
    }
    const left = missing.length - ABSENT_LIMIT
    const sentences = [...story.sentences, `${left} more signers have not signed, of whom nothing is kept.`]
    this.#stories.set(story.id, { ...story, sentences, missing: missing.toSorted(bySaying).slice(0, ABSENT_LIMIT) })
  }

  /**
   * Somebody has said why, or has signed, only after the end: who had no price waited for one meanwhile. That a
   * signature came late, which nobody verified, takes the place of no refusal.
   */
  said(id: StatementId, absent: AbsentSigner): void {
    const story = this.#stories.get(id)
    if (story === undefined) return
    const missing = story.missing.map((one) =>
      one.signer === absent.signer && (absent.reason !== 'late' || UNSAID.has(one.reason)) ? absent : one,
    )
    this.#stories.set(id, { ...story, missing })
  }

  /** Of a statement that ended not too long ago. */
  story(id: StatementId): StatementStory | undefined {
    return this.#stories.get(id)
  }
}

const UNSAID: ReadonlySet<AbsentSigner['reason']> = new Set(['silent', 'not-connected', 'never-heard', 'not-needed'])

function bySaying(a: AbsentSigner, b: AbsentSigner): number {
  return Number(UNSAID.has(a.reason)) - Number(UNSAID.has(b.reason))
}
