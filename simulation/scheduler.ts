import { EventQueue } from './event-queue.ts'
import { followPromises } from './microtasks.ts'

/** So many events happen before the rest of the process has a turn. */
const TURN_STEPS = 500

/** One virtual time for everything. Nothing takes any of it but waiting. */
export class Scheduler {
  readonly #queue = new EventQueue()
  #nowUs = 0
  #order = 0
  #steps = 0

  /** Microseconds since the simulation began; whole. */
  get nowUs(): number {
    return this.#nowUs
  }

  /** Events that have happened. */
  get steps(): number {
    return this.#steps
  }

  /**
   * Has `task` run `delayUs` from now, after everything that was asked for earlier at the same moment.
   *
   * @returns what cancels it
   */
  after(delayUs: number, task: () => void): () => void {
    const event = { atUs: this.#nowUs + Math.max(0, Math.ceil(delayUs)), order: this.#order++, task }
    this.#queue.push(event)
    return () => this.#queue.cancel(event)
  }

  /**
   * Lets everything happen that is due until `untilUs`, as long as `goesOn`; after each event the promises that it
   * settled are followed to their end.
   *
   * @throws whatever an event throws
   */
  run(untilUs: number, goesOn: () => boolean = () => true): Promise<void> {
    return new Promise((resolve, reject) => {
      const turn = (): void => {
        try {
          if (this.#runFor(TURN_STEPS, { untilUs, goesOn })) setImmediate(turn)
          else resolve()
        } catch (error) {
          reject(error)
        }
      }
      setImmediate(turn)
    })
  }

  /** @returns whether there is more to do */
  #runFor(steps: number, { untilUs, goesOn }: { readonly untilUs: number; readonly goesOn: () => boolean }): boolean {
    for (let step = 0; step < steps; step++) {
      if (!goesOn()) return false
      const event = this.#queue.take(untilUs)
      if (event === undefined) {
        this.#nowUs = Math.max(this.#nowUs, untilUs)
        return false
      }
      this.#nowUs = event.atUs
      this.#steps += 1
      const { task } = event
      event.task = undefined
      task?.()
      followPromises()
    }
    return true
  }
}
