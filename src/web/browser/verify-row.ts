import type { Proof, ProvedPrice } from './api-shapes.ts'
import { parseDecimal } from './decimal.ts'
import { type SignedPrice, priceDigest } from './eip712.ts'
import { shortHex } from './format.ts'
import { fromHex, toHex } from './hex.ts'
import { recoverSigner } from './recover-signer.ts'
import { type SignerList, isListed } from './signer-list.ts'

type SignedBy = Proof['signatures'][number]

/** What the network has agreed on, as far as a row can break it. */
export interface RowRules {
  readonly network: string
  /** Null where anybody may sign. */
  readonly signers: SignerList | null
  readonly minimumSigners: number
  readonly intervalMs: number
}

export interface RowVerdict {
  readonly isTrue: boolean
  /** Recomputed from the row's own fields; null when they are no statement at all. */
  readonly digest: string | null
  /** Why it is not true, a sentence each; none when it is. */
  readonly faults: readonly string[]
  readonly signers: readonly { readonly signer: string; readonly fault: string | null }[]
}

/**
 * Checks a row with its proof, trusting nobody: its digest is recomputed from its own fields, and its signers are
 * recovered over that digest. Whether those signers are the ones a network agreed on cannot be seen in a row: for that
 * it is held against the list that the node tells.
 *
 * @param rules - what is not known is not checked
 * @returns a verdict, whatever the row holds; never throws
 */
export function verifyRow(row: ProvedPrice, rules: RowRules | null): RowVerdict {
  try {
    return judge(row, rules)
  } catch (error) {
    const reason = error instanceof RangeError ? error.message : 'its proof is not of the agreed shape'
    return { isTrue: false, digest: null, faults: [`The row is no price statement: ${reason}.`], signers: [] }
  }
}

function judge(row: ProvedPrice, rules: RowRules | null): RowVerdict {
  const statement = statementOf(row)
  const digest = priceDigest(statement)
  const text = toHex(digest)
  const signers = row.proof.signatures.map((signed) => ({
    signer: signed.signer,
    fault: signatureFault(digest, signed),
  }))
  const sound = new Set(signers.flatMap(({ signer, fault }) => (fault === null ? [signer] : [])))
  const faults =
    text === row.id
      ? [
          ...signers.flatMap(({ signer, fault }) =>
            fault === null ? [] : [`${shortHex(signer)} did not sign this: ${fault}.`],
          ),
          ...setFaults(row, sound),
          ...(rules === null ? [] : ruleFaults(row, { rules, sound })),
        ]
      : [`Its fields give the digest ${shortHex(text)}, its id is ${shortHex(row.id)}.`, changeInWords(row, statement)]
  return { isTrue: faults.length === 0, digest: text, faults, signers }
}

function signatureFault(digest: Uint8Array, { signer, signature }: SignedBy): string | null {
  const found = recoverSigner(digest, signature)
  if ('fault' in found) return found.fault
  return found.signer === signer ? null : `the signature gives ${shortHex(found.signer)} instead`
}

/** @throws {RangeError} when a field is not what it should be */
function statementOf(row: ProvedPrice): SignedPrice {
  const observedAt = Date.parse(row.observedTime)
  if (!Number.isSafeInteger(observedAt) || observedAt < 0) throw new RangeError('its time of observation is no time')
  if (!Number.isSafeInteger(row.round) || row.round < 0) throw new RangeError('its round is no whole number')
  if (!/^0x[0-9a-f]{40}$/.test(row.proposer)) throw new RangeError('its proposer is no address')
  const tenths = parseDecimal(row.price)
  if (tenths % 10n !== 0n) throw new RangeError('its price has more than 18 decimals')
  return {
    network: row.network,
    pair: row.pair,
    price: tenths / 10n,
    round: BigInt(row.round),
    observedAt: BigInt(observedAt),
    source: row.source,
    proposer: row.proposer,
  }
}

/** What was done to a row whose fields are not the ones of its id, as far as its proof tells. */
function changeInWords(row: ProvedPrice, statement: SignedPrice): string {
  const { message } = row.proof.typedData
  const fields = ['pair', 'price', 'round', 'observedAt', 'source', 'proposer'] as const
  const changed = fields.filter((field) => String(message[field]) !== String(statement[field]))
  if (changed.length > 0) return `It differs from what its proof says was signed in ${changed.join(', ')}.`
  const { signatures } = row.proof
  const isOverId = isDigest(row.id) && signatures.every((signed) => signatureFault(fromHex(row.id), signed) === null)
  return isOverId && signatures.length > 0
    ? `All ${signatures.length} signatures are sound, over that id: the row was changed after it was signed.`
    : 'None of its signatures is over what it says.'
}

function isDigest(text: string): boolean {
  return /^0x[0-9a-f]{64}$/.test(text)
}

function setFaults(row: ProvedPrice, sound: ReadonlySet<string>): readonly string[] {
  const claimed = row.proof.signatures.map(({ signer }) => signer)
  const faults: string[] = []
  if (new Set(claimed).size !== claimed.length) faults.push('A signer is counted twice.')
  if (!sound.has(row.proposer)) faults.push(`Its proposer ${shortHex(row.proposer)} has not signed it.`)
  if (row.signerCount !== claimed.length || row.signers.toSorted().join() !== claimed.toSorted().join())
    faults.push(
      `The row names ${row.signers.length} signers (${row.signerCount} counted), the proof ${claimed.length}.`,
    )
  return faults
}

function ruleFaults(
  row: ProvedPrice,
  { rules, sound }: { readonly rules: RowRules; readonly sound: ReadonlySet<string> },
): readonly string[] {
  const { signers } = rules
  const strangers = [...sound].filter((signer) => signers !== null && !isListed(signers, { signer, round: row.round }))
  const counting = sound.size - strangers.length
  const round = Math.floor(Date.parse(row.observedTime) / rules.intervalMs)
  return [
    ...(row.network === rules.network ? [] : [`It is of the network ${row.network}, not of ${rules.network}.`]),
    ...strangers.map((signer) => `${shortHex(signer)} is not in the signer set of its round.`),
    ...(counting >= rules.minimumSigners
      ? []
      : [`It has ${counting} sound signatures; a quorum takes ${rules.minimumSigners}.`]),
    ...(round === row.round ? [] : [`It was observed in round ${round}, and says ${row.round}.`]),
  ]
}
