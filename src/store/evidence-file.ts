import { createHash } from 'node:crypto'
import { type Address, parseAddress } from '../core/address.ts'
import type { Equivocation, SignedStatement } from '../core/equivocation.ts'
import { fromHex, toHex } from '../core/hex.ts'
import { PRICE_TYPED_DATA_TYPES, domainOf, priceTypedData } from '../core/price-typed-data.ts'
import { isPriceFault, priceFromInteger } from '../core/price.ts'
import type { Slot } from '../core/sign-once.ts'
import { type Round, type StatementId, isName, isPair } from '../core/statement.ts'

const KIND = 'equivocation'
const VERSION = 1

/** A file that is no evidence, damaged or of another version; the message says what is wrong with it. */
export class EvidenceFormatError extends Error {
  override readonly name = 'EvidenceFormatError'
  readonly code = 'not-evidence'
}

/**
 * `<round>-<pair>-<proposer>-<signer>-<hash>.json`, addresses and hash cut to 8 digits; the hash is over network and
 * ids, so the same two statements have the same name everywhere.
 */
export function evidenceName({ signer, slot, statements }: Equivocation): string {
  const hash = createHash('sha256').update([slot.network, ...statements.map(({ id }) => id)].join(' '))
  const parts = [slot.round, slot.pair, cut(slot.proposer), cut(signer), hash.digest('hex').slice(0, 8)]
  return `${parts.join('-')}.json`
}

function cut(signer: Address): string {
  return signer.slice(2, 10)
}

/**
 * An equivocation as JSON that proves itself: who recovers both signatures over the typed data finds `signer` both
 * times. Integers are decimal text.
 */
export function formatEvidence({ signer, slot, statements }: Equivocation): string {
  const { network, pair, round, proposer } = slot
  const evidence = {
    kind: KIND,
    version: VERSION,
    network,
    signer,
    slot: { pair, round: `${round}`, proposer },
    statements: statements.map(({ id, statement, signature }) => ({
      id,
      typedData: priceTypedData(statement),
      signature: toHex(signature),
    })),
  }
  return `${JSON.stringify(evidence, undefined, 2)}\n`
}

/**
 * What a file of evidence claims. Whether it is true is another question: see `equivocationFault`.
 *
 * @throws {EvidenceFormatError}
 */
export function parseEvidence(text: string): Equivocation {
  const evidence = record(parseJson(text), 'the file')
  demand(evidence['kind'] === KIND, `kind should be "${KIND}"`)
  demand(evidence['version'] === VERSION, `version should be ${VERSION}`)
  const network = string(evidence['network'], 'network')
  demand(isName(network), 'network should be a name')
  const signer = address(evidence['signer'], 'signer')
  const slot = slotFrom(record(evidence['slot'], 'slot'), network)
  const { statements } = evidence
  demand(Array.isArray(statements) && statements.length === 2, 'statements should be two')
  const [first, second] = (statements as unknown[]).map((each) => signedFrom(record(each, 'a statement'), network))
  if (first === undefined || second === undefined) throw new EvidenceFormatError('statements should be two')
  return { signer, slot, statements: [first, second] }
}

function slotFrom(slot: Fields, network: string): Slot {
  const pair = string(slot['pair'], 'pair')
  demand(isPair(pair), 'pair should be BASE-QUOTE')
  return {
    network,
    pair,
    round: integer(slot['round'], 'round') as Round,
    proposer: address(slot['proposer'], 'proposer'),
  }
}

function signedFrom(signed: Fields, network: string): SignedStatement {
  const typedData = record(signed['typedData'], 'typedData')
  demand(same(typedData['domain'], domainOf(network)), 'domain should be the one of the network')
  demand(same(typedData['types'], PRICE_TYPED_DATA_TYPES), 'types should be those of a price statement')
  demand(typedData['primaryType'] === 'Price', 'primaryType should be "Price"')
  const message = record(typedData['message'], 'message')
  const price = priceFromInteger(BigInt(decimal(message['price'], 'price')))
  if (isPriceFault(price)) throw new EvidenceFormatError('price is out of range')
  const source = string(message['source'], 'source')
  demand(isName(source), 'source should be a name')
  return {
    id: hex(signed['id'], { name: 'id', bytes: 32 }) as StatementId,
    statement: {
      ...slotFrom(message, network),
      price,
      observedAt: integer(message['observedAt'], 'observedAt'),
      source,
    },
    signature: fromHex(hex(signed['signature'], { name: 'signature', bytes: 65 })),
  }
}

type Fields = Readonly<Record<string, unknown>>

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new EvidenceFormatError('it is not JSON', { cause })
  }
}

function demand(holds: boolean, otherwise: string): void {
  if (!holds) throw new EvidenceFormatError(otherwise)
}

function record(value: unknown, name: string): Fields {
  demand(typeof value === 'object' && value !== null && !Array.isArray(value), `${name} should be an object`)
  return value as Fields
}

function string(value: unknown, name: string): string {
  if (typeof value !== 'string') throw new EvidenceFormatError(`${name} should be text`)
  return value
}

function decimal(value: unknown, name: string): string {
  const text = string(value, name)
  demand(/^\d{1,40}$/.test(text), `${name} should be decimal digits`)
  return text
}

function integer(value: unknown, name: string): number {
  const number = Number(decimal(value, name))
  demand(Number.isSafeInteger(number), `${name} should be below 2^53`)
  return number
}

function hex(value: unknown, { name, bytes }: { readonly name: string; readonly bytes: number }): string {
  const text = string(value, name)
  const isHex = text.length === 2 + 2 * bytes && /^0x[0-9a-f]+$/.test(text)
  demand(isHex, `${name} should be 0x and ${2 * bytes} lower-case hexadecimal digits`)
  return text
}

function address(value: unknown, name: string): Address {
  const parsed = parseAddress(string(value, name))
  if (parsed === undefined) throw new EvidenceFormatError(`${name} should be an address`)
  return parsed
}

/** Whether JSON says the same, in whatever order it names the members. */
function same(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b)
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  )
}
