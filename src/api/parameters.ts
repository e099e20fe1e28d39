import { pair, type Schema } from './schema-parts.ts'

/** Of one-second rounds these last until the year 2286. */
const LARGEST_ROUND = 9_999_999_999

/** Parameters of requests. Values arrive as text; whole numbers are read before they are checked. */
export const PARAMETERS = {
  id: {
    type: 'string',
    pattern: '^0x[0-9a-fA-F]{64}$',
    description: 'Id of a statement: 0x and 64 hexadecimal digits, capital or not',
  },
  round: { type: 'integer', minimum: 0, maximum: LARGEST_ROUND, description: 'Number of a round' },
  pair,
  from: {
    type: 'string',
    format: 'date-time',
    maxLength: 40,
    description: 'Observed at or after; RFC 3339, with Z or an offset',
  },
  to: {
    type: 'string',
    format: 'date-time',
    maxLength: 40,
    description: 'Observed before; RFC 3339, with Z or an offset; not before `from`',
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
