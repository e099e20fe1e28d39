import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { type SpecData, Validator } from '@seriousme/openapi-schema-validator'
import { hashTypedData } from 'viem'
import {
  type ApiAtWork,
  type ApiAtWorkOptions,
  type AskOptions,
  committed,
  pending,
  startApi,
} from '../helpers/api-at-work.ts'
import { Contract } from '../helpers/api-contract.ts'
import { alice, OBSERVED_AT } from '../helpers/statements.ts'

const { id } = committed().attestation
const UNKNOWN = `0x${'00'.repeat(32)}`

async function startWithContract(
  t: TestContext,
  options?: ApiAtWorkOptions,
): Promise<ApiAtWork & { readonly contract: Contract }> {
  const api = await startApi(t, options)
  return { ...api, contract: new Contract((await api.ask('/openapi.json')).json()) }
}

/** An address for every path of the document, the stream aside. */
const SAMPLES: readonly (readonly [path: string, target: string])[] = [
  ['/livez', '/livez'],
  ['/readyz', '/readyz'],
  ['/metrics', '/metrics'],
  ['/openapi.json', '/openapi.json'],
  ['/v1/prices', '/v1/prices'],
  [
    '/v1/prices',
    `/v1/prices?pair=ETH-USD&from=2024-12-01T00:00:00Z&to=2025-02-01T00:00:00%2B02:00&proposer=${alice.address}&limit=2`,
  ],
  ['/v1/prices/latest', '/v1/prices/latest'],
  ['/v1/prices/latest', '/v1/prices/latest?pair=ETH-USD'],
  ['/v1/prices/{id}', `/v1/prices/${id}`],
  ['/v1/rounds', '/v1/rounds?pair=ETH-USD&limit=2'],
  ['/v1/statements', '/v1/statements'],
  ['/v1/statements/{id}/why', `/v1/statements/${pending().id}/why`],
  ['/v1/statements/{id}/why', `/v1/statements/${id}/why`],
  ['/v1/statements/{id}/why', `/v1/statements/${UNKNOWN}/why`],
  ['/v1/rounds/{round}/why', `/v1/rounds/${committed(1).attestation.statement.round}/why`],
  ['/v1/rounds/{round}/why', '/v1/rounds/9999999999/why'],
  ['/v1/peers', '/v1/peers'],
  ['/v1/network', '/v1/network'],
]

interface Parameter {
  readonly name: string
  readonly schema: Readonly<Record<string, unknown>>
}

const METRICS = { contentType: 'text/plain; version=0.0.4; charset=utf-8', text: async () => 'gp_ready 1\n' }

