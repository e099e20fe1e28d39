/** JSON Schema 2020-12, of which Ajv's older dialect understands as much as parameters need. */
export type Schema = Readonly<Record<string, unknown>>

export const HEX_ID = '^0x[0-9a-f]{64}$'

export const text = (description: string): Schema => ({ type: 'string', description })
export const count = (description: string): Schema => ({ type: 'integer', minimum: 0, description })
export const milliseconds = (description: string): Schema => ({
  type: 'integer',
  description: `${description}, milliseconds`,
})
/** One of the document's components. */
export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` })
export const orNull = (schema: Schema): Schema => ({ ...schema, type: [schema['type'], 'null'] })
export const list = (items: Schema, description?: string): Schema => ({
  type: 'array',
  items,
  ...(description === undefined ? {} : { description }),
})
export const object = (properties: Readonly<Record<string, Schema>>, description?: string): Schema => ({
  type: 'object',
  ...(description === undefined ? {} : { description }),
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
})

export const id: Schema = { type: 'string', pattern: HEX_ID, description: 'EIP-712 digest of the statement' }
export const address: Schema = {
  type: 'string',
  pattern: '^0x[0-9a-f]{40}$',
  description: 'Ethereum address, lower case',
}
export const signature: Schema = {
  type: 'string',
  pattern: '^0x[0-9a-f]{128}1[bc]$',
  description: 'r, s, v; 65 bytes, s in the lower half',
}
export const decimal: Schema = {
  type: 'string',
  pattern: '^(0|[1-9][0-9]{0,17})(\\.[0-9]{1,19})?$',
  description: 'Exact decimal text, in quote units for one base unit',
}
export const time: Schema = {
  type: 'string',
  format: 'date-time',
  pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z$',
  description: 'RFC 3339 in UTC, to the millisecond',
}
export const pair: Schema = { type: 'string', pattern: '^[A-Z0-9]{1,16}-[A-Z0-9]{1,16}$', description: 'BASE-QUOTE' }
export const round = count('floor(time of observation / interval)')
export const peerId = text('libp2p peer id')
export const uint: Schema = {
  type: 'string',
  pattern: '^[0-9]{1,78}$',
  description: 'Unsigned integer as decimal text',
}
export const phase: Schema = {
  type: 'string',
  enum: ['collecting', 'quorum', 'closed', 'committed', 'disputed', 'parked', 'expired'],
}
export const sentence = text('In words')
export const reason = text('A short code')
export const next: Schema = {
  type: ['string', 'null'],
  description: 'The cursor of the next page; null after the last',
}
