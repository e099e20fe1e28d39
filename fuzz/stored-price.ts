import { isDeepStrictEqual } from 'node:util'
import { type PriceRecord, rowParameters, storedPrice } from '../src/store/stored-price.ts'
import { attest, statement, testSigners } from '../test/helpers/statements.ts'
import { type Target, bytesOf, rule, textOf } from './target.ts'

/** Rows as a database gives them whose constraints somebody has taken away: columns of the right type, no more. */
export const storedRow: Target = {
  name: 'stored-price',
  about: 'rows of the table of prices',
  share: 7,
  form: 'json',
  words: ['"0x"', '"signer"', '"signature"', '[]', '0x00', '0xAB', 'sign_data', 'price', 'round', '1b', '.000'],
  seeds: () => {
    const [alice, ...others] = testSigners(4)
    return others.map((_, count) => {
      const one = attest(
        statement({ observedAt: Date.UTC(2025, 1, count + 1) }),
        ...(alice ? [alice] : []),
        ...others.slice(0, count),
      )
      return bytesOf(
        JSON.stringify(recordOf(rowParameters([{ attestation: one, lastSignedAtMs: 1_735_689_600_123.5 }]))),
      )
    })
  },
  open: () => (input) => {
    const record = readRecord(textOf(input))
    if (record === undefined) return 'no row'
    try {
      const { attestation, lastSignedAtMs } = storedPrice(record)
      const again = storedPrice({
        ...recordOf(rowParameters([{ attestation, lastSignedAtMs }])),
        created_ms: record.created_ms,
        network: record.network,
      })
      rule(
        isDeepStrictEqual(sorted(again), sorted(storedPrice(record))),
        'a row is written so that it is read the same',
      )
      return 'a price'
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      return 'refused'
    }
  },
}

function sorted(stored: ReturnType<typeof storedPrice>): unknown {
  const signatures = [...stored.attestation.signatures].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return { ...stored, attestation: { ...stored.attestation, signatures } }
}

/** The row that parameters write. */
function recordOf(columns: readonly (readonly string[])[]): PriceRecord {
  const [id, price, firstSigner, signData, lastSigned, pair, round, source, observed] = columns.map(
    ([cell = '']) => cell,
  )
  return {
    id,
    price,
    first_signer: firstSigner,
    sign_data: JSON.parse(signData ?? '[]'),
    lastsigned_ms: lastSigned,
    created_ms: '0',
    network: statement().network,
    pair,
    round,
    source,
    observed_ms: observed,
  } as PriceRecord
}

/** What JSON describes, when every column has its type. */
function readRecord(text: string): PriceRecord | undefined {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isRecord(parsed)) return undefined
  const texts = ['id', 'price', 'first_signer', 'network', 'pair', 'source'].every(
    (name) => typeof parsed[name] === 'string',
  )
  const numbers = ['round', 'observed_ms', 'created_ms', 'lastsigned_ms'].every((name) => {
    const cell = parsed[name]
    return typeof cell === 'string' && /^-?\d{1,15}$/.test(cell) && cell !== '-0'
  })
  const data = parsed['sign_data']
  const signatures =
    Array.isArray(data) &&
    data.every((one) => isRecord(one) && typeof one['signer'] === 'string' && typeof one['signature'] === 'string')
  return texts && numbers && signatures ? (parsed as unknown as PriceRecord) : undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