describe('the OpenAPI document', () => {
  it('is a valid one of version 3.1', async (t) => {
    const { ask } = await startApi(t)
    const answer = await ask('/openapi.json')
    const result = await new Validator().validate(answer.json() as SpecData)
    assert.deepEqual(result, { valid: true })
    assert.equal((answer.json() as { openapi: string }).openapi, '3.1.0')
  })

  it('describes every answer', async (t) => {
    const { ask, contract } = await startWithContract(t, { components: { metrics: METRICS } })
    for (const [path, target] of SAMPLES) {
      const answer = await ask(target)
      assert.equal(answer.status, 200, `${target}: ${answer.body}`)
      contract.check(path, answer)
    }
    const asked = new Set([...SAMPLES.map(([path]) => path), '/v1/stream'])
    assert.deepEqual(contract.paths.toSorted(), [...asked].toSorted())
  })

  it('describes every refusal, whatever it is asked for', async (t) => {
    const { ask, contract } = await startWithContract(t, { limits: { burst: 600, costPerSecond: 0.001 } })
    const REFUSED: readonly (readonly [status: number, how: AskOptions, query: string])[] = [
      [400, {}, '?nobody=knows'],
      [400, { body: 'x', headers: { 'content-length': '1' } }, ''],
      [405, { method: 'POST' }, ''],
      [414, {}, `?a=${'a'.repeat(2_048)}`],
      [421, { headers: { host: 'elsewhere.example' } }, ''],
    ]
    const targets = [...SAMPLES, ['/v1/stream', '/v1/stream'] as const]
    for (const [path, target] of targets) {
      const [plain = ''] = target.split('?')
      for (const [status, how, query] of REFUSED) {
        const answer = await ask(`${plain}${query}`, how)
        assert.equal(answer.status, status, `${path} ${answer.body}`)
        contract.check(path, answer)
        assert.equal(answer.headers['cache-control'], 'no-store')
      }
    }
    while ((await ask('/v1/rounds')).status !== 429);
    while ((await ask('/livez')).status !== 429);
    for (const [path, target] of targets) contract.check(path, await ask(target))
  })

  it('describes that it has not changed', async (t) => {
    const { ask, contract } = await startWithContract(t)
    const { etag = '' } = (await ask('/openapi.json')).headers
    const answer = await ask('/openapi.json', { headers: { 'if-none-match': etag } })
    assert.equal(answer.status, 304)
    contract.check('/openapi.json', answer)
  })

  it('describes the answers of a bootstrap node, which has no prices', async (t) => {
    const { ask, contract, node } = await startWithContract(t, { components: { prices: undefined } })
    node.self = { network: 'test-network', role: 'bootstrap', address: undefined, constants: undefined }
    for (const [path, target] of SAMPLES.filter(([, each]) => each.startsWith('/v1/'))) {
      const answer = await ask(target)
      contract.check(path, answer)
      const isOfTable = path.startsWith('/v1/prices') || path.startsWith('/v1/rounds')
      assert.equal(answer.status, isOfTable ? 404 : 200, target)
      if (isOfTable) assert.match(answer.body, /keeps no prices|knows of no rounds/)
    }
  })

  it('describes the answers of a node whose database is away, which say nothing of where it is', async (t) => {
    const { ask, contract, table } = await startWithContract(t)
    table.isDown = true
    for (const [path, target] of SAMPLES.filter(([each]) => /prices|rounds$/.test(each))) {
      const answer = await ask(target)
      contract.check(path, answer)
      assert.equal(answer.status, 503, target)
      assert.equal(answer.headers['retry-after'], '5')
      assert.doesNotMatch(answer.body, /secret-host/)
    }
  })

  it('describes why, of what a node knows by itself, while the database is away', async (t) => {
    const { ask, contract, table } = await startWithContract(t)
    table.isDown = true
    const why = async (path: string, target: string): Promise<string> => {
      const answer = await ask(target)
      contract.check(path, answer)
      assert.equal(answer.status, target.includes(UNKNOWN) ? 503 : 200)
      return answer.body
    }
    const held = await why('/v1/statements/{id}/why', `/v1/statements/${pending().id}/why`)
    assert.match(held, /whether it is in the table is not known/)
    await why('/v1/statements/{id}/why', `/v1/statements/${UNKNOWN}/why`)
    const round = await why('/v1/rounds/{round}/why', `/v1/rounds/${pending().statement.round}/why`)
    assert.match(round, /what the table has of it is not known/)
    assert.match(round, new RegExp(`"statements":\\[\\{"id":"${pending().id}"`))
  })

  it('describes the answers of a server that serves health alone', async (t) => {
    const { ask, contract } = await startWithContract(t, { components: { prices: undefined, view: undefined } })
    for (const [path, target] of SAMPLES) contract.check(path, await ask(target))
    assert.equal((await ask('/v1/stream')).status, 404)
    assert.equal((await ask('/readyz')).status, 200)
  })
})

