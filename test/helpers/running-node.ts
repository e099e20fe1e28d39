import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { requireConfig } from '../../src/config.ts'
import type { Environment } from '../../src/config/read-variables.ts'
import type { Address } from '../../src/core/address.ts'
import type { Clock } from '../../src/core/clock.ts'
import type { Counters } from '../../src/core/counters.ts'
import { nobleSecp256k1 } from '../../src/core/noble-secp256k1.ts'
import { provisionSigner } from '../../src/node/provision.ts'
import type { RunningNode } from '../../src/node/running-node.ts'
import { startNode } from '../../src/node/start-node.ts'
import { systemClock } from '../../src/node/system-clock.ts'
import { type MemoryCounters, createCounters } from '../../src/telemetry/counters.ts'
import { type Metrics, createMetrics } from '../../src/telemetry/metrics.ts'
import { type CoinbaseStandIn, startCoinbaseStandIn } from './coinbase-stand-in.ts'
import { surroundingsOf } from './config-surroundings.ts'
import { defer } from './defer.ts'
import { RecordingLogger } from './recorders.ts'
import { PATIENCE_MS, until } from './until.ts'

const ANY_PORT = '/ip4/127.0.0.1/tcp/0'
/** What of each node's log goes into the error when something was waited for in vain. */
const LINES_SHOWN = 12

/** A node of the real thing in this process, watched through its log and counters. */
export interface NodeAtWork extends RunningNode {
  readonly name: string
  readonly logger: RecordingLogger
  readonly counters: MemoryCounters
  readonly metrics: Metrics
  /** Why it could not go on. */
  readonly fatal: readonly Error[]
  /** A multiaddr at which it can be reached. */
  readonly address: string
  /** Rows that its database has answered for: written by it, or found there. */
  committed(): number
  /** The first line at `level` that matches. */
  line(level: 'debug' | 'info' | 'warn' | 'error', pattern: RegExp): string | undefined
}

export interface NodeNetworkOptions {
  readonly databaseUrl: string
  /** How many nodes `node1`, `node2` … may sign: their keys and memories are made now. 0 is an open network. */
  readonly signers: number
  /** GP_* for all nodes. */
  readonly env?: Environment
  /** Clocks of nodes whose clock is not that of the machine. */
  readonly clocks?: ReadonlyMap<string, Clock>
}

/** A network of real nodes in this process on free ports: a stand-in for Coinbase, a bootstrap node, and gossip nodes. */
export class NodeNetwork {
  /** Where nodes get their prices unless they are told otherwise. */
  readonly coinbase: CoinbaseStandIn
  readonly #root: string
  readonly #running = new Map<string, NodeAtWork>()
  readonly #started: NodeAtWork[] = []
  readonly #standIns: CoinbaseStandIn[] = []
  readonly #addresses = new Map<string, Address>()
  #env: Environment = {}
  #clocks: NodeNetworkOptions['clocks']

  private constructor(coinbase: CoinbaseStandIn, root: string) {
    this.coinbase = coinbase
    this.#standIns.push(coinbase)
    this.#root = root
  }

  /** A network in which nothing runs yet but the stand-in; all of it is gone after the test. */
  static async open(
    t: TestContext,
    { databaseUrl, signers, env = {}, clocks }: NodeNetworkOptions,
  ): Promise<NodeNetwork> {
    const root = await mkdtemp(join(tmpdir(), 'gossip-price-nodes-'))
    const network = new NodeNetwork(await startCoinbaseStandIn(), root)
    defer(t, () => network.#close())
    for (let number = 1; number <= signers; number++) await network.#provision(`node${number}`)
    network.#clocks = clocks
    network.#env = {
      GP_NETWORK: 'test-network',
      GP_DATABASEURL: databaseUrl,
      GP_PRICEURL: network.coinbase.url,
      GP_QUIETPERIOD: '1',
      GP_CONNECTIONADDR: ANY_PORT,
      GP_HTTPADDR: '',
      GP_SIGNERS: network.signers.join(','),
      ...env,
    }
    return network
  }

  /** One more price server. */
  async standIn(): Promise<CoinbaseStandIn> {
    const standIn = await startCoinbaseStandIn()
    this.#standIns.push(standIn)
    return standIn
  }

  /** The signer's address of a node. */
  signer(name: string): Address {
    const address = this.#addresses.get(name)
    assert.ok(address, `${name} is no signer`)
    return address
  }

