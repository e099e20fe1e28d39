import { type Address, parseAddress } from './address.ts'
import type { Round } from './statement.ts'

/** One allowed signer, and the rounds in which it is allowed. */
export interface SignerEntry {
  readonly address: Address
  /** First round in which it may sign; undefined: since ever. */
  readonly fromRound: Round | undefined
  /** Last round in which it may sign; undefined: for ever. */
  readonly toRound: Round | undefined
}

/** Whose signatures count. */
export interface SignerSet {
  /** True when nobody is named: then every key may sign. */
  readonly open: boolean
  readonly entries: readonly SignerEntry[]
  allows(address: Address, round: Round): boolean
  /** How many may sign in a round; Infinity in an open network. */
  sizeAt(round: Round): number
  /** Who may sign in a round, each once; empty in an open network. */
  signersAt(round: Round): readonly Address[]
}

/** The set of `entries`; an open one when there are none. */
export function createSignerSet(entries: readonly SignerEntry[]): SignerSet {
  const open = entries.length === 0
  const byAddress = Map.groupBy(entries, ({ address }) => address)
  let latest: { readonly round: Round; readonly signers: readonly Address[] } | undefined
  const signersAt = (round: Round): readonly Address[] => {
    if (latest?.round === round) return latest.signers
    const covering = [...byAddress].filter(([, own]) => own.some((entry) => covers(entry, round)))
    latest = { round, signers: covering.map(([address]) => address) }
    return latest.signers
  }
  return {
    open,
    entries,
    allows: (address, round) => open || (byAddress.get(address)?.some((entry) => covers(entry, round)) ?? false),
    sizeAt: (round) => (open ? Infinity : signersAt(round).length),
    signersAt,
  }
}

/** The most signers that are allowed in any one round; Infinity in an open network. */
export function largestSize(signers: SignerSet): number {
  // The number of signers only grows where somebody's range begins.
  const beginnings = new Set(signers.entries.map(({ fromRound }) => fromRound ?? (0 as Round)))
  return signers.open ? Infinity : Math.max(...[...beginnings].map((round) => signers.sizeAt(round)))
}

/**
 * Whether two statements of one slot could both reach quorum, although every honest signer signs one: two quorums then
 * share a single signer, the proposer, who need not be honest.
 */
export function disputable(minimumSigners: number, size: number): boolean {
  return 2 * minimumSigners <= size + 1
}

const ENTRY = /^([^@]*)(?:@(\d{0,15})-(\d{0,15}))?$/

/**
 * Reads `ADDRESS` or `ADDRESS@FROM-TO`; both rounds belong to the range, and either may be left out.
 *
 * @returns the entry, or what is expected in place of `text`
 */
export function parseSigner(text: string): SignerEntry | { readonly expected: string } {
  const match = ENTRY.exec(text)
  const address = parseAddress(match?.[1] ?? text)
  if (match === null) return { expected: 'ADDRESS or ADDRESS@FROM-TO, FROM and TO being rounds' }
  if (address === undefined) return { expected: addressFault(match[1] ?? '') }
  const fromRound = parseRound(match[2])
  const toRound = parseRound(match[3])
  if (text.includes('@') && fromRound === undefined && toRound === undefined) {
    return { expected: 'a round on at least one side of the hyphen' }
  }
  if ((fromRound ?? 0) > (toRound ?? Infinity)) return { expected: 'FROM not to be after TO' }
  return { address, fromRound, toRound }
}

/** The text that {@link parseSigner} reads as `entry`. */
export function formatSigner({ address, fromRound, toRound }: SignerEntry): string {
  return fromRound === undefined && toRound === undefined ? address : `${address}@${fromRound ?? ''}-${toRound ?? ''}`
}

/** Whether two entries name one address for a round that both cover. */
export function overlap(a: SignerEntry, b: SignerEntry): boolean {
  return (
    a.address === b.address &&
    (a.fromRound ?? 0) <= (b.toRound ?? Infinity) &&
    (b.fromRound ?? 0) <= (a.toRound ?? Infinity)
  )
}

function covers({ fromRound, toRound }: SignerEntry, round: Round): boolean {
  return round >= (fromRound ?? 0) && round <= (toRound ?? Infinity)
}

function parseRound(digits: string | undefined): Round | undefined {
  return digits === undefined || digits === '' ? undefined : (Number(digits) as Round)
}

function addressFault(text: string): string {
  return /^0x[0-9a-fA-F]{40}$/.test(text)
    ? 'an address whose capital letters are a correct EIP-55 checksum, or no capitals (a digit is mistyped)'
    : 'an address: 0x and 40 hexadecimal digits'
}