describe('a price', () => {
  it('comes with a proof that another library recomputes the id from', async (t) => {
    const { ask } = await startApi(t)
    const { proof } = (await ask(`/v1/prices/${id}`)).json() as {
      proof: { typedData: Parameters<typeof hashTypedData>[0] }
    }
    assert.equal(hashTypedData(proof.typedData), id)
  })

  it('is found by its id in capital letters, too', async (t) => {
    const { ask } = await startApi(t)
    const capital = `0x${id.slice(2).toUpperCase()}`
    assert.equal(((await ask(`/v1/prices/${capital}`)).json() as { id: string }).id, id)
    assert.equal(((await ask(`/v1/statements/${capital}/why`)).json() as { id: string }).id, id)
  })

  it('that the table has not is a 404', async (t) => {
    const { ask, contract } = await startWithContract(t)
    const answer = await ask(`/v1/prices/${UNKNOWN}`)
    contract.check('/v1/prices/{id}', answer)
    assert.equal(answer.status, 404)
  })

  it('with a time that no calendar has is shown all the same', async (t) => {
    const { ask, contract, table } = await startWithContract(t)
    table.rows = [committed(0, { createdAtMs: 8.64e15, lastSignedAtMs: -1e15 })]
    contract.check('/v1/prices', await ask('/v1/prices'))
  })
})

describe('why', () => {
  interface Told {
    readonly phase: string
    readonly price?: { readonly id: string }
    readonly sentences: readonly string[]
    readonly missing: readonly unknown[]
    readonly statements: readonly Told[]
  }

  it('believes the table, where a statement has no quorum here', async (t) => {
    const { ask, node, table } = await startApi(t)
    table.rows = [committed()]
    const story = { ...node.why(pending().id), id, phase: 'expired' as const, wouldPass: undefined }
    t.mock.method(node, 'why', () => story)
    const told = (await ask(`/v1/statements/${id}/why`)).json() as Told
    assert.equal(told.phase, 'committed')
    assert.equal(told.price?.id, id)
    // Carol, whom this node misses, has signed the row.
    assert.deepEqual(told.missing, [])
  })

  it('says once that a statement was committed, and what the table says of it now', async (t) => {
    const { ask, node, table } = await startApi(t)
    const story = { ...node.why(pending().id), id, phase: 'committed' as const, sentences: [], wouldPass: undefined }
    t.mock.method(node, 'why', () => story)
    const sentences = async () => ((await ask(`/v1/statements/${id}/why`)).json() as Told).sentences
    const words = await sentences()
    assert.equal(words.length, 1)
    assert.match(words[0] ?? '', /^It is in the table since .+, with 3 signatures\.$/)
    table.rows = []
    const gone = 'It was committed. The table shows no row of it now: somebody has taken it out, or changed it.'
    assert.deepEqual(await sentences(), [gone])
    table.isDown = true
    assert.deepEqual(await sentences(), ['It was committed. The database gives no answer now.'])
  })

  it('says of what neither the node nor the table knows that the table does not have it', async (t) => {
    const { ask } = await startApi(t)
    const { phase, sentences } = (await ask(`/v1/statements/${UNKNOWN}/why`)).json() as Told
    assert.deepEqual([phase, sentences], ['unknown', ['nobody told', 'The table has no row of it either.']])
  })

  it('of a round tells of every statement of it, those of the table too', async (t) => {
    const { ask, table } = await startApi(t)
    const { round } = committed().attestation.statement
    const told = (await ask(`/v1/rounds/${round}/why`)).json() as Told
    assert.deepEqual(
      told.statements.map(({ phase }) => phase),
      ['collecting', 'committed'],
    )
    assert.deepEqual(told.sentences, ['It is over.', 'The table has 1 price of it.'])
    assert.deepEqual(table.asked.at(-1), { fromMs: OBSERVED_AT, toMs: OBSERVED_AT + 600_000, limit: 500 })
    const none = (await ask(`/v1/rounds/${round + 5}/why`)).json() as Told
    assert.deepEqual(none.statements, [])
    assert.equal(none.sentences.at(-1), 'The table has no price of it.')
  })

  it('of what is no round is a 400', async (t) => {
    const { ask, contract } = await startWithContract(t)
    for (const wrong of ['-1', '1.5', 'latest', '1e3', '10000000000', '0x10', '%00', '99999999999999999999']) {
      const answer = await ask(`/v1/rounds/${wrong}/why`)
      assert.equal(answer.status, 400, wrong)
      contract.check('/v1/rounds/{round}/why', answer)
      assert.equal((answer.json() as { errors: { parameter: string }[] }).errors[0]?.parameter, 'round')
    }
  })
})

