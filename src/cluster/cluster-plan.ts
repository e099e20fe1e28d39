import type { Environment } from '../config/read-variables.ts'
import { SIMULATED_SOURCE, SIMULATED_SUFFIX } from '../core/network.ts'

const DEFAULT_INTERVAL_SECONDS = 600
const DEFAULT_NETWORK = 'gossip-price'
export const DEFAULT_DATA_DIR = '.gossip-price'

/** What a person asks of a local cluster. */
export interface ClusterOptions {
  /** Signing nodes, beside the bootstrap node. */
  readonly nodes: number
  /** Seconds; undefined: what GP_FETCHPRICEINTERVAL says. */
  readonly interval: number | undefined
  /** Seconds; undefined: what GP_QUIETPERIOD says. */
  readonly quietPeriod: number | undefined
  readonly simulate: boolean
  readonly dataDir: string
  /** The first of the ports to use, which must all be free; undefined: free ones are found. */
  readonly portBase: number | undefined
}

/** What a cluster is planned on. */
export interface ClusterBasis {
  readonly options: ClusterOptions
  readonly env: Environment
  /** Where simulated prices are served; undefined when prices are real. */
  readonly simulatedUrl: string | undefined
  readonly databaseUrl: string
  readonly signers: readonly string[]
  /** The bootstrap node's port; node 1 has the next one, and so on. */
  readonly firstPort: number
}

/** One process of a cluster. */
export interface PlannedProcess {
  readonly name: string
  readonly env: Environment
}

/**
 * The network of a cluster. Rounds depend on the interval, so an interval other than the default makes another network;
 * simulated prices always do.
 */
export function networkOf(
  env: Environment,
  { interval, simulate }: Pick<ClusterOptions, 'interval' | 'simulate'>,
): string {
  const base = nonEmpty(env['GP_NETWORK'])?.replace(new RegExp(`${SIMULATED_SUFFIX}$`), '') ?? DEFAULT_NETWORK
  const seconds = interval ?? Number(nonEmpty(env['GP_FETCHPRICEINTERVAL']) ?? DEFAULT_INTERVAL_SECONDS)
  const paced = seconds === DEFAULT_INTERVAL_SECONDS ? base : `${base}-${seconds}s`
  return simulate ? `${paced}${SIMULATED_SUFFIX}` : paced
}

/** The directory of a node's own things, below the cluster's. */
export function directoryOf(dataDir: string, name: string): string {
  return `${dataDir}/${name}`
}

export function nodeNames({ nodes }: Pick<ClusterOptions, 'nodes'>): string[] {
  return Array.from({ length: nodes }, (_, index) => `node${index + 1}`)
}

/** The bootstrap node and the signing nodes, each with the whole environment that it runs in. */
export function planProcesses(basis: ClusterBasis): PlannedProcess[] {
  const { options, firstPort } = basis
  const common = commonEnvironment(basis)
  const bootstrap: PlannedProcess = {
    name: 'bootstrap',
    env: {
      ...common,
      GP_BOOTSTRAP: 'true',
      GP_CONNECTIONADDR: listen(firstPort),
      GP_BOOTSTRAPADDR: '',
      GP_DATADIR: directoryOf(options.dataDir, 'bootstrap'),
    },
  }
  const signing = nodeNames(options).map((name, index) => ({
    name,
    env: {
      ...common,
      GP_BOOTSTRAP: 'false',
      GP_CONNECTIONADDR: listen(firstPort + 1 + index),
      GP_BOOTSTRAPADDR: listen(firstPort),
      GP_DATADIR: directoryOf(options.dataDir, name),
      GP_DATABASEURL: basis.databaseUrl,
      // One dashboard is enough, and shows them all.
      GP_HTTPADDR: index === 0 ? basis.env['GP_HTTPADDR'] : '',
    },
  }))
  return [bootstrap, ...signing]
}

function listen(port: number): string {
  return `/ip4/127.0.0.1/tcp/${port}`
}

function commonEnvironment({ options, env, simulatedUrl, signers }: ClusterBasis): Environment {
  const { interval, quietPeriod } = options
  return {
    ...env,
    ...(interval === undefined ? {} : { GP_FETCHPRICEINTERVAL: String(interval) }),
    ...(quietPeriod === undefined ? {} : { GP_QUIETPERIOD: String(quietPeriod) }),
    ...(simulatedUrl === undefined ? {} : { GP_SOURCE: SIMULATED_SOURCE, GP_PRICEURL: simulatedUrl }),
    GP_NETWORK: networkOf(env, { interval: options.interval, simulate: simulatedUrl !== undefined }),
    GP_SIGNERS: signers.join(','),
    GP_HTTPADDR: '',
    GP_LOGFORMAT: 'json',
    // A key of one's own for each node; one for all would be a single signer. Empty also hides what .env says.
    GP_PRIVATEKEY: '',
    GP_KEYFILE: '',
    GP_KEYPASSWORDFILE: '',
  }
}

function nonEmpty(text: string | undefined): string | undefined {
  const trimmed = text?.trim()
  return trimmed === '' ? undefined : trimmed
}
