import type { SignerSet } from './signer-set.ts'

/** What all nodes of one network must agree on. */
export interface NetworkConstants {
  readonly network: string
  /** BASE-QUOTE, as `ETH-USD`; no two alike. */
  readonly pairs: readonly string[]
  /** Where prices come from, as `coinbase`. */
  readonly source: string
  /** Milliseconds between fetches; also the length of a round. */
  readonly intervalMs: number
  /** Milliseconds without a new signature before a quorum is committed. */
  readonly quietPeriodMs: number
  /** Distinct signers that make a quorum; at least 1. */
  readonly minimumSigners: number
  /** Signatures at which a set closes; at least the minimum. */
  readonly maximumSigners: number
  /** How far a price may be from what a co-signer sees, in parts of {@link DEVIATION_SCALE}: exact, as prices are. */
  readonly maxDeviation: bigint
  readonly signers: SignerSet
}

/** A deviation of 1 is 10^9 parts, so one percent is 10^7 of them. */
export const DEVIATION_SCALE = 10n ** 9n

/** The built-in price source for trying things out. */
export const SIMULATED_SOURCE = 'simulated'

/** How the name of a network of simulated prices ends, so that they can never stand beside real ones. */
export const SIMULATED_SUFFIX = '-simulated'

export function isSimulatedNetwork(network: string): boolean {
  return network.endsWith(SIMULATED_SUFFIX)
}