describe('pages of prices', () => {
  it('follow one another without a gap, to the end', async (t) => {
    const { ask } = await startApi(t)
    const seen: string[] = []
    let cursor: string | null = ''
    for (let pages = 0; cursor !== null; pages++) {
      assert.ok(pages < 4)
      const answer = await ask(`/v1/prices?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`)
      const page = answer.json() as { prices: { id: string }[]; next: string | null }
      seen.push(...page.prices.map((price) => price.id))
      cursor = page.next
    }
    assert.deepEqual(
      seen,
      [0, 1, 2, 3, 4].map((age) => committed(age).attestation.id),
    )
  })

  it('ask the table for what the address says', async (t) => {
    const { ask, table } = await startApi(t)
    const { address } = alice
    const checksummed = '0x' + address.slice(2).toUpperCase()
    await ask(
      `/v1/prices?pair=BTC-EUR&from=2025-01-01T00:00:00.5Z&to=2025-01-02T01:00:00%2B01:00&proposer=${checksummed}`,
    )
    const [query] = table.asked
    assert.deepEqual(query, {
      pair: 'BTC-EUR',
      fromMs: OBSERVED_AT + 500,
      toMs: OBSERVED_AT + 86_400_000,
      proposer: address,
      after: undefined,
      limit: 100,
    })
  })

  it('take half-open ranges, to the millisecond that the table knows', async (t) => {
    const { ask, table } = await startApi(t)
    const range = async (from: string, to: string): Promise<unknown> => {
      const answer = await ask(`/v1/prices?from=${from}&to=${to}`)
      assert.equal(answer.status, 200, answer.body)
      const { fromMs, toMs } = table.asked.at(-1) as Record<string, number>
      return [Number(fromMs) - OBSERVED_AT, Number(toMs) - OBSERVED_AT]
    }
    // The first millisecond at or after a time between two is the later one.
    assert.deepEqual(await range('2025-01-01T00:00:00.0001Z', '2025-01-01T00:00:00.0020Z'), [1, 2])
    assert.deepEqual(await range('2025-01-01t00:00:00z', '2025-01-01T00:00:00-00:00'), [0, 0])
  })

  it('take a day for its beginning in UTC, so that the last one is not among them', async (t) => {
    const { ask, table } = await startApi(t)
    const { status, body } = await ask('/v1/prices?from=2025-01-01&to=2025-01-02')
    assert.equal(status, 200, body)
    const { paths } = (await ask('/openapi.json')).json() as {
      paths: Record<string, { get: { parameters: Parameter[] } }>
    }
    const described = paths['/v1/prices']?.get.parameters.filter(({ name }) => name === 'from' || name === 'to') ?? []
    const forms = described.map(({ schema }) => schema['anyOf'])
    const either = [{ format: 'date' }, { format: 'date-time' }]
    assert.deepEqual(forms, [either, either])
    const { fromMs, toMs } = table.asked.at(-1) as Record<string, number>
    assert.deepEqual([fromMs, toMs], [OBSERVED_AT, OBSERVED_AT + 86_400_000])
  })

  it('of rounds give back the mark of the page before', async (t) => {
    const { ask, table } = await startApi(t)
    const { next } = (await ask('/v1/rounds')).json() as { next: string }
    await ask(`/v1/rounds?cursor=${next}`)
    assert.deepEqual(table.asked.at(-1), { pair: undefined, after: { round: 6, pair: 'ETH-USD' }, limit: 100 })
  })
})

const word = (parameter: string, words: string): string => `The parameter ${parameter} is wrong: it must be ${words}.`

const cursor = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

