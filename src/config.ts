import { type NetworkConstants, SIMULATED_SOURCE, isSimulatedNetwork } from './core/network.ts'
import type { SecretValue } from './core/secret-value.ts'
import type { SigningKeySource } from './keys/signing-key.ts'
import { contradictions } from './config/contradictions.ts'
import type { HttpAddress } from './config/parse-address.ts'
import { ConfigError, type ConfigProblem } from './config/problem.ts'
import { type Surroundings, readVariables, unknownVariables } from './config/read-variables.ts'
import { VARIABLES, type Values, type VariableKey } from './config/variables.ts'
import type { LogLevel } from './telemetry/log-format.ts'
import type { LogFormat } from './telemetry/logger.ts'

/** Everything that can be configured, read and checked. */
export interface Config {
  readonly bootstrap: boolean
  readonly constants: NetworkConstants
  /** Undefined: the node runs a Postgres of its own. */
  readonly databaseUrl: SecretValue<string> | undefined
  /** Multiaddrs, as texts; at least one. */
  readonly listenAddresses: readonly string[]
  /** Multiaddrs, as texts, with or without a peer id; empty when there is nobody to join. */
  readonly dialAddresses: readonly string[]
  readonly priceUrl: URL
  /** As it was written; relative to the working directory. */
  readonly dataDir: string
  readonly keySource: SigningKeySource
  /** 32 bytes that all nodes of a private libp2p network share. */
  readonly networkKey: SecretValue<Uint8Array> | undefined
  /** Peer ids; empty when anyone may connect. */
  readonly allowedPeers: readonly string[]
  readonly httpAddress: HttpAddress
  readonly syncIntervalMs: number
  /** How far back history is taken over; 0 is not at all, Infinity is all of it. */
  readonly historyMs: number
  readonly logLevel: LogLevel
  readonly logFormat: LogFormat
}

/**
 * The whole configuration, or everything that is wrong with it at once: each variable by itself, names that do not
 * exist, and what contradicts something else. Never throws, and reads nothing but what it is handed.
 */
export function loadConfig(
  surroundings: Surroundings,
): { readonly config: Config } | { readonly problems: readonly ConfigProblem[] } {
  const keys = Object.keys(VARIABLES) as VariableKey[]
  const { values, problems } = readVariables(surroundings, keys)
  const all = [...problems, ...contradictions(values, surroundings.env), ...unknownVariables(surroundings.env)]
  return all.length === 0 ? { config: arrange(values as Values) } : { problems: all }
}

/**
 * Like {@link loadConfig}, for commands that have nothing to do without a configuration.
 *
 * @throws {ConfigError}
 */
export function requireConfig(surroundings: Surroundings): Config {
  const loaded = loadConfig(surroundings)
  if ('problems' in loaded) throw new ConfigError(loaded.problems)
  return loaded.config
}

/**
 * The variables `keys` alone, for commands that need few and should not stumble over the others.
 *
 * @throws {ConfigError}
 */
export function requireVariables<Key extends VariableKey>(
  surroundings: Surroundings,
  keys: readonly Key[],
): Pick<Values, Key> {
  const { values, problems } = readVariables(surroundings, keys)
  const names = keys.map((key) => VARIABLES[key].name)
  const clashes = contradictions(values, surroundings.env).filter(({ variable }) =>
    names.some((name) => name === variable),
  )
  const all = [...problems, ...clashes, ...unknownVariables(surroundings.env)]
  if (all.length > 0) throw new ConfigError(all)
  return values as Pick<Values, Key>
}

/** The variables that say where the signing key is. */
export const KEY_VARIABLES = ['privateKey', 'keyFile', 'keyPasswordFile', 'dataDir'] as const satisfies VariableKey[]

/** @param values - among which there is no contradiction */
export function keySourceOf(values: Pick<Values, (typeof KEY_VARIABLES)[number]>): SigningKeySource {
  const { privateKey, keyFile, keyPasswordFile, dataDir } = values
  if (privateKey !== undefined) return { kind: 'private-key', privateKey }
  if (keyFile !== undefined && keyPasswordFile !== undefined) {
    return { kind: 'key-file', file: keyFile, passwordFile: keyPasswordFile }
  }
  return { kind: 'data-dir', directory: dataDir }
}

function arrange(values: Values): Config {
  return {
    bootstrap: values.bootstrap,
    constants: {
      network: values.network,
      pairs: values.pairs,
      // A bootstrap node of such a network need not be told.
      source: isSimulatedNetwork(values.network) ? SIMULATED_SOURCE : values.source,
      intervalMs: values.intervalMs,
      quietPeriodMs: values.quietPeriodMs,
      minimumSigners: values.minimumSigners,
      maximumSigners: values.maximumSigners,
      maxDeviation: values.maxDeviation,
      signers: values.signers,
    },
    databaseUrl: values.databaseUrl,
    listenAddresses: values.listenAddresses,
    dialAddresses: values.dialAddresses,
    priceUrl: values.priceUrl,
    dataDir: values.dataDir,
    keySource: keySourceOf(values),
    networkKey: values.networkKey,
    allowedPeers: values.allowedPeers,
    httpAddress: values.httpAddress,
    syncIntervalMs: values.syncIntervalMs,
    historyMs: values.historyMs,
    logLevel: values.logLevel,
    logFormat: values.logFormat,
  }
}
