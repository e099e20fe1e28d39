import type { NetworkConstants } from '../../src/core/network.ts'
import { createSignerSet } from '../../src/core/signer-set.ts'
import { INTERVAL_MS, testSigners } from './statements.ts'

/** The constants of a network of so many signers, 0 for an open one, and pairs. */
export function networkOf(
  overrides: Partial<Omit<NetworkConstants, 'signers' | 'pairs'>> & {
    readonly signers: number
    readonly pairs?: number | readonly string[]
  },
): NetworkConstants {
  const { signers, pairs = 1, ...others } = overrides
  const entries = testSigners(signers).map(({ address }) => ({ address, fromRound: undefined, toRound: undefined }))
  return {
    network: 'test',
    source: 'coinbase',
    intervalMs: INTERVAL_MS,
    quietPeriodMs: 30_000,
    minimumSigners: 3,
    maximumSigners: 16,
    maxDeviation: 10n ** 7n,
    ...others,
    pairs: typeof pairs === 'number' ? Array.from({ length: pairs }, (_, index) => `C${index}-USD`) : pairs,
    signers: createSignerSet(entries),
  }
}