describe('bad input', () => {
  const WRONG: readonly (readonly [path: string, target: string, parameter: string])[] = [
    ['/v1/prices', '?pair=eth-usd', 'pair'],
    ['/v1/prices', '?pair=', 'pair'],
    ['/v1/prices', '?pair=ETH-USD&pair=BTC-USD', 'pair'],
    ['/v1/prices', '?pair=%00', 'pair'],
    ['/v1/prices', '?pair=%ZZ', 'pair'],
    ['/v1/prices', "?pair=ETH-USD';--", 'pair'],
    ['/v1/prices', '?from=yesterday', 'from'],
    ['/v1/prices', '?from=2025-13-01', 'from'],
    ['/v1/prices', '?to=2025-02-30', 'to'],
    ['/v1/prices', '?from=2025-01-02&to=2025-01-01', 'from'],
    ['/v1/prices', '?from=2025-01-01T00:00:00', 'from'],
    ['/v1/prices', '?from=2025-02-30T00:00:00Z', 'from'],
    ['/v1/prices', '?from=1735689600000', 'from'],
    ['/v1/prices', '?from=2016-12-31T23:59:60Z', 'from'],
    ['/v1/prices', '?to=2025-01-01T00:00:00+02:00', 'to'],
    ['/v1/prices', '?from=2025-01-02T00:00:00Z&to=2025-01-01T00:00:00Z', 'from'],
    ['/v1/prices', '?from=', 'from'],
    ['/v1/prices', '?from=+002025-01-01T00:00:00Z', 'from'],
    ['/v1/prices', '?proposer=0x00', 'proposer'],
    ['/v1/prices', '?proposer=0xABcdef0000000000000000000000000000000000', 'proposer'],
    ['/v1/prices', '?limit=0', 'limit'],
    ['/v1/prices', '?limit=501', 'limit'],
    ['/v1/prices', '?limit=-1', 'limit'],
    ['/v1/prices', '?limit=1.5', 'limit'],
    ['/v1/prices', '?limit=1e2', 'limit'],
    ['/v1/prices', '?limit=0x10', 'limit'],
    ['/v1/prices', '?limit=%205', 'limit'],
    ['/v1/prices', '?limit=', 'limit'],
    ['/v1/prices', '?limit=99999999999999999999', 'limit'],
    ['/v1/prices', '?cursor=AAAA', 'cursor'],
    ['/v1/prices', '?cursor=%2B%2F', 'cursor'],
    ['/v1/prices', `?cursor=${cursor(['r', 6, 'ETH-USD'])}`, 'cursor'],
    ['/v1/prices', `?cursor=${cursor(['p', -1, id])}`, 'cursor'],
    ['/v1/prices', `?cursor=${cursor(['x', 1, id])}`, 'cursor'],
    ['/v1/prices', `?cursor=${cursor(['p', 1e300, id])}`, 'cursor'],
    ['/v1/prices', `?cursor=${cursor(['p', 1, '0x0'])}`, 'cursor'],
    ['/v1/prices', `?cursor=${'A'.repeat(201)}`, 'cursor'],
    ['/v1/prices', '?sort=asc', 'sort'],
    ['/v1/prices', '?__proto__=1', '__proto__'],
    ['/v1/prices/latest', '?limit=1', 'limit'],
    ['/v1/rounds', `?cursor=${cursor(['p', 1, id])}`, 'cursor'],
    ['/v1/rounds', '?from=2025-01-01T00:00:00Z', 'from'],
    ['/v1/network', '?verbose=1', 'verbose'],
    ['/livez', '?x', 'x'],
  ]
  const WRONG_IDS = ['0x', 'latest1', id.toUpperCase(), id.slice(0, -1), `${id}0`, '%00', '..', '%2e%2e%2fetc']

  it('gets a problem document that names the parameter, and never reaches the table', async (t) => {
    const { ask, contract, table } = await startWithContract(t, { limits: { burst: 10_000 } })
    for (const [path, query, parameter] of WRONG) {
      const answer = await ask(`${path}${query}`)
      assert.equal(answer.status, 400, `${path}${query}: ${answer.body}`)
      contract.check(path, answer)
      const problem = answer.json() as { status: number; errors: { parameter: string }[] }
      assert.equal(problem.status, 400)
      assert.equal(problem.errors[0]?.parameter, parameter, answer.body)
    }
    for (const wrong of WRONG_IDS) {
      const answer = await ask(`/v1/prices/${wrong}`)
      contract.check('/v1/prices/{id}', answer)
      assert.ok(answer.status === 400 || answer.status === 404, `${wrong}: ${answer.status}`)
      assert.equal((await ask(`/v1/statements/${wrong}/why`)).status < 500, true)
    }
    assert.deepEqual(table.asked, [])
  })

  it('is told that a parameter is there twice, where it is right each time', async (t) => {
    const { ask, contract } = await startWithContract(t)
    for (const [query, parameter] of [
      ['limit=1&limit=2', 'limit'],
      ['pair=ETH-USD&pair=BTC-USD', 'pair'],
    ] as const) {
      const answer = await ask(`/v1/prices?${query}`)
      contract.check('/v1/prices', answer)
      const { errors } = answer.json() as { errors: unknown }
      assert.deepEqual(errors, [{ parameter, detail: 'it is given more than once' }])
    }
  })

  it('is told what a parameter must be, in words, and once', async (t) => {
    const { ask } = await startApi(t)
    const said = async (path: string) => {
      const { detail, errors } = (await ask(path)).json() as { detail: string; errors: unknown[] }
      assert.equal(errors.length, 1, detail)
      return detail
    }
    assert.equal(await said('/v1/prices?limit=0'), word('limit', 'a whole number from 1 to 500'))
    assert.equal(await said('/v1/prices?limit=x'), word('limit', 'a whole number from 1 to 500'))
    assert.equal(await said('/v1/prices?pair=eth'), word('pair', 'BASE-QUOTE in capitals, as ETH-USD'))
    assert.equal(await said('/v1/prices?proposer=0x1'), word('proposer', '0x and 40 hexadecimal digits'))
    assert.equal(await said('/v1/prices/0x12'), word('id', '0x and 64 hexadecimal digits'))
    assert.equal(await said('/v1/rounds/x/why'), word('round', 'a whole number from 0 to 9999999999'))
    for (const wrong of ['', '.', 'AAAA', '*'.repeat(300)]) {
      const path = `/v1/prices?cursor=${wrong}`
      assert.equal(await said(path), word('cursor', 'the "next" of an earlier page of the same list'))
    }
  })

  it('tells of all wrong parameters at once, and of eight at most', async (t) => {
    const { ask } = await startApi(t)
    const two = (await ask('/v1/prices?limit=0&pair=x')).json() as { errors: unknown[] }
    assert.equal(two.errors.length, 2)
    const words = 'it must be a day in UTC, as 2026-01-31, or a time, as 2026-01-31T12:00:00Z'
    const times = await ask('/v1/prices?from=yesterday&to=2025-01-01T00:00:00+02:00')
    assert.deepEqual((times.json() as { errors: unknown }).errors, [
      { parameter: 'from', detail: words },
      { parameter: 'to', detail: `${words}; write the + of an offset as %2B` },
    ])
    const query = Array.from({ length: 200 }, (_, index) => `p${index}=1`).join('&')
    const many = (await ask(`/v1/prices?${query}`)).json() as { errors: unknown[] }
    assert.equal(many.errors.length, 8)
  })

  it('in the path that cannot be decoded is a 400', async (t) => {
    const { ask, contract } = await startWithContract(t)
    const answer = await ask('/v1/prices/%E0%A4%A')
    assert.equal(answer.status, 400)
    contract.check('/v1/prices/{id}', answer)
  })

  it('in a mistake of ours is a 500 that says nothing, and a line in the log', async (t) => {
    const { ask, contract, node, logger } = await startWithContract(t)
    t.mock.method(node, 'peers', () => {
      throw new Error('secret of the inside')
    })
    const answer = await ask('/v1/peers')
    assert.equal(answer.status, 500)
    contract.check('/v1/peers', answer)
    assert.doesNotMatch(answer.body, /secret/)
    assert.equal(logger.at('error').length, 1)
  })
})
