import {
  HEX_ID,
  ref,
  text,
  count,
  list,
  object,
  id,
  address,
  signature,
  decimal,
  time,
  pair,
  round,
  uint,
  next,
  type Schema,
} from './schema-parts.ts'

const priceFields = {
  id,
  network: text('Name of the network'),
  pair,
  price: decimal,
  round,
  observedTime: { ...time, description: 'When the proposer saw the price. Signed' },
  source: text('Where the price comes from'),
  proposer: address,
  signers: list(address, 'Ascending'),
  signerCount: count('Number of signers'),
  lastSignedTime: {
    ...time,
    description: 'When the last signature was added, on the clock of the writer. Informs only',
  },
  createdTime: { ...time, description: 'When the row was written, on the clock of the database. Informs only' },
  disputed: { type: 'boolean', description: 'Another statement of its slot reached a quorum too: rely on neither' },
}

const typeMembers: Schema = list(object({ name: { type: 'string' }, type: { type: 'string' } }))

/** Of what is in the table. */
export const PRICE_SCHEMAS = {
  Price: object(priceFields, 'A committed price'),
  Proof: object(
    {
      id,
      typedData: object(
        {
          domain: object({
            name: { const: 'gossip-price' },
            version: { const: '1' },
            salt: { type: 'string', pattern: HEX_ID, description: 'keccak256 of the name of the network' },
          }),
          types: object({ EIP712Domain: typeMembers, Price: typeMembers }),
          primaryType: { const: 'Price' },
          message: object({
            pair,
            price: { ...uint, description: 'The price times 10^18' },
            round: uint,
            observedAt: { ...uint, description: 'Milliseconds since the Unix epoch' },
            source: { type: 'string' },
            proposer: address,
          }),
        },
        'EIP-712 typed data, as wallet libraries take it; integers are decimal text',
      ),
      signatures: list(object({ signer: address, signature }), 'In ascending order of signer'),
    },
    'All that is needed to check a price without trusting anybody: the id is the digest of typedData',
  ),
  ProvedPrice: object({ ...priceFields, proof: ref('Proof') }, 'A price with its proof'),
  PricePage: object({ prices: list(ref('Price'), 'Newest observed first'), next }),
  Latest: object({
    network: { type: 'string' },
    simulated: { type: 'boolean', description: 'Whether the prices are made up' },
    latest: list(
      object({
        pair,
        round,
        median: decimal,
        observedTime: { ...time, description: 'The newest of its prices' },
        prices: list(ref('Price'), 'Newest observed first; none is disputed'),
      }),
      'The newest round of each pair that has an undisputed price',
    ),
  }),
  Round: object(
    {
      pair,
      round,
      startTime: time,
      endTime: time,
      median: { ...decimal, description: 'Exact: the middle price, or the mean of the two middle ones' },
      prices: list(decimal, 'One of each of the proposers, in their order'),
      proposers: list(address, 'Ascending'),
    },
    'What the undisputed prices of a round say together',
  ),
  RoundPage: object({ rounds: list(ref('Round'), 'Newest first'), next }),
} as const satisfies Readonly<Record<string, Schema>>