  get signers(): readonly Address[] {
    return [...this.#addresses.values()]
  }

  isSigner(address: string): boolean {
    return this.signers.some((signer) => signer === address)
  }

  /** Starts the bootstrap node, by which the nodes that start after it join. */
  async bootstrap(env: Environment = {}): Promise<NodeAtWork> {
    const node = await this.#start('bootstrap', { ...env, GP_BOOTSTRAP: 'true', GP_BOOTSTRAPADDR: '' })
    this.#env = { ...this.#env, GP_BOOTSTRAPADDR: node.address }
    return node
  }

  /** Starts a node; one that was started and stopped before goes on with what it had on its disk. */
  node(name: string, env: Environment = {}): Promise<NodeAtWork> {
    return this.#start(name, env)
  }

  nodes(...names: readonly string[]): Promise<NodeAtWork[]> {
    return Promise.all(names.map((name) => this.node(name)))
  }

  /** Waits until `condition` gives something; when it does not in time, the error says what the nodes said last. */
  async until<T>(condition: () => T | false | Promise<T | false>, what: string, timeoutMs = PATIENCE_MS): Promise<T> {
    try {
      return (await until<T | false>(condition, what, { timeoutMs })) as T
    } catch (cause) {
      throw new Error(`${String(cause)}\n${this.#lastWords()}`, { cause })
    }
  }

  /** Every node has settled at least `count` rows with its database. */
  async committed(nodes: readonly NodeAtWork[], count: number, timeoutMs?: number): Promise<void> {
    const all = (): boolean => nodes.every((node) => node.committed() >= count)
    await this.until(all, `${count} rows are in the table`, timeoutMs)
  }

  /** Lets a node meet errors: the test is about them. */
  expectErrors(node: NodeAtWork): void {
    this.#started.splice(this.#started.indexOf(node), 1)
  }

  /** Waits until a node cannot go on, which is then no fault of the test. */
  async failureOf(node: NodeAtWork): Promise<Error> {
    const error = await this.until(() => node.fatal[0] ?? false, `${node.name} cannot go on`)
    this.expectErrors(node)
    return error
  }

  /** Stops everything, and fails when a node met what it calls an error. */
  async #close(): Promise<void> {
    await Promise.all([...this.#running.values()].map((node) => node.stop()))
    await Promise.all(this.#standIns.map((standIn) => standIn.close()))
    await rm(this.#root, { recursive: true, force: true })
    const errors = this.#started.flatMap(({ name, logger }) => logger.at('error').map((line) => `${name}: ${line}`))
    assert.deepEqual(errors, [])
  }

  /** Makes a key and its memory, as a cluster does before the first start of a node. */
  async #provision(name: string): Promise<void> {
    const components = { curve: nobleSecp256k1, clock: systemClock, logger: new RecordingLogger() }
    this.#addresses.set(name, await provisionSigner(components, { directory: join(this.#root, name) }))
  }

  async #start(name: string, own: Environment): Promise<NodeAtWork> {
    const logger = new RecordingLogger()
    const counters = createCounters()
    const metrics = createMetrics({ logger }, { strict: true, processMetrics: false })
    const fatal: Error[] = []
    const env = { ...this.#env, GP_DATADIR: join(this.#root, name), ...own }
    const node = await startNode(
      {
        clock: this.#clocks?.get(name) ?? systemClock,
        random: Math.random,
        counters: teed(counters, metrics.counters),
        gauges: metrics.gauges,
        histograms: metrics.histograms,
        metrics,
        logger,
        onFatal: (error) => fatal.push(error),
      },
      requireConfig(surroundingsOf(env)),
    )
    const [address = ''] = node.addresses
    const atWork: NodeAtWork = {
      ...node,
      name,
      logger,
      counters,
      metrics,
      fatal,
      address,
      committed: () =>
        counters.value('gp_rows_total', { outcome: 'written' }) +
        counters.value('gp_rows_total', { outcome: 'present' }),
      line: (level, pattern) => logger.at(level).find((message) => pattern.test(message)),
      stop: async () => {
        this.#running.delete(name)
        await node.stop()
      },
    }
    this.#running.set(name, atWork)
    this.#started.push(atWork)
    return atWork
  }

  #lastWords(): string {
    return this.#started
      .map(({ name, logger }) => {
        const lines = logger.lines.slice(-LINES_SHOWN).map(({ level, message }) => `  ${level} ${message}`)
        return [`${name}:`, ...lines].join('\n')
      })
      .join('\n')
  }
}

/** Counts in both: one can be read, the other is what `/metrics` shows. */
function teed(...all: readonly Counters[]): Counters {
  return {
    add(name, labels, amount) {
      for (const counters of all) counters.add(name, labels, amount)
    },
  }
}
