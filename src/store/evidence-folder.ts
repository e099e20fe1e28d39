import { mkdir, readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Counters } from '../core/counters.ts'
import type { Equivocation } from '../core/equivocation.ts'
import type { Logger } from '../core/logger.ts'
import { unlessMissing, writeWhole } from '../files/whole-file.ts'
import { evidenceName, formatEvidence } from './evidence-file.ts'

/** Proofs kept on the disk of one node, about 5 MB of them; in an open network anybody can make more. */
export const EVIDENCE_FILES_LIMIT = 1_000

/** Where a node with this data directory keeps its evidence. */
export function evidenceDirectory(dataDir: string): string {
  return join(dataDir, 'evidence')
}

/** The names of the files of evidence in a directory, in order of their rounds; none when there is no such directory. */
export async function evidenceNames(directory: string): Promise<readonly string[]> {
  const names = await readdir(directory).catch(unlessMissing)
  const byRound = new Intl.Collator('en', { numeric: true })
  return (names ?? []).filter((name) => name.endsWith('.json')).toSorted(byRound.compare)
}

/** The text of a file of evidence; undefined when there is no such file. */
export async function readEvidence(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(unlessMissing)
}

/** Keeps proofs of equivocations, a file each. */
export class EvidenceFolder {
  readonly #logger: Logger
  readonly #counters: Counters
  readonly #directory: string
  #last: Promise<void> = Promise.resolve()
  #saidFull = false

  constructor(
    { logger, counters }: { readonly logger: Logger; readonly counters: Counters },
    { directory }: { readonly directory: string },
  ) {
    this.#logger = logger
    this.#counters = counters
    this.#directory = directory
  }

  /**
   * Writes the file of an equivocation unless it is there: whole or not at all, and on the disk when this resolves. When
   * the folder is full it is dropped, counted and said once.
   *
   * @throws when the disk does not take it
   */
  keep(equivocation: Equivocation): Promise<void> {
    const turn = this.#last.then(() => this.#write(equivocation))
    this.#last = turn.catch(() => undefined)
    return turn
  }

  async #write(equivocation: Equivocation): Promise<void> {
    await mkdir(this.#directory, { recursive: true })
    const name = evidenceName(equivocation)
    const names = await evidenceNames(this.#directory)
    if (names.includes(name)) return
    if (names.length >= EVIDENCE_FILES_LIMIT) {
      this.#drop()
      return
    }
    await writeWhole(join(this.#directory, name), formatEvidence(equivocation))
  }

  #drop(): void {
    this.#counters.add('gp_evidence_dropped_total')
    if (this.#saidFull) return
    this.#saidFull = true
    this.#logger.warn(
      `${this.#directory} holds ${EVIDENCE_FILES_LIMIT} proofs of equivocations, and takes no more: move some elsewhere`,
    )
  }
}
