import {
  HEX_ID,
  ref,
  text,
  count,
  milliseconds,
  orNull,
  list,
  object,
  address,
  time,
  pair,
  peerId,
  sentence,
  type Schema,
} from './schema-parts.ts'

/** Of who is there. */
export const NETWORK_SCHEMAS = {
  Peers: object({
    peerId,
    addresses: list(text('Multiaddr'), 'Of this node'),
    peers: list(
      object({
        peerId,
        signer: orNull(address),
        agent: { type: ['string', 'null'], description: 'Its software; null until it has said so' },
        bootstrap: { type: 'boolean', description: 'Whether it says that it is a bootstrap node' },
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
        'Who may sign, as ADDRESS or ADDRESS@FROM-TO for rounds; null in an open network and on a bootstrap node without a signer set',
      ),
    ),
    health: ref('Health'),
    clockOffsetMs: orNull(milliseconds('How far the clocks of the others are ahead of this one, their median')),
    nodes: list(ref('Node')),
    links: list(object({ from: peerId, to: peerId }), 'Connections, as the node at `from` tells of them'),
  }),
} as const satisfies Readonly<Record<string, Schema>>
