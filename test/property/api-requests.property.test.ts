import assert from 'node:assert/strict'
import { it } from 'node:test'
import * as fc from 'fast-check'
import { startApi } from '../helpers/api-at-work.ts'
import { Contract } from '../helpers/api-contract.ts'

const NAMES = ['pair', 'from', 'to', 'proposer', 'limit', 'cursor', '__proto__', 'constructor', 'x']
const VALUES = [
  'ETH-USD',
  '2025-01-01T00:00:00Z',
  '1',
  '500',
  '0x',
  '-1',
  'NaN',
  '',
  `0x${'ab'.repeat(20)}`,
  'WyJwIiwxXQ',
]
const PATHS = [
  '/v1/prices',
  '/v1/prices/latest',
  '/v1/rounds',
  '/v1/prices/{id}',
  '/v1/statements/{id}/why',
  '/v1/rounds/{round}/why',
  '/v1/network',
]

const word = fc.oneof(
  fc.constantFrom(...VALUES),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.string({ maxLength: 12 }),
)
const encoded = fc.oneof(
  word.map((text) => encodeURIComponent(text.toWellFormed())),
  fc.string({ unit: fc.constantFrom('%', '+', ';', '=', 'a', '0', 'Z'), maxLength: 8 }),
)
const query = fc
  .array(fc.tuple(fc.oneof(fc.constantFrom(...NAMES), encoded), encoded), { maxLength: 5 })
  .map((pairs) => pairs.map(([name, value]) => `${name}=${value}`).join('&'))

it('whatever is asked is answered as the document says, and never by a failure', async (t) => {
  const { ask, logger } = await startApi(t, { limits: { burst: 1e9, requestsPerConnection: 1e6 } })
  const contract = new Contract((await ask('/openapi.json')).json())
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...PATHS), encoded, query, async (path, id, asked) => {
      const answer = await ask(`${path.replace(/\{\w+\}/, id)}?${asked}`)
      // Another path than was meant comes of an id with nothing, or dots, in it.
      assert.ok([200, 400, 404].includes(answer.status), `${answer.status} ${answer.body}`)
      if (answer.status === 400) contract.check(path, answer)
      if (answer.status === 200 && !path.includes('{')) contract.check(path, answer)
    }),
    { numRuns: 300 },
  )
  assert.deepEqual(logger.at('error'), [])
})
