import { MOMENT_FORMAT, MOMENT_WORDS } from './moment.ts'
import { pair, type Schema } from './schema-parts.ts'

/** Of one-second rounds these last until the year 2286. */
const LARGEST_ROUND = 9_999_999_999

const moment = {
  type: 'string',
  maxLength: 40,
  anyOf: [{ format: 'date' }, { format: 'date-time' }],
  examples: ['2026-01-31', '2026-01-31T12:00:00Z'],
} as const

/** Parameters of requests. Values arrive as text; whole numbers are read before they are checked. */
export const PARAMETERS = {
  id: {
    type: 'string',
    pattern: '^0x[0-9a-fA-F]{64}$',
    description: 'Id of a statement: 0x and 64 hexadecimal digits, capital or not',
  },
  round: { type: 'integer', minimum: 0, maximum: LARGEST_ROUND, description: 'Number of a round' },
  pair,
  from: { ...moment, description: 'Observed at or after: a day, which begins in UTC, or a time with Z or an offset' },
  to: {
    ...moment,
    description:
      'Observed before: a day, which begins in UTC and is not among them itself, or a time with Z or an offset; not ' +
      'before `from`',
  },
  proposer: {
    type: 'string',
    pattern: '^0x[0-9a-fA-F]{40}$',
    description: 'Address of the proposer: all lower case, all capital, or with the capitals of its checksum (EIP-55)',
  },
  limit: { type: 'integer', minimum: 1, maximum: 500, default: 100, description: 'How many at most' },
  cursor: {
    type: 'string',
    minLength: 1,
    maxLength: 200,
    pattern: '^[A-Za-z0-9_-]+$',
    description: 'The `next` of the page before',
  },
  lastEventId: {
    type: 'string',
    maxLength: 80,
    description: 'As the header Last-Event-ID, for those who cannot send headers; the header goes before it',
  },
} as const satisfies Readonly<Record<string, Schema>>

export type ParameterName = keyof typeof PARAMETERS

const { limit } = PARAMETERS

/** What each must be, in words that follow `it must be`. */
export const PARAMETER_WORDS: Readonly<Record<ParameterName, string>> = {
  id: '0x and 64 hexadecimal digits',
  round: `a whole number from 0 to ${LARGEST_ROUND}`,
  pair: 'BASE-QUOTE in capitals, as ETH-USD',
  from: MOMENT_WORDS,
  to: MOMENT_WORDS,
  proposer: '0x and 40 hexadecimal digits',
  limit: `a whole number from ${limit.minimum} to ${limit.maximum}`,
  cursor: 'the "next" of an earlier page of the same list',
  lastEventId: `at most ${PARAMETERS.lastEventId.maxLength} characters`,
}

/** What requests are checked by: of several forms Ajv would tell the faults of each. */
export function checkedSchema(name: ParameterName): Schema {
  const { anyOf, ...schema }: Schema = PARAMETERS[name]
  return anyOf === undefined ? schema : { ...schema, format: MOMENT_FORMAT }
}
