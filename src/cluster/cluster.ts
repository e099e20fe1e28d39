import { fileURLToPath } from 'node:url'
import { requireConfig } from '../config.ts'
import type { Surroundings } from '../config/read-variables.ts'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import { nobleSecp256k1 } from '../core/noble-secp256k1.ts'
import { SecretValue } from '../core/secret-value.ts'
import { provisionSigner } from '../node/provision.ts'
import { Releases } from '../node/releases.ts'
import { startSimulatedPriceServer } from '../price/simulated-feed-server.ts'
import { removeConnection, writeConnection } from '../store/connection-file.ts'
import { startEmbeddedPostgres } from '../store/embedded/embedded-postgres.ts'
import { migrate } from '../store/migrations.ts'
import { lockDataDirectory } from './cluster-lock.ts'
import { type ClusterOptions, directoryOf, networkOf, nodeNames, planProcesses } from './cluster-plan.ts'
import { NodeProcess } from './node-process.ts'
import { findPorts } from './ports.ts'
import { whyUnreachable } from './reachability.ts'

export interface ClusterComponents {
  readonly clock: Clock
  readonly logger: Logger
  /** A line of a node's log. */
  readonly onLine: (name: string, line: string) => void
  /** The cluster cannot go on; it is to be stopped then. */
  readonly onFatal: (error: Error) => void
}

export interface Cluster {
  readonly network: string
  readonly databaseUrl: string
  /** Where the dashboard is; undefined when GP_HTTPADDR says that there is none. */
  readonly dashboardUrl: string | undefined
  /** Why prices are simulated; undefined when they are real. */
  readonly simulated: 'asked for' | { readonly unreachable: string } | undefined
  stop(): Promise<void>
}

const FIRST_POSTGRES_PORT = 5431
/** One walk for all, so that a cluster that is started again goes on where the prices are. */
const SIMULATION_SEED = 'gossip-price'
const MAIN = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../main.ts' : '../main.js', import.meta.url))

/**
 * Starts a network on this machine: Postgres, a bootstrap node and signing nodes, each a process of its own.
 *
 * @throws with a sentence for people when something it needs cannot be had; nothing is left running then
 */
export async function startCluster(
  components: ClusterComponents,
  { options, surroundings }: { readonly options: ClusterOptions; readonly surroundings: Surroundings },
): Promise<Cluster> {
  const releases = new Releases()
  try {
    return await compose(components, { options, surroundings, releases })
  } catch (error) {
    await releases.run(components)
    throw error
  }
}

async function compose(
  components: ClusterComponents,
  { options, surroundings, releases }: { options: ClusterOptions; surroundings: Surroundings; releases: Releases },
): Promise<Cluster> {
  const { clock, logger } = components
  const { env } = surroundings
  releases.add('lock', lockDataDirectory(options.dataDir))

  const unreachable = options.simulate ? undefined : await whyUnreachable({ clock }, surroundings)
  const simulate = options.simulate || unreachable !== undefined
  const network = networkOf(env, { interval: options.interval, simulate })
  const firstPort = await findPorts(options.nodes + 1, options.portBase)

  const signers: string[] = []
  for (const name of nodeNames(options)) {
    const directory = directoryOf(options.dataDir, name)
    signers.push(await provisionSigner({ curve: nobleSecp256k1, clock, logger: logger.child(name) }, { directory }))
  }

  const simulatedUrl = simulate ? await serveSimulatedPrices(components, releases) : undefined
  const plan = { options, env, simulatedUrl, signers, firstPort }
  // Every mistake in the environment is told before anything is started that would stumble over it.
  for (const process of planProcesses({ ...plan, databaseUrl: 'postgres://localhost' })) {
    requireConfig({ ...surroundings, env: process.env })
  }

  const databaseUrl = env['GP_DATABASEURL']?.trim() || (await ownPostgres(components, { options, releases }))
  await migrate({ logger: logger.child('postgres') }, { url: databaseUrl })
  await writeConnection(options.dataDir, new SecretValue(databaseUrl))
  releases.add('note of the connection', () => removeConnection(options.dataDir))

  const processes = planProcesses({ ...plan, databaseUrl }).map(({ name, env: own }) => {
    const onLine = (line: string): void => components.onLine(name, line)
    const { onFatal } = components
    return new NodeProcess(
      { clock, logger: logger.child('nodes'), onLine, onFatal },
      { name, args: [MAIN, 'node'], env: own },
    )
  })
  releases.add('nodes', () => Promise.all(processes.map((process) => process.stop())))
  for (const process of processes) process.start()
  const ready = await Promise.all(processes.map((process) => process.ready))

  return {
    network,
    databaseUrl,
    dashboardUrl: ready.find(({ httpUrl }) => httpUrl !== undefined)?.httpUrl,
    simulated: options.simulate ? 'asked for' : unreachable === undefined ? undefined : { unreachable },
    stop: () => releases.run(components),
  }
}

async function serveSimulatedPrices({ clock, logger }: ClusterComponents, releases: Releases): Promise<string> {
  const server = await startSimulatedPriceServer(
    { clock, logger: logger.child('prices') },
    { seed: SIMULATION_SEED, host: '127.0.0.1', port: 0 },
  )
  releases.add('simulated prices', () => server.close())
  return server.url
}

async function ownPostgres(
  { clock, logger }: ClusterComponents,
  { options, releases }: { readonly options: ClusterOptions; readonly releases: Releases },
): Promise<string> {
  const { dataDir, portBase, nodes } = options
  const port = portBase === undefined ? await findPorts(1, undefined, FIRST_POSTGRES_PORT) : portBase + nodes + 1
  const postgres = await startEmbeddedPostgres(
    { clock, logger: logger.child('postgres') },
    { directory: directoryOf(dataDir, 'postgres'), port, database: 'prices' },
  )
  releases.add('Postgres', () => postgres.stop())
  return postgres.url
}
