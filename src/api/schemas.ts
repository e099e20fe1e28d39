import { NETWORK_SCHEMAS } from './network-schemas.ts'
import { PRICE_SCHEMAS } from './price-schemas.ts'
import { address, id, list, object, peerId, reason, ref, sentence, time, type Schema } from './schema-parts.ts'
import { STATEMENT_SCHEMAS } from './statement-schemas.ts'

/** What the API gives, as JSON Schema 2020-12: the OpenAPI document has it, and tests check every answer by it. */
export const SCHEMAS = {
  ...PRICE_SCHEMAS,
  ...STATEMENT_SCHEMAS,
  ...NETWORK_SCHEMAS,
  SignatureEvent: object({ id, signer: address, time }),
  RefusalEvent: object({ id, signer: address, reason, sentence }),
  PeerEvent: object({ peerId, up: { type: 'boolean' } }),
  ResetEvent: object({ detail: sentence }),
  Problem: {
    ...object(
      {
        type: { type: 'string' },
        title: { type: 'string' },
        status: { type: 'integer', minimum: 400, maximum: 599 },
        detail: sentence,
        errors: list(object({ parameter: { type: 'string' }, detail: sentence })),
      },
      'RFC 9457',
    ),
    required: ['type', 'title', 'status', 'detail'],
  },
} as const satisfies Readonly<Record<string, Schema>>

export type SchemaName = keyof typeof SCHEMAS

/** A schema of the document's components. */
export const schemaRef = (name: SchemaName): Schema => ref(name)

/** The schema of the data of each event of the stream. */
export const EVENT_SCHEMAS = {
  price: 'Price',
  statement: 'Statement',
  signature: 'SignatureEvent',
  refusal: 'RefusalEvent',
  node: 'Node',
  peer: 'PeerEvent',
  health: 'Health',
  reset: 'ResetEvent',
} as const satisfies Readonly<Record<string, SchemaName>>
