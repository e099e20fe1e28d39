import type { SigningKey } from '../src/consensus/signer.ts'
import type { Random } from '../src/core/clock.ts'
import { unmeasured } from '../src/core/measurements.ts'
import { assembleNode } from '../src/node/assemble.ts'
import { Releases } from '../src/node/releases.ts'
import type { NodeComponents } from '../src/node/running-node.ts'
import type { Database } from './database.ts'
import { Disk, KilledError, type Strike } from './disk.ts'
import type { Life, Watcher } from './life.ts'
import { openPorts } from './machine-ports.ts'
import { type FeedMood, honestMood } from './price-world.ts'
import { MachineClock, ProcessClock } from './process-clock.ts'
import type { World } from './world.ts'

/** A node that is told to stop has so long, milliseconds: see the product's own limit. */
const STOP_MS = 10_000
/** The default of GP_SYNCINTERVAL. */
export const SYNC_INTERVAL_MS = 20_000

export interface MachineOptions {
  readonly index: number
  readonly key: SigningKey
  readonly database: Database
  readonly aheadMs: number
  readonly rate: number
  readonly isSynced: boolean
  /** Whether what was signed is forgotten between two processes, which it must not be. */
  readonly isForgetful: boolean
  /** @default true */
  readonly proposes?: boolean
}

/** A computer that runs one node: what is on it outlives the process. */
export class Machine {
  readonly index: number
  readonly name: string
  readonly peerId: string
  readonly key: SigningKey
  readonly clock: MachineClock
  readonly disk: Disk
  readonly mood: FeedMood = honestMood()
  readonly database: Database
  readonly proposes: boolean
  life: Life | undefined
  lives = 0
  /** What happens to the next write. */
  nextStrike: Strike | undefined
  isDiskFull = false
  /** Whether the next crash takes what was not synced with it. */
  losesPower = false
  readonly #world: World
  readonly #watcher: Watcher
  readonly #random: Random
  readonly #isForgetful: boolean
  #startsAgain = false

  constructor({ world, watcher }: { readonly world: World; readonly watcher: Watcher }, options: MachineOptions) {
    const { index, key, database } = options
    this.#world = world
    this.#watcher = watcher
    this.#random = world.streams(`node ${index}`)
    this.index = index
    this.name = `n${index}`
    this.peerId = peerIdOf(index)
    this.key = key
    this.database = database
    this.proposes = options.proposes ?? true
    this.#isForgetful = options.isForgetful
    this.clock = new MachineClock(world.scheduler, options)
    this.disk = new Disk({
      strike: () => this.#strike(),
      survives: () => this.#random() < 0.5,
      kill: () => this.kill(),
      isSynced: options.isSynced,
    })
  }

  /** Starts a process, unless there is one; when that one is about to end, after it. */
  start(): void {
    this.#startsAgain = this.life?.isStopping ?? false
    if (this.life !== undefined) return
    this.lives += 1
    if (this.#isForgetful) this.disk.forgetSigned()
    const life = this.#begin()
    this.life = life
    this.#world.trace.note(this.name, `starts, process ${this.lives}`)
    this.#assemble(life).catch((error: unknown) => {
      if (!(error instanceof KilledError)) this.#watcher.onMistake(life, 'a node does not start', error)
    })
  }

  /** The process ends, whatever it was doing. */
  kill(): void {
    const { life } = this
    if (life === undefined) return
    this.#world.trace.note(this.name, this.losesPower ? 'loses its power' : 'is killed')
    this.#end(life)
    if (this.losesPower) this.disk.losePower()
    this.losesPower = false
  }

  /** The process is told to end, and does, in time or by force. */
  stop(): void {
    const { life } = this
    if (life === undefined || life.isStopping) return
    life.isStopping = true
    this.#world.trace.note(this.name, 'is told to stop')
    life.clock.after(STOP_MS, () => {
      if (this.life !== life) return
      this.kill()
      if (this.#startsAgain) this.start()
    })
    this.#letGo(life).catch((error: unknown) => this.#watcher.onMistake(life, 'a node does not stop', error))
  }

  async #letGo(life: Life): Promise<void> {
    await life.releases.run(life.components)
    if (this.life !== life) return
    this.#world.trace.note(this.name, 'has stopped')
    this.#end(life)
    if (this.#startsAgain) this.start()
  }

  #end(life: Life): void {
    life.isAlive = false
    this.life = undefined
    life.clock.end()
    life.listener?.stop()
    if (life.member !== undefined) {
      this.#world.network.leave(life.member)
      this.#world.desk.leave(life.member)
    }
    this.#watcher.onEnd(life)
  }

  #strike(): Strike | undefined {
    if (this.isDiskFull) return 'full'
    const strike = this.nextStrike
    this.nextStrike = undefined
    return strike
  }

  #begin(): Life {
    const clock = new ProcessClock(this.#world.scheduler, this.clock)
    const components: NodeComponents = {
      ...unmeasured,
      clock,
      random: this.#random,
      counters: {
        add: (name, labels) => {
          if (labels?.['code'] === 'internal-error') this.#watcher.onMistake(life, `${name} counts an internal error`)
        },
      },
      logger: this.#loggerOf(() => life, ''),
      onFatal: (error) => this.#watcher.onMistake(life, 'a node cannot go on', error),
    }
    const life: Life = {
      machine: this,
      number: this.lives,
      clock,
      components,
      releases: new Releases({ clock, allMs: 9_000, stepMs: 2_000 }),
      isAlive: true,
      isStopping: false,
    }
    return life
  }

  #loggerOf(lifeOf: () => Life, part: string): NodeComponents['logger'] {
    const say = (level: string, message: string, facts?: Readonly<Record<string, unknown>>): void => {
      const life = lifeOf()
      if (!life.isAlive) return
      this.#world.trace.note(this.name, `${level} ${part}: ${message}`)
      const isMistake = level === 'error' && /report this|mistake of ours/.test(message)
      if (isMistake && !(facts?.['error'] instanceof KilledError))
        this.#watcher.onMistake(life, message, facts?.['error'])
    }
    return {
      debug: () => undefined,
      info: (message) => say('info', message),
      warn: (message) => say('warn', message),
      error: (message, facts) => say('error', message, facts),
      child: (name) => this.#loggerOf(lifeOf, name),
    }
  }

  async #assemble(life: Life): Promise<void> {
    const { scenario } = this.#world
    const node = await assembleNode(
      life.components,
      openPorts(life, { world: this.#world, watcher: this.#watcher, random: this.#random }),
      {
        constants: scenario.constants,
        sync: { syncIntervalMs: SYNC_INTERVAL_MS, historyMs: Number.POSITIVE_INFINITY },
        releases: life.releases,
      },
    )
    const { engine } = node
    const handle = engine.handle.bind(engine)
    engine.handle = (event, now) => {
      const effects = handle(event, now)
      if (life.isAlive) this.#watcher.onEvent(life, event, { now, effects })
      return effects
    }
    node.listen({
      heard: (signed) => {
        if (life.isAlive) this.#watcher.onHeard(life, signed)
      },
    })
    life.engine = engine
    if (life.isAlive) node.start()
  }
}

/** The peer id of the node number `index`: no libp2p one, but spelt like one. */
export function peerIdOf(index: number): string {
  return `12D3KooWSimulated${String(index).padStart(5, '0')}`
}
