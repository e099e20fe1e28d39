import {
  HEX_ID,
  address,
  count,
  decimal,
  id,
  list,
  milliseconds,
  next,
  object,
  orNull,
  pair,
  peerId,
  phase,
  reason,
  round,
  sentence,
  signature,
  text,
  time,
  uint,
  type Schema,
} from './schema-parts.ts'

/**
 * What the API takes and gives, as JSON Schema 2020-12: the one place from which requests are checked, the OpenAPI
 * document is made, and tests check every answer.
 */

/** A schema of the document's components. */
export const schemaRef = (name: SchemaName): Schema => ({ $ref: `#/components/schemas/${name}` })

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

export const SCHEMAS = {
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
  ProvedPrice: object({ ...priceFields, proof: { $ref: '#/components/schemas/Proof' } }, 'A price with its proof'),
  PricePage: object({ prices: list({ $ref: '#/components/schemas/Price' }, 'Newest observed first'), next }),
  Latest: object({
    network: { type: 'string' },
    simulated: { type: 'boolean', description: 'Whether the prices are made up' },
    latest: list(
      object({
        pair,
        round,
        median: decimal,
        observedTime: { ...time, description: 'The newest of its prices' },
        prices: list({ $ref: '#/components/schemas/Price' }, 'Newest observed first; none is disputed'),
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
  RoundPage: object({ rounds: list({ $ref: '#/components/schemas/Round' }, 'Newest first'), next }),
  Refusal: object({ signer: address, reason, sentence }),
  Statement: object(
    {
      id,
      pair,
      price: decimal,
      round,
      observedTime: time,
      source: { type: 'string' },
      proposer: address,
      phase,
      signers: list({
        ...object({
          signer: address,
          time: { ...time, description: 'When this node first held it; absent when unknown' },
        }),
        required: ['signer'],
      }),
      missing: list(address, 'Signers of the set that have not signed'),
      refusals: list({ $ref: '#/components/schemas/Refusal' }),
      minimum: count('Signers that make a quorum'),
      maximum: count('Signers at which the set closes'),
      quietEndsInMs: orNull(milliseconds('Until the row is due, if nobody signs meanwhile')),
      closesInMs: orNull(milliseconds('Until no signature is added any more')),
    },
    'A statement that is not in the table yet',
  ),
  Statements: object({ statements: list({ $ref: '#/components/schemas/Statement' }, 'Newest observed first') }),
  Story: {
    ...object(
      {
        id,
        phase: { type: 'string', enum: [...(phase['enum'] as string[]), 'unknown'] },
        sentences: list(sentence, 'What is known'),
        missing: list({ $ref: '#/components/schemas/Refusal' }, 'Who has not signed, and why'),
        wouldPass: { type: ['string', 'null'], description: 'What would bring it to quorum' },
        price: { $ref: '#/components/schemas/Price' },
      },
      'Why a statement is, or is not, in the table',
    ),
    required: ['id', 'phase', 'sentences', 'missing', 'wouldPass'],
  },
  RoundStory: object(
    {
      round,
      startTime: time,
      endTime: time,
      sentences: list(sentence, 'What is known of the round as a whole'),
      statements: list({ $ref: '#/components/schemas/Story' }, 'Those that came here, and those of the table'),
    },
    'Why a round has the prices that it has, or none',
  ),
  Peers: object({
    peerId,
    addresses: list(text('Multiaddr'), 'Of this node'),
    peers: list(
      object({
        peerId,
        signer: orNull(address),
        agent: { type: ['string', 'null'], description: 'Its software; null until it has said so' },
        addresses: list(text('Multiaddr')),
        connectedSince: time,
        direction: { type: 'string', enum: ['inbound', 'outbound'] },
      }),
    ),
  }),
  Node: object(
    {
      signer: address,
      peerId,
      agent: text('Its software'),
      listed: { type: 'boolean', description: 'Whether it is in the signer set' },
      heardAgoMs: milliseconds('Since its last status was heard'),
      sentTime: { ...time, description: 'When it sent that, on its own clock' },
      uptimeMs: orNull(milliseconds('Since it started')),
      peers: { ...list(peerId, 'Who it is connected to'), type: ['array', 'null'] },
      clockOffsetMs: orNull(milliseconds('How far the others are ahead of its clock, as it finds')),
      received: {
        ...list(
          object({
            signer: address,
            statements: count('Statements received that it made'),
            signatures: count('Signatures received'),
          }),
          'What it received, by signer',
        ),
        type: ['array', 'null'],
      },
      outbox: orNull(count('Rows that it owes to its table')),
      lastCommittedTime: orNull(time),
      historyRoot: { type: ['string', 'null'], pattern: HEX_ID, description: 'Merkle root over its history' },
      state: { type: 'string', enum: ['here', 'behind', 'gone'] },
      behindBecause: orNull({ ...sentence, description: 'Why it is behind; null unless it is' }),
    },
    'A node as its newest status shows it; null for what it does not know of itself',
  ),
  Health: object({
    ready: { type: 'boolean' },
    sentences: list(sentence, 'Why it is not ready'),
  }),
  Network: object({
    network: { type: 'string' },
    simulated: { type: 'boolean', description: 'Whether the prices are made up' },
    role: { type: 'string', enum: ['signer', 'observer', 'bootstrap'] },
    self: orNull({ ...address, description: 'Of this node; null on a bootstrap node' }),
    constants: {
      ...object(
        {
          pairs: list(pair),
          source: { type: 'string' },
          intervalMs: milliseconds('Length of a round'),
          quietPeriodMs: milliseconds('Without a new signature before a row is written'),
          minimumSigners: count('Signers that make a quorum'),
          maximumSigners: count('Signers at which a set closes'),
          maxDeviationPercent: text('How far a price may be from that of who signs it, as decimal text'),
          signerCount: count('Entries of the signer set; 0 in an open network'),
          signersHash: { type: 'string', pattern: HEX_ID, description: 'keccak256 over the signer set' },
        },
        'What all nodes of the network must agree on; null on a bootstrap node without a signer set',
      ),
      type: ['object', 'null'],
    },
    signers: orNull(
      list(
        { type: 'string', pattern: '^0x[0-9a-f]{40}(@[0-9]*-[0-9]*)?$' },
        'Who may sign, as ADDRESS or ADDRESS@FROM-TO for rounds; null in an open network and on a bootstrap node',
      ),
    ),
    health: { $ref: '#/components/schemas/Health' },
    clockOffsetMs: orNull(milliseconds('How far the clocks of the others are ahead of this one, their median')),
    nodes: list({ $ref: '#/components/schemas/Node' }),
    links: list(object({ from: peerId, to: peerId }), 'Connections, as the node at `from` tells of them'),
  }),
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
