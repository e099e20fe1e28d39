import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type Server, createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { FeedError } from '../../src/core/price-feed.ts'
import { createCoinbaseFeed } from '../../src/price/coinbase-feed.ts'
import { type CoinbaseStandIn, startCoinbaseStandIn } from '../helpers/coinbase-stand-in.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { selfSigned } from '../helpers/self-signed.ts'

describe('the Coinbase feed over TLS', () => {
  const { key, certificate } = selfSigned()
  const trusted = getCACertificates('default')
  let plain: CoinbaseStandIn
  let secure: Server
  let location: string | undefined

  before(async () => {
    plain = await startCoinbaseStandIn()
    secure = createServer({ key, cert: certificate }, (request, response) => {
      if (location === undefined || request.url?.startsWith('/moved') === true) {
        response.end('{"data":{"currency":"ETH","rates":{"USD":"3021.455"}}}')
      } else {
        response.writeHead(302, { location }).end()
      }
    })
    secure.listen(0, '127.0.0.1')
    await once(secure, 'listening')
  })
  after(async () => {
    setDefaultCACertificates(trusted)
    await plain.close()
    await new Promise((resolve) => secure.close(resolve))
  })

  const fetchUsd = () => {
    const url = `https://127.0.0.1:${(secure.address() as AddressInfo).port}`
    return createCoinbaseFeed({ clock: new ManualClock() }, { url }).fetch('ETH', ['USD'], new AbortController().signal)
  }

  it('a certificate that nobody vouches for is a failure that says what to check', async () => {
    await assert.rejects(fetchUsd(), (error) => {
      assert.ok(error instanceof FeedError)
      assert.equal(error.code, 'unreachable')
      assert.match(error.message, /certificate of 127\.0\.0\.1:\d+ is not trusted \([A-Z_]+\): check the clock/)
      return true
    })
  })

  describe('once the certificate is trusted', () => {
    before(() => setDefaultCACertificates([certificate]))

    it('a price is read', async () => {
      location = undefined
      assert.equal((await fetchUsd()).observations.length, 1)
    })

    it('a redirect that stays encrypted is followed', async () => {
      location = '/moved'
      assert.equal((await fetchUsd()).observations.length, 1)
    })

    it('a redirect that gives up encryption is not followed', async () => {
      location = `${plain.url}/v2/exchange-rates`
      await assert.rejects(fetchUsd(), /redirects to where we do not follow/)
      assert.equal(plain.requests.length, 0)
    })
  })
})
