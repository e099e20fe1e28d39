/** One guard taken out of the nodes, or of the disk under them: a mistake that somebody might make. */
export interface Mutant {
  readonly name: string
  /** What it breaks, in words. */
  readonly breaks: string
  /** From the root of the project. */
  readonly file: string
  /** Occurs exactly once in the file. */
  readonly search: string
  readonly replacement: string
}

const SIGNER = 'src/consensus/signer.ts'
const ENTRY = 'src/consensus/statement-entry.ts'
const ENGINE = 'src/consensus/engine.ts'
const POOL = 'src/consensus/pool.ts'
const STATEMENT = 'src/core/statement.ts'
const DRIVER = 'src/node/engine-driver.ts'
const ASSEMBLY = 'src/node/assemble.ts'
const WRITER = 'src/store/table-writer.ts'
const JUDGE = 'src/gossip/price-judge.ts'
const DIRECTORY = 'src/gossip/node-directory.ts'
const SIMULATION = 'simulation/simulation.ts'

/** What the simulator must find. SQLite itself is not simulated, so its guards are switches of the simulated disk. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'no-fsync',
    breaks: 'a write is answered before it is on the disk',
    file: SIMULATION,
    search: "isSynced: !without.includes('sync')",
    replacement: 'isSynced: false',
  },
  {
    name: 'sign-once-forgotten',
    breaks: 'what was signed is forgotten when the node starts again',
    file: SIMULATION,
    search: "isForgetful: without.includes('sign-once')",
    replacement: 'isForgetful: true',
  },
  {
    name: 'signature-before-disk',
    breaks: 'a signature leaves, and is remembered with those of the next second',
    file: SIGNER,
    search: '      memory.remember(\n        requests.map(',
    replacement:
      '      const later = (kept: Parameters<typeof memory.remember>[0]) => {\n' +
      '        this.#components.clock.after(1_000, () => {\n' +
      '          try {\n            memory.remember(kept)\n          } catch {}\n        })\n      }\n' +
      '      later(\n        requests.map(',
  },
  {
    name: 'low-water-ignored',
    breaks: 'a clock that was set back makes a node sign old rounds again',
    file: SIGNER,
    search: 'if (signed === undefined && statement.round <= memory.lowWaterMark(statement)) {',
    replacement: 'if (signed === undefined && statement.round < 0) {',
  },
  {
    name: 'proposer-counted-twice',
    breaks: 'the proposer counts as proposer and as signer',
    file: STATEMENT,
    search: 'return signatures.size >= minimum &&',
    replacement: 'return [statement.proposer, ...signatures.keys()].length >= minimum &&',
  },
  {
    name: 'quiet-period-restarted',
    breaks: 'a signature that is in the set already restarts the quiet period',
    file: ENTRY,
    search: 'if (this.signatureBy(signer) !== undefined) return false\n    this.#refusals.delete(signer)',
    replacement:
      'if (this.signatureBy(signer) !== undefined) {\n      this.#lastAdded = now\n      return false\n    }\n    this.#refusals.delete(signer)',
  },
  {
    name: 'set-never-closed-by-time',
    breaks: 'a set stays open as long as signatures drip in',
    file: ENTRY,
    search: 'return this.#quorumAtMs + 2 * this.#rules.quietPeriodMs',
    replacement: 'return Number.POSITIVE_INFINITY',
  },
  {
    name: 'set-without-maximum',
    breaks: 'a set takes more signatures than a message holds',
    file: ENTRY,
    search: 'return this.#signatures.size >= this.#rules.maximumSigners',
    replacement: 'return this.#signatures.size > this.#rules.maximumSigners',
  },
  {
    name: 'full-set-written-at-once',
    breaks: 'a set that is full is written without its quiet period',
    file: ENTRY,
    search: "if (this.#phase !== 'closed' || this.#handedOut || now.monoMs < this.#commitAtMs()) return false",
    replacement: "if (this.#phase !== 'closed' || this.#handedOut) return false",
  },
  {
    name: 'quiet-period-on-wall-clock',
    breaks: 'quiet periods run on the clock that can be set',
    file: ASSEMBLY,
    search: '    {\n      ...components,\n      logger,\n      engine,',
    replacement:
      '    {\n      ...components,\n      clock: ((aheadMs) => ({\n' +
      '        now: () => ({ wallMs: clock.now().wallMs, monoMs: clock.now().wallMs - aheadMs }),\n' +
      '        after: (ms: number, run: () => void) => clock.after(ms, run),\n' +
      '        sleep: (ms: number, signal?: AbortSignal) => clock.sleep(ms, signal),\n' +
      '      }))(clock.now().wallMs - clock.now().monoMs),\n      logger,\n      engine,',
  },
  {
    name: 'restart-skips-quiet-period',
    breaks: 'what is restored is written without another quiet period',
    file: ENGINE,
    search: 'this.#merge(entry, signatures, { now: { monoMs: now.monoMs, wallMs }, effects })',
    replacement:
      'this.#merge(entry, signatures, { now: { monoMs: now.monoMs - this.#rules.quietPeriodMs, wallMs }, effects })',
  },
  {
    name: 'quorum-expires',
    breaks: 'what has reached quorum expires with its collect window',
    file: ENGINE,
    search: "if (entry.phase === 'collecting') {",
    replacement: 'if (!entry.isSettled) {',
  },
  {
    name: 'no-tombstone',
    breaks: 'what is in the table is forgotten at once, so that a replay starts it again',
    file: ENGINE,
    search: 'if (!this.#pool.rounds.has(entry)) this.#forget(entry)',
    replacement: 'this.#forget(entry)',
  },
  {
    name: 'window-never-ends',
    breaks: 'a statement is taken up whatever its age',
    file: POOL,
    search: "if (window !== 'open') return window",
    replacement: "if (window === 'early') return window",
  },
  {
    name: 'outbox-let-go-early',
    breaks: 'a row leaves the outbox when it is handed to the writer, not when the table has it',
    file: DRIVER,
    search: 'this.#components.rowKeeper.flush()\n        this.#components.writer.enqueue(effect.row)',
    replacement:
      "this.#components.rowKeeper.settle(effect.row.attestation.id, { kind: 'written' })\n" +
      '        this.#components.rowKeeper.flush()\n        this.#components.writer.enqueue(effect.row)',
  },
  {
    name: 'outbox-not-restored',
    breaks: 'what was owed to the table is not taken up after a restart',
    file: DRIVER,
    search: "this.handle({ kind: 'owed', row })",
    replacement: '',
  },
  {
    name: 'lost-answer-taken-for-written',
    breaks: 'a write whose answer was lost is taken for done',
    file: WRITER,
    search: '      this.#outage.end({ waiting: this.#waiting.size })\n    } finally {',
    replacement:
      '      this.#outage.end({ waiting: this.#waiting.size })\n    } catch (error) {\n' +
      "      for (const id of this.#underWay) this.#settle(id, { kind: 'written' })\n      throw error\n    } finally {",
  },
  {
    name: 'slot-taken-tried-again',
    breaks: 'a slot that is taken counts as a failure of the table',
    file: WRITER,
    search: 'this.#waiting.delete(id)',
    replacement:
      "if (outcome.kind === 'slot-taken') {\n      this.#waiting.restartTurns(this.#nowMs() + 5_000)\n      return\n    }\n" +
      '    this.#waiting.delete(id)',
  },
  {
    name: 'silence-taken-for-written',
    breaks: 'what waited while nothing was heard is taken for written by others',
    file: WRITER,
    search: 'for (const id of present) {\n      if (this.#waiting.has(id))',
    replacement: 'for (const id of ids) {\n      if (present.size >= 0 && this.#waiting.has(id))',
  },
  {
    name: 'first-turn-alone',
    breaks: 'a row is left to the first in turn for good',
    file: 'src/node/open-writer.ts',
    search: 'turnDelayMs: (row) => writeTurnDelayMs(row, own)',
    replacement: 'turnDelayMs: (row) => (writeTurnDelayMs(row, own) === 0 ? 0 : 1_000_000_000)',
  },
  {
    name: 'any-signer-counts',
    breaks: 'the inbox does not ask whether a signer is allowed',
    file: JUDGE,
    search: "    if (!this.#allows(signer, statement)) return 'signer-not-allowed'\n",
    replacement: '',
  },
  {
    name: 'first-signature-believed',
    breaks: "the inbox takes the first signature for the proposer's without recovering who made it",
    file: JUDGE,
    search: 'const { signer, isRemembered } = recovered\n',
    replacement:
      'const { isRemembered } = recovered\n      const signer = signature === first ? statement.proposer : recovered.signer\n',
  },
  {
    name: 'history-without-quorum',
    breaks: 'rows are taken over from the history of a peer whoever signed them',
    file: 'src/gossip/sync/history-row.ts',
    search: 'if (!isQuorum(signatures, statement, constants.minimumSigners)) return',
    replacement: 'if (!isQuorum(signatures, statement, 1)) return',
  },
  {
    name: 'history-without-disputed',
    breaks: 'rows of disputed slots are not taken over from the history of peers',
    file: 'src/gossip/sync/history-walk.ts',
    search: 'for (const { id } of leaves) {\n        if (after !== undefined',
    replacement:
      'for (const { id, disputed } of leaves) {\n        if (disputed) continue\n        if (after !== undefined',
  },
  {
    name: 'history-day-skipped',
    breaks: 'a day of which something is here already counts as complete',
    file: 'src/gossip/sync/history-walk.ts',
    search: 'if (hashes.own !== hashes.theirs &&',
    replacement: 'if (hashes.own === undefined &&',
  },
  {
    name: 'no-pending-sync',
    breaks: 'nobody asks for statements that are pending elsewhere',
    file: 'src/gossip/sync/syncer.ts',
    search: 'const taken = isSame ? 0 : await syncPending(this.#components, { peerId, signal })',
    replacement: 'const taken = 0',
  },
  {
    name: 'older-status-taken',
    breaks: 'a status that comes late takes the place of a newer one',
    file: DIRECTORY,
    search: "ahead >= 0) return ahead === 0 ? 'known' : 'old-status'",
    replacement: "ahead === 0) return 'known'",
  },
  {
    name: 'statuses-at-any-rate',
    breaks: 'a signer is heard as often as it says something',
    file: DIRECTORY,
    search: "      if (this.#isTooSoon(known)) return 'too-soon'\n",
    replacement: '',
  },
]
