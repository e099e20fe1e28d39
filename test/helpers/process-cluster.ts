import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { findPorts } from '../../src/cluster/ports.ts'
import type { Address } from '../../src/core/address.ts'
import { nobleSecp256k1 } from '../../src/core/noble-secp256k1.ts'
import { provisionSigner } from '../../src/node/provision.ts'
import { systemClock } from '../../src/node/system-clock.ts'
import { findConnections } from '../../src/store/connection-file.ts'
import { type Command, allGone, startCommand } from './child-process.ts'
import { ClusterLog } from './cluster-log.ts'
import { type CoinbaseStandIn, startCoinbaseStandIn } from './coinbase-stand-in.ts'
import { defer } from './defer.ts'
import { RecordingLogger } from './recorders.ts'
import { temporaryDirectory } from './temporary-directory.ts'

/** Where a node of the cluster is in the network, and how it is reached. */
export interface NodePlace {
  /** Multiaddr to listen on. */
  readonly listen: string
  /** Host by which this node reaches what runs in the test: database and price source. */
  readonly servicesHost: string
  readonly through?: readonly string[]
  readonly nodeArguments?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export interface ClusterPlan {
  readonly nodes: number
  /** Seconds. */
  readonly interval: number
  /** The database of a node by its number, from 0; undefined: it has a Postgres of its own. */
  readonly databaseOf: (number: number) => string | undefined
  /** By default all are on the loopback address. */
  readonly places?: readonly NodePlace[]
  /** The price source; by default there is one of the cluster's own. */
  readonly coinbase?: CoinbaseStandIn
  /** Nodes that are started later. @default 0 */
  readonly late?: number
}

/** Nodes as processes of their own that make one closed network. */
export interface ProcessCluster {
  readonly nodes: readonly ClusterNode[]
  readonly log: ClusterLog
  readonly coinbase: CoinbaseStandIn
  /** Seconds. */
  readonly interval: number
  /** Starts all nodes that are not late, and waits until rows are committed. */
  start(): Promise<void>
}

const QUORUM = 3

/** A cluster of which nothing runs yet. */
export async function createProcessCluster(t: TestContext, plan: ClusterPlan): Promise<ProcessCluster> {
  const { nodes: count, interval, late = 0 } = plan
  const directory = await temporaryDirectory(t)
  const coinbase = plan.coinbase ?? (await startCoinbaseStandIn())
  defer(t, () => coinbase.close())
  const places = plan.places ?? (await loopbackPlaces(count))
  const log = new ClusterLog()
  const dataDirs = places.map((_, number) => join(directory, `node${number}`))
  const signers: Address[] = []
  for (const dataDir of dataDirs) signers.push(await provisioned(dataDir))
  const common = {
    GP_FETCHPRICEINTERVAL: `${interval}`,
    GP_QUIETPERIOD: '1',
    GP_MINIMUMSIGNERCOUNT: `${QUORUM}`,
    GP_SIGNERS: signers.join(','),
    GP_SYNCINTERVAL: '2',
    GP_HISTORY: 'all',
    GP_HTTPADDR: '',
    GP_LOGLEVEL: 'debug',
    GP_LOGFORMAT: 'json',
  }
  const nodes = dataDirs.map((dataDir, number) => {
    const place = places[number]
    if (place === undefined) throw new Error('a node without a place')
    const others = places.filter((each) => each !== place).map(({ listen }) => listen)
    const databaseUrl = plan.databaseOf(number)
    return new ClusterNode(
      { t, log },
      {
        name: `node${number}`,
        directory,
        dataDir,
        databaseUrl,
        place,
        env: {
          ...common,
          ...place.env,
          GP_CONNECTIONADDR: place.listen,
          GP_BOOTSTRAPADDR: others.join(','),
          GP_DATADIR: dataDir,
          GP_DATABASEURL: databaseUrl === undefined ? '' : onHost(databaseUrl, place.servicesHost),
          GP_PRICEURL: onHost(coinbase.url, place.servicesHost),
        },
      },
    )
  })
  return {
    nodes,
    log,
    coinbase,
    interval,
    async start() {
      for (const node of nodes.slice(0, count - late)) node.start()
      await log.roundsPass(1)
    },
  }
}

export interface ClusterNodeInit {
  readonly name: string
  readonly directory: string
  readonly dataDir: string
  /** As the test reaches it; undefined: a Postgres of its own. */
  readonly databaseUrl: string | undefined
  readonly place: NodePlace
  readonly env: Readonly<Record<string, string>>
}

/** One node, of which one process runs at a time. */
export class ClusterNode {
  readonly name: string
  readonly dataDir: string
  readonly #components: { readonly t: TestContext; readonly log: ClusterLog }
  readonly #init: ClusterNodeInit
  #command: Command | undefined
  /** Where in the log its present life begins. */
  #bornAt = 0

  constructor(components: { readonly t: TestContext; readonly log: ClusterLog }, init: ClusterNodeInit) {
    this.#components = components
    this.#init = init
    this.name = init.name
    this.dataDir = init.dataDir
  }

  get isRunning(): boolean {
    return this.#command !== undefined
  }

  /** Whether its present process has joined the others. */
  get hasJoined(): boolean {
    return this.isRunning && this.#components.log.said(this.name, /^joined the network$/, this.#bornAt).length > 0
  }

  start(): void {
    if (this.#command !== undefined) throw new Error(`${this.name} runs`)
    const { t, log } = this.#components
    const { directory, env, place } = this.#init
    const { through = [], nodeArguments = [] } = place
    this.#bornAt = log.records.length
    this.#command = startCommand(t, ['node'], {
      directory,
      env,
      through,
      nodeArguments,
      onLine: (line) => log.take(this.name, line),
    })
  }

  send(signal: NodeJS.Signals): void {
    this.#running().send(signal)
  }

  /** `kill -9`; resolves when it is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  /** Asks it to end; resolves with its exit code, or the signal that ended it, when all that it had started is gone. */
  async stop(): Promise<number | NodeJS.Signals | null> {
    const processes = await this.#running().descendants()
    const end = await this.#end('SIGTERM')
    await allGone(processes)
    return end
  }

  /** The database that it writes to, as the test reaches it. One of its own is there while it runs. */
  async databaseUrl(): Promise<string> {
    const { databaseUrl, dataDir } = this.#init
    if (databaseUrl !== undefined) return databaseUrl
    const [found] = await findConnections([dataDir])
    if (found === undefined) throw new Error(`${this.name} has no database`)
    return found.url.reveal()
  }

  #running(): Command {
    if (this.#command === undefined) throw new Error(`${this.name} does not run`)
    return this.#command
  }

  async #end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
    const command = this.#running()
    this.#command = undefined
    command.send(signal)
    return command.ended
  }
}

/** A key that may sign at once, since its memory is made with it. */
function provisioned(directory: string): Promise<Address> {
  return provisionSigner({ curve: nobleSecp256k1, clock: systemClock, logger: new RecordingLogger() }, { directory })
}

/** Neighbouring free ports of the loopback address, below what the system gives away by itself. */
async function loopbackPlaces(count: number): Promise<NodePlace[]> {
  const base = await findPorts(count, undefined, 10_000 + Math.floor(Math.random() * 20_000))
  return Array.from({ length: count }, (_, number) => {
    return { listen: `/ip4/127.0.0.1/tcp/${base + number}`, servicesHost: '127.0.0.1' }
  })
}

function onHost(url: string, host: string): string {
  const other = new URL(url)
  other.hostname = host
  return other.href
}
