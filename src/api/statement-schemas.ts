import {
  ref,
  count,
  milliseconds,
  orNull,
  list,
  object,
  id,
  address,
  decimal,
  time,
  pair,
  round,
  phase,
  sentence,
  reason,
  type Schema,
} from './schema-parts.ts'

/** Of what is on its way to the table, and why it is there or not. */
export const STATEMENT_SCHEMAS = {
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
      refusals: list(ref('Refusal')),
      minimum: count('Signers that make a quorum'),
      maximum: count('Signers at which the set closes'),
      quietEndsInMs: orNull(milliseconds('Until the row is due, if nobody signs meanwhile')),
      closesInMs: orNull(milliseconds('Until no signature is added any more')),
    },
    'A statement that is not in the table yet',
  ),
  Statements: object({ statements: list(ref('Statement'), 'Newest observed first') }),
  Story: {
    ...object(
      {
        id,
        phase: { type: 'string', enum: [...(phase['enum'] as string[]), 'unknown'] },
        sentences: list(sentence, 'What is known'),
        missing: list(ref('Refusal'), 'Who has not signed, and why'),
        wouldPass: { type: ['string', 'null'], description: 'What would bring it to quorum' },
        price: ref('Price'),
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
      known: { type: 'boolean', description: 'Whether the node, or its table, can say anything of what happens in it' },
      sentences: list(sentence, 'What is known of the round as a whole'),
      statements: list(ref('Story'), 'Those that came here, and those of the table'),
    },
    'Why a round has the prices that it has, or none',
  ),
} as const satisfies Readonly<Record<string, Schema>>
