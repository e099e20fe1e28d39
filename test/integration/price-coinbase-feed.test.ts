import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { FeedError } from '../../src/core/price-feed.ts'
import { formatPrice } from '../../src/core/price.ts'
import { createCoinbaseFeed } from '../../src/price/coinbase-feed.ts'
import { type Answer, type CoinbaseStandIn, answers, startCoinbaseStandIn } from '../helpers/coinbase-stand-in.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { RecordingCounters } from '../helpers/recorders.ts'

const never = new AbortController().signal

async function failureOf(fetching: Promise<unknown>): Promise<FeedError> {
  const outcome = await fetching.then(
    () => assert.fail('a FeedError was expected'),
    (error: unknown) => error,
  )
  assert.ok(outcome instanceof FeedError, String(outcome))
  return outcome
}

describe('the Coinbase feed', () => {
  let standIn: CoinbaseStandIn
  let clock: ManualClock
  let counters: RecordingCounters

  beforeEach(async () => {
    standIn = await startCoinbaseStandIn()
    clock = new ManualClock()
    counters = new RecordingCounters()
  })
  afterEach(() => standIn.close())

  const createFeed = (url = standIn.url) => createCoinbaseFeed({ clock, counters }, { url })
  const fetchUsd = () => createFeed().fetch('ETH', ['USD'], never)

  it('reads exact prices of several quotes from one request', async () => {
    standIn.setPrice('ETH-USD', '3021.455000000000000001')
    const { observations, faults } = await createFeed().fetch('ETH', ['USD', 'EUR'], never)
    assert.deepEqual(
      observations.map(({ pair, price }) => `${pair} ${formatPrice(price)}`),
      ['ETH-USD 3021.455000000000000001', 'ETH-EUR 2781.40395125'],
    )
    assert.deepEqual(faults, [])
    assert.equal(standIn.requests.length, 1)
    assert.equal(counters.count('gp_feed_requests_total', { base: 'ETH', outcome: 'answered' }), 1)
  })

  it('asks /v2/exchange-rates for the base currency, and says who is asking', async () => {
    await fetchUsd()
    const [request] = standIn.requests
    assert.equal(request?.path, '/v2/exchange-rates')
    assert.equal(request.base, 'ETH')
    assert.equal(request.userAgent, 'gossip-price')
  })

  it('a URL with a path is used as given, its currency replaced', async () => {
    await createFeed(`${standIn.url}/mirror/rates?key=1&currency=BTC`).fetch('ETH', ['USD'], never)
    assert.equal(standIn.requests[0]?.path, '/mirror/rates')
    assert.equal(standIn.requests[0].base, 'ETH')
  })

  for (const url of ['ftp://127.0.0.1/', 'file:///etc/hosts', 'data:text/plain,x', 'not a url']) {
    it(`${url} is refused when the feed is made`, () => assert.throws(() => createFeed(url), TypeError))
  }

  it('the time of an observation is when the answer was complete', async () => {
    const startMs = clock.now().wallMs
    standIn.next(answers.hang())
    const hanging = new AbortController()
    const aborted = assert.rejects(createFeed().fetch('ETH', ['USD'], hanging.signal))
    await standIn.requested(1)
    await clock.advance(1_234)
    hanging.abort()
    await aborted
    const { observations } = await fetchUsd()
    assert.equal(observations[0]?.observedAtMs, startMs + 1_234)
  })

  const failures: readonly [title: string, answer: Answer, code: string, message: RegExp][] = [
    [
      'HTTP 500',
      answers.status(500),
      'http-status',
      /answered HTTP 500 "Something went wrong": the fault is on its side/,
    ],
    ['HTTP 400', answers.status(400, 'Invalid currency'), 'http-status', /HTTP 400 "Invalid currency": check GP_PAIRS/],
    ['HTTP 304', answers.status(304), 'http-status', /HTTP 304/],
    ['HTML', answers.html(), 'not-json', /HTML instead of JSON/],
    ['invalid JSON', answers.text('{"data":'), 'not-json', /what is not JSON/],
    ['an empty body', answers.text(''), 'not-json', /what is not JSON/],
    ['a wrong shape', answers.json({ rates: { USD: '1' } }), 'unexpected-shape', /without data\.rates/],
    ['another currency', answers.otherCurrency('BTC'), 'unexpected-shape', /asked for ETH and answered for/],
    ['more than a megabyte', answers.oversize(1_000_000), 'unexpected-shape', /more than 1000000 bytes/],
    ['an endless redirect', answers.redirect('/v2/exchange-rates'), 'http-status', /redirects us in circles/],
    [
      'a redirect to another protocol',
      answers.redirect('ftp://127.0.0.1/'),
      'http-status',
      /redirects to where we do not follow/,
    ],
    ['half an answer', answers.breakOff(), 'unreachable', /cannot be reached, or broke off/],
  ]
  for (const [title, answer, code, message] of failures) {
    it(`${title} is a failure with its reason, never a price`, async () => {
      standIn.always(answer)
      const failure = await failureOf(fetchUsd())
      assert.equal(failure.code, code)
      assert.match(failure.message, message)
      assert.equal(failure.retryAfterMs, undefined)
      assert.equal(counters.count('gp_feed_requests_total', { base: 'ETH', outcome: code }), 1)
    })
  }

  const unsound: readonly [title: string, answer: Answer][] = [
    ['no USD', answers.without('USD')],
    ['an empty text', answers.usd('')],
    ['NaN', answers.usd('NaN')],
    ['-1', answers.usd('-1')],
    ['0', answers.usd('0')],
    ['1e999', answers.usd('1e999')],
    ['40 digits', answers.usd('1'.repeat(40))],
    ['a JSON number', answers.usd(3021.455)],
  ]
  for (const [title, answer] of unsound) {
    it(`${title} is a fault of its pair, never a price, and leaves other pairs alone`, async () => {
      standIn.next(answer)
      const { observations, faults } = await createFeed().fetch('ETH', ['USD', 'EUR'], never)
      assert.deepEqual(
        observations.map(({ pair }) => pair),
        ['ETH-EUR'],
      )
      assert.equal(faults.length, 1)
      assert.equal(faults[0]?.pair, 'ETH-USD')
      assert.match(faults[0].reason, /coinbase \(127\.0\.0\.1:\d+\) gave .*USD/)
    })
  }

  it('a few redirects are followed', async () => {
    standIn.next(answers.redirect('/a?currency=ETH'), answers.redirect('/b?currency=ETH'))
    const { observations } = await fetchUsd()
    assert.equal(observations.length, 1)
    assert.deepEqual(
      standIn.requests.map(({ path }) => path),
      ['/v2/exchange-rates', '/a', '/b'],
    )
  })

  describe('time', () => {
    it('a server that never answers is given up after 5 s, and its connection closed', async () => {
      standIn.next(answers.hang())
      const failing = failureOf(fetchUsd())
      await standIn.requested(1)
      await clock.advance(4_999)
      assert.equal(counters.count('gp_feed_requests_total', { base: 'ETH', outcome: 'timeout' }), 0)
      await clock.advance(1)
      const failure = await failing
      assert.equal(failure.code, 'timeout')
      assert.match(failure.message, /no complete answer in 5 s/)
      await standIn.requests[0]?.gone
    })

    it('a server that drips bytes for ever is given up after 5 s, and its connection closed', async () => {
      const dripping = Promise.withResolvers<void>()
      standIn.next(answers.drip((bytes) => bytes > 5 && dripping.resolve()))
      const failing = failureOf(fetchUsd())
      await dripping.promise
      await clock.advance(5_000)
      assert.equal((await failing).code, 'timeout')
      await standIn.requests[0]?.gone
    })

    it('a call that has ended leaves no timer', async () => {
      await fetchUsd()
      assert.equal(clock.pending, 0)
    })

    it('an abort ends the request with the reason of the abort', async () => {
      standIn.next(answers.hang())
      const abort = new AbortController()
      const fetching = createFeed().fetch('ETH', ['USD'], abort.signal)
      await standIn.requested(1)
      const reason = new Error('the round is over')
      abort.abort(reason)
      await assert.rejects(fetching, reason)
      await standIn.requests[0]?.gone
      assert.equal(counters.count('gp_feed_requests_total', { base: 'ETH', outcome: 'aborted' }), 1)
      assert.equal(clock.pending, 0)
    })

    it('a call that is aborted already asks nobody', async () => {
      await assert.rejects(createFeed().fetch('ETH', ['USD'], AbortSignal.abort()))
      assert.equal(standIn.requests.length, 0)
    })
  })

  describe('a server that asks us to wait', () => {
    it('429 without Retry-After is rate-limited, with no time to wait', async () => {
      standIn.next(answers.tooManyRequests())
      const failure = await failureOf(fetchUsd())
      assert.equal(failure.code, 'rate-limited')
      assert.equal(failure.retryAfterMs, undefined)
      assert.match(failure.message, /HTTP 429/)
    })

    it('429 says how long to wait, in seconds or as a date', async () => {
      standIn.next(
        answers.tooManyRequests('30'),
        answers.tooManyRequests('Wed, 01 Jan 2025 00:01:30 GMT', 'Wed, 01 Jan 2025 00:00:00 GMT'),
      )
      assert.equal((await failureOf(fetchUsd())).retryAfterMs, 30_000)
      assert.equal((await failureOf(fetchUsd())).retryAfterMs, 90_000)
    })

    it('until the time is over every call ends at once, and the server is not asked', async () => {
      const feed = createFeed()
      standIn.next(answers.tooManyRequests('30'))
      await failureOf(feed.fetch('ETH', ['USD'], never))
      await clock.advance(29_000)
      const failure = await failureOf(feed.fetch('BTC', ['USD'], never))
      assert.equal(failure.code, 'rate-limited')
      assert.equal(failure.retryAfterMs, 1_000)
      assert.equal(standIn.requests.length, 1)
      await clock.advance(1_000)
      await feed.fetch('BTC', ['USD'], never)
      assert.equal(standIn.requests.length, 2)
    })
  })

  describe('who cannot be reached', () => {
    it('a refused connection says who does not listen and what to do', async () => {
      const { url } = standIn
      await standIn.close()
      const failure = await failureOf(createFeed(url).fetch('ETH', ['USD'], never))
      assert.equal(failure.code, 'unreachable')
      assert.match(
        failure.message,
        /Nobody listens at 127\.0\.0\.1:\d+ \(ECONNREFUSED\): start the price server, or correct GP_PRICEURL/,
      )
    })

    it('a refused connection is of who was redirected to', async () => {
      const gone = new URL(standIn.url).host
      await standIn.close()
      const other = await startCoinbaseStandIn()
      try {
        other.next(answers.redirect(`http://${gone}/`))
        const failure = await failureOf(createFeed(other.url).fetch('ETH', ['USD'], never))
        const { host } = new URL(other.url)
        assert.ok(failure.message.startsWith(`Nobody listens at ${gone} (ECONNREFUSED), where ${host} redirects us: `))
      } finally {
        await other.close()
      }
    })

    it('a name that does not resolve says so and what to do', async () => {
      const failure = await failureOf(createFeed('http://prices.invalid/').fetch('ETH', ['USD'], never))
      assert.equal(failure.code, 'unreachable')
      assert.match(failure.message, /name of prices\.invalid cannot be resolved \(E[A-Z_]+\): check connection and DNS/)
    })

    it('a server that speaks no HTTP is unreachable', async () => {
      const server = createServer((socket) => socket.resume().end('220 mail.example ESMTP\r\n'))
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const address = server.address()
      assert.ok(typeof address === 'object' && address !== null)
      const failure = await failureOf(createFeed(`http://127.0.0.1:${address.port}`).fetch('ETH', ['USD'], never))
      assert.equal(failure.code, 'unreachable')
      await new Promise((resolve) => server.close(resolve))
    })

    it('a proxy named in the environment is not asked for what is on this machine', async (t) => {
      const before = process.env['HTTP_PROXY']
      process.env['HTTP_PROXY'] = 'http://127.0.0.1:1'
      t.after(() => {
        if (before === undefined) delete process.env['HTTP_PROXY']
        else process.env['HTTP_PROXY'] = before
      })
      const { observations } = await fetchUsd()
      assert.equal(observations.length, 1)
    })

    it('credentials in the URL appear in no message', async () => {
      standIn.always(answers.status(401))
      const url = standIn.url.replace('http://', 'http://user:hunter2@')
      const failure = await failureOf(createFeed(url).fetch('ETH', ['USD'], never))
      assert.ok(!failure.message.includes('hunter2'))
    })
  })
})
