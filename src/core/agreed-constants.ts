import { counted } from './counted.ts'
import { keccakText } from './eip712.ts'
import { type Hex, toHex } from './hex.ts'
import type { NetworkConstants } from './network.ts'
import { type SignerSet, formatSigner } from './signer-set.ts'
import type { AgreedConstants } from './status.ts'
import { hashConstants } from './typed-data.ts'

/** A status holds no more pairs than these, which take about half of its message. */
export const PAIRS_LIMIT = 64

/** The {@link signerSetHash} of an open network. */
export const OPEN_SIGNERS_HASH: Hex = `0x${'00'.repeat(32)}`

/**
 * One value for all that a signer set says: keccak256 of its entries as {@link formatSigner} writes them, in ascending
 * order, joined by commas.
 */
export function signerSetHash(signers: SignerSet): Hex {
  return signers.open ? OPEN_SIGNERS_HASH : toHex(keccakText(signers.entries.map(formatSigner).toSorted().join(',')))
}

/** What a status says of a network's constants; the order in which pairs and signers are written makes no difference. */
export function agreedConstants(constants: NetworkConstants): AgreedConstants {
  const { network, source, intervalMs, quietPeriodMs, minimumSigners, maximumSigners, maxDeviation } = constants
  return {
    network,
    pairs: constants.pairs.toSorted(),
    source,
    intervalMs,
    quietPeriodMs,
    minimumSigners,
    maximumSigners,
    maxDeviation,
    signerCount: constants.signers.entries.length,
    signersHash: signerSetHash(constants.signers),
  }
}

/** The digest of a network's constants: the EIP-712 struct hash that a status holds of them. */
export function constantsDigest(constants: AgreedConstants): Hex {
  return toHex(hashConstants(constants))
}

/** Every constant but the signers, and how an operator writes it. No two values are written alike. */
const WRITTEN: readonly (readonly [variable: string, write: (constants: AgreedConstants) => string])[] = [
  ['GP_NETWORK', ({ network }) => network],
  ['GP_PAIRS', ({ pairs }) => pairs.join(',')],
  ['GP_SOURCE', ({ source }) => source],
  ['GP_FETCHPRICEINTERVAL', ({ intervalMs }) => seconds(intervalMs)],
  ['GP_QUIETPERIOD', ({ quietPeriodMs }) => seconds(quietPeriodMs)],
  ['GP_MINIMUMSIGNERCOUNT', ({ minimumSigners }) => String(minimumSigners)],
  ['GP_MAXIMUMSIGNERCOUNT', ({ maximumSigners }) => String(maximumSigners)],
  ['GP_MAXDEVIATION', ({ maxDeviation }) => `${decimal(maxDeviation, 7)} %`],
]

/**
 * What differs, for an operator: one phrase a constant, with its variable and both values. Empty exactly when the
 * digests of the constants are equal.
 *
 * @param theirs - what a status said; its shape was checked, so that every text in it is safe to print
 */
export function differences(ours: AgreedConstants, theirs: AgreedConstants): readonly string[] {
  const phrases = WRITTEN.filter(([, write]) => write(ours) !== write(theirs)).map(
    ([variable, write]) => `${variable} is ${write(theirs)} there, ${write(ours)} here`,
  )
  return [...phrases, ...signerDifferences(ours, theirs)]
}

function signerDifferences(ours: AgreedConstants, theirs: AgreedConstants): readonly string[] {
  if (ours.signersHash === theirs.signersHash) return []
  if (ours.signerCount === theirs.signerCount) return ['GP_SIGNERS names other signers there']
  const bothClosed = ours.signerCount > 0 && theirs.signerCount > 0
  return [`GP_SIGNERS ${named(theirs)} there, ${bothClosed ? ours.signerCount : named(ours)} here`]
}

function named({ signerCount }: AgreedConstants): string {
  if (signerCount === 0) return 'is empty (anyone may sign)'
  return `names ${counted(signerCount, 'signer')}`
}

function seconds(ms: number): string {
  return `${decimal(BigInt(ms), 3)} s`
}

/** `value` divided by 10^places, exactly. */
function decimal(value: bigint, places: number): string {
  const digits = value.toString().padStart(places + 1, '0')
  const fraction = digits.slice(-places).replace(/0+$/, '')
  return fraction === '' ? digits.slice(0, -places) : `${digits.slice(0, -places)}.${fraction}`
}
