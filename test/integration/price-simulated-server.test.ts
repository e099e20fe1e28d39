import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { formatPrice } from '../../src/core/price.ts'
import { createCoinbaseFeed } from '../../src/price/coinbase-feed.ts'
import {
  type SimulatedPriceServer,
  SimulatedPriceServerError,
  startSimulatedPriceServer,
} from '../../src/price/simulated-feed-server.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { RecordingLogger } from '../helpers/recorders.ts'

interface RatesBody {
  readonly data: { readonly currency: string; readonly rates: Readonly<Record<string, string>> }
}

const rates = async (of: SimulatedPriceServer, base: string) => {
  const response = await fetch(`${of.url}/v2/exchange-rates?currency=${base}`)
  return ((await response.json()) as RatesBody).data.rates
}

describe('the server of simulated prices', () => {
  const clock = new ManualClock()
  const logger = new RecordingLogger()
  let server: SimulatedPriceServer

  const start = (port = 0) => startSimulatedPriceServer({ clock, logger }, { seed: 'walk', host: '127.0.0.1', port })
  const ask = (path: string, init?: RequestInit) => fetch(`${server.url}${path}`, init)
  before(async () => {
    server = await start()
  })
  after(() => server.close())

  it("answers in Coinbase's format", async () => {
    const response = await ask('/v2/exchange-rates?currency=ETH')
    assert.equal(response.status, 200)
    assert.equal(response.headers.get('content-type'), 'application/json')
    const { data } = (await response.json()) as RatesBody
    assert.equal(data.currency, 'ETH')
    assert.equal(data.rates['ETH'], '1.0')
    assert.match(data.rates['USD'] ?? '', /^\d{4}\.\d{2,3}$/)
    assert.ok(['EUR', 'GBP', 'BTC', 'SOL'].every((quote) => quote in data.rates))
  })

  it('the Coinbase feed reads it, given nothing but its URL', async () => {
    const feed = createCoinbaseFeed({ clock }, { url: server.url, source: 'simulated' })
    const { observations, faults } = await feed.fetch('ETH', ['USD', 'EUR'], new AbortController().signal)
    assert.deepEqual(faults, [])
    const expected = await rates(server, 'ETH')
    assert.deepEqual(
      observations.map(({ price }) => Number(formatPrice(price))),
      [Number(expected['USD']), Number(expected['EUR'])],
    )
  })

  it('two servers with one seed serve the same prices', async () => {
    const other = await start()
    assert.deepEqual(await rates(other, 'BTC'), await rates(server, 'BTC'))
    await other.close()
  })

  it('prices go with the clock', async () => {
    const earlier = await rates(server, 'ETH')
    await clock.advance(60_000)
    assert.notDeepEqual(await rates(server, 'ETH'), earlier)
  })

  it('any base currency has a price', async () => {
    assert.ok(Number((await rates(server, 'MADEUP42'))['USD']) > 0)
  })

  for (const query of [
    '',
    '?currency=',
    '?currency=eth',
    '?currency=A-B',
    '?currency=ETH&currency=BTC',
    `?currency=${'X'.repeat(17)}`,
  ]) {
    it(`a query of "${query}" gets 400 and a JSON error`, async () => {
      const response = await ask(`/v2/exchange-rates${query}`)
      assert.equal(response.status, 400)
      const body = (await response.json()) as { errors: { id: string; message: string }[] }
      assert.equal(body.errors[0]?.id, 'invalid_request')
    })
  }

  it('only GET is answered', async () => {
    const response = await ask('/v2/exchange-rates?currency=ETH', { method: 'POST', body: '{}' })
    assert.equal(response.status, 405)
    assert.equal(response.headers.get('allow'), 'GET')
  })

  it('it says that it is alive, and that other paths are not found', async () => {
    assert.equal((await ask('/livez')).status, 200)
    assert.equal((await ask('/')).status, 404)
  })

  it('a port in use is an error that says what to do', async () => {
    await assert.rejects(start(server.port), (error) => {
      assert.ok(error instanceof SimulatedPriceServerError)
      assert.equal(error.code, 'port-in-use')
      assert.match(error.message, /is in use: stop what holds it, or choose another/)
      return true
    })
  })

  it('a close frees the port, cuts connections and may be repeated', async () => {
    const other = await start()
    await fetch(`${other.url}/livez`)
    await Promise.all([other.close(), other.close()])
    await other.close()
    const again = await start(other.port)
    await again.close()
  })
})
