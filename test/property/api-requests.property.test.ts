import assert from 'node:assert/strict'
import { it } from 'node:test'
import * as fc from 'fast-check'
import { startApi } from '../helpers/api-at-work.ts'
import { Contract } from '../helpers/api-contract.ts'
import { openStream } from '../helpers/event-reader.ts'

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

const HEADER_CHARACTERS = Array.from(' !"#%-/0129:=@AZ_az{}~\t\u00e9\u00ff')
const headerText = fc.string({ unit: fc.constantFrom(...HEADER_CHARACTERS), maxLength: 40 })
const eventId = fc.oneof(
  fc
    .tuple(fc.constantFrom('test', 'other', ''), fc.integer({ min: -3, max: 1_200 }))
    .map(([boot, n]) => `${boot}-${n}`),
  fc.constantFrom('test-9007199254740993', 'test-1e3', 'test-+1', `${'a'.repeat(64)}-1`),
  headerText,
)

it('whatever a stream is to go on after, it begins, or says what is wrong', async (t) => {
  const { server, node, ask, logger } = await startApi(t, {
    limits: { burst: 1e9, streams: 1e6, streamsPerClient: 1e6 },
  })
  const contract = new Contract((await ask('/openapi.json')).json())
  for (let count = 0; count < 1_100; count++) node.tell({ kind: 'peer', peerId: `peer-${count}`, up: true })
  await fc.assert(
    fc.asyncProperty(
      fc.option(eventId, { nil: undefined }),
      fc.option(eventId, { nil: undefined }),
      async (header, id) => {
        const headers = header === undefined ? {} : { 'last-event-id': header }
        const after = id === undefined ? '' : `?lastEventId=${encodeURIComponent(id)}`
        const stream = await openStream(t, { ...server, headers, query: after })
        if (stream.status === 200) await stream.until(() => stream.lastEventId !== '')
        else assert.equal(stream.status, 400)
        assert.match(
          stream.headers['content-type'] ?? '',
          stream.status === 200 ? /^text\/event-stream/ : /problem\+json$/,
        )
        for (const { event, data } of stream.events) contract.checkEvent(event, data)
        stream.leave()
      },
    ),
    { numRuns: 200 },
  )
  assert.deepEqual(logger.at('error'), [])
})

it('whatever headers come beside, they change nothing', async (t) => {
  const { ask, logger } = await startApi(t, { limits: { burst: 1e9 } })
  const names = ['accept', 'accept-encoding', 'if-none-match', 'range', 'origin', 'x-forwarded-for', 'x-forwarded-host']
  const paths = ['/v1/prices', '/livez', '/v1/network', '/v1/prices/latest']
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...paths),
      fc.dictionary(fc.constantFrom(...names), headerText),
      async (path, headers) => {
        const [plain, answer] = [await ask(path), await ask(path, { headers })]
        assert.equal(answer.status, 200)
        assert.equal(answer.body, plain.body)
      },
    ),
    { numRuns: 150 },
  )
  assert.deepEqual(logger.at('error'), [])
})
