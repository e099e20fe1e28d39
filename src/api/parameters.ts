import { HEX_ID, pair, type Schema } from './schema-parts.ts'

/** Parameters of requests. Values arrive as text; whole numbers are read before they are checked. */
export const PARAMETERS = {
  id: { type: 'string', pattern: HEX_ID, description: 'Id of a statement: 0x and 64 lower-case hexadecimal digits' },
  pair,
  from: { type: 'string', format: 'date-time', maxLength: 40, description: 'Observed at or after; RFC 3339' },
  to: { type: 'string', format: 'date-time', maxLength: 40, description: 'Observed before; RFC 3339' },
  proposer: { type: 'string', pattern: '^0x[0-9a-fA-F]{40}$', description: 'Address of the proposer' },
  limit: { type: 'integer', minimum: 1, maximum: 500, default: 100, description: 'How many at most' },
  cursor: {
    type: 'string',
    minLength: 1,
    maxLength: 200,
    pattern: '^[A-Za-z0-9_-]+$',
    description: 'The `next` of the page before',
  },
} as const satisfies Readonly<Record<string, Schema>>

export type ParameterName = keyof typeof PARAMETERS
