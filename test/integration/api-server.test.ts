import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { startApiServer } from '../../src/api/api-server.ts'
import { staticFile } from '../../src/api/static-files.ts'
import { systemClock } from '../../src/node/system-clock.ts'
import { startApi } from '../helpers/api-at-work.ts'
import { defer } from '../helpers/defer.ts'
import { openStream } from '../helpers/event-reader.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { RecordingCounters, RecordingLogger } from '../helpers/recorders.ts'
import { until } from '../helpers/until.ts'

const PAGE = staticFile('text/html; charset=utf-8', Buffer.from('<!doctype html><title>prices</title>'))
const FILES = new Map([
  ['/', PAGE],
  ['/index.html', PAGE],
])

/** Sends bytes as they are, and gives all that comes back until the server hangs up. */
async function exchange(t: TestContext, url: string, bytes: string): Promise<string> {
  const socket = await dial(t, url)
  socket.write(bytes)
  return rest(socket)
}

async function dial(t: TestContext, url: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port) })
  defer(t, () => socket.destroy())
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  return socket
}

async function rest(socket: Socket): Promise<string> {
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  await once(socket, 'close')
  return text
}

describe('every answer', () => {
  it('carries the security headers, whatever it is', async (t) => {
    const { ask } = await startApi(t, { components: { files: FILES } })
    for (const path of ['/', '/livez', '/v1/prices', '/v1/nothing', '/v1/prices?x=1', '/%zz', '/openapi.json']) {
      const { headers } = await ask(path)
      assert.match(headers['content-security-policy']?.toString() ?? '', /default-src 'none'; script-src 'self'/, path)
      assert.doesNotMatch(headers['content-security-policy']?.toString() ?? '', /unsafe|\*|https?:/)
      assert.equal(headers['x-content-type-options'], 'nosniff')
      assert.equal(headers['x-frame-options'], 'DENY')
      assert.equal(headers['referrer-policy'], 'no-referrer')
    }
  })

  it('may be read by pages from elsewhere where it is about prices, and nowhere else', async (t) => {
    const { ask } = await startApi(t, { components: { files: FILES } })
    const headers = { origin: 'https://example.org' }
    for (const path of ['/v1/prices', '/v1/prices/latest', '/v1/rounds', '/openapi.json', '/v1/prices?limit=0']) {
      assert.equal((await ask(path, { headers })).headers['access-control-allow-origin'], '*', path)
    }
    for (const path of ['/', '/v1/peers', '/v1/network', '/v1/statements', '/metrics', '/readyz', '/nothing']) {
      const answer = await ask(path, { headers })
      assert.equal(answer.headers['access-control-allow-origin'], undefined, path)
      assert.equal(answer.headers['cross-origin-resource-policy'], 'same-origin', path)
    }
  })
})

describe('a method', () => {
  it('that is HEAD gets the head of GET', async (t) => {
    const { ask } = await startApi(t, { components: { files: FILES } })
    for (const path of ['/', '/livez', '/v1/prices', '/v1/network', '/openapi.json']) {
      const [get, head] = [await ask(path), await ask(path, { method: 'HEAD' })]
      assert.equal(head.status, get.status)
      assert.equal(head.body, '')
      assert.equal(head.headers['content-length'], get.headers['content-length'], path)
      assert.equal(head.headers['content-type'], get.headers['content-type'])
    }
  })

  it('that is OPTIONS is told what is allowed', async (t) => {
    const { ask } = await startApi(t)
    const own = await ask('/v1/network', { method: 'OPTIONS' })
    assert.equal(own.status, 204)
    assert.equal(own.headers.allow, 'GET, HEAD, OPTIONS')
    assert.equal(own.headers['access-control-allow-origin'], undefined)
    const shared = await ask('/v1/prices?pair=ETH-USD', { method: 'OPTIONS' })
    assert.equal(shared.headers['access-control-allow-origin'], '*')
    assert.equal(shared.headers['access-control-allow-private-network'], undefined)
  })

  it('that is any other is a 405 with what is allowed', async (t) => {
    const { ask } = await startApi(t)
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND', 'M-SEARCH', 'QUERY']) {
      const answer = await ask('/v1/prices', { method })
      assert.equal(answer.status, 405, method)
      assert.equal(answer.headers['content-type'], 'application/problem+json')
      assert.equal(answer.headers.allow, 'GET, HEAD, OPTIONS')
    }
  })
})

describe('a request', () => {
  it('for nothing that is there is a 404', async (t) => {
    const { ask } = await startApi(t)
    for (const path of ['/nothing', '/v1', '/v1/prices/', '/V1/prices', '//v1/prices', '/v1/prices/../../etc/passwd']) {
      const answer = await ask(path)
      assert.ok([400, 404].includes(answer.status), path)
      assert.equal(answer.headers['content-type'], 'application/problem+json')
    }
  })

  it('with a long address is a 414', async (t) => {
    const { ask } = await startApi(t)
    for (const path of [
      `/v1/prices?cursor=${'A'.repeat(2_048)}`,
      `/${'a'.repeat(2_048)}`,
      `/v1/prices/${'f'.repeat(2_048)}`,
    ]) {
      const answer = await ask(path)
      assert.equal(answer.status, 414)
      assert.equal(answer.headers['content-type'], 'application/problem+json')
    }
  })

  it('with a body is a 400, and its connection ends', async (t) => {
    const { ask } = await startApi(t)
    for (const method of ['GET', 'POST']) {
      const answer = await ask('/v1/prices', {
        method,
        body: '{"a":1}',
        headers: { 'content-type': 'application/json' },
      })
      assert.equal(answer.status, 400)
      assert.equal(answer.headers.connection, 'close')
    }
    const chunked = await ask('/v1/prices', { body: 'x', headers: { 'transfer-encoding': 'chunked' } })
    assert.equal(chunked.status, 400)
  })

  it('with large headers is a 431, one that is none a 400, both with a problem document', async (t) => {
    const { server } = await startApi(t)
    const large = await exchange(t, server.url, `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'y'.repeat(9_000)}\r\n\r\n`)
    assert.match(large, /^HTTP\/1\.1 431 [\s\S]*application\/problem\+json[\s\S]*"status":431/)
    assert.match(await exchange(t, server.url, 'nonsense\r\n\r\n'), /^HTTP\/1\.1 400 [\s\S]*"status":400/)
    const smuggled = 'GET / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n'
    assert.match(await exchange(t, server.url, smuggled), /^HTTP\/1\.1 400 /)
  })

  it('that expects something is answered at once, and nobody is told to send a body', async (t) => {
    const { server } = await startApi(t)
    const head = 'GET /livez HTTP/1.1\r\nhost: localhost\r\n'
    const body = await exchange(t, server.url, `${head}expect: 100-continue\r\ncontent-length: 4\r\n\r\n`)
    assert.match(body, /^HTTP\/1\.1 400 [\s\S]*"status":400/)
    const other = await exchange(t, server.url, `${head}expect: 200-ok\r\nconnection: close\r\n\r\n`)
    assert.match(other, /^HTTP\/1\.1 200 /)
  })

  it('to be a proxy is a 405', async (t) => {
    const { server } = await startApi(t)
    const answer = await exchange(t, server.url, 'CONNECT example.org:443 HTTP/1.1\r\nhost: localhost\r\n\r\n')
    assert.match(answer, /^HTTP\/1\.1 405 [\s\S]*allow: GET, HEAD, OPTIONS[\s\S]*"status":405/)
  })

  it('has a place though connections that ask for nothing took all', async (t) => {
    const { server, ask } = await startApi(t, { limits: { connections: 4 } })
    const stream = await openStream(t, server)
    const silent: Socket[] = []
    for (let count = 0; count < 12; count++) silent.push(await dial(t, server.url))
    const drip = silent.at(-1) ?? assert.fail()
    drip.write('GET /livez HTT')
    for (let count = 0; count < 5; count++) assert.equal((await ask('/livez')).status, 200)
    assert.equal(stream.isEnded, false)
  })

  it('has none while all places are taken by others that are answered', async (t) => {
    const { server, ask } = await startApi(t, { limits: { connections: 2 } })
    const [first] = [await openStream(t, server), await openStream(t, server)]
    await assert.rejects(ask('/livez'), { code: 'ECONNRESET' })
    first?.leave()
    await until(async () => {
      try {
        return (await ask('/livez')).status === 200
      } catch {
        return false
      }
    }, 'there is a place again')
  })

  it('that does not come to its end in time is a 408', async (t) => {
    const { server } = await startApi(t, { limits: { requestTimeoutMs: 50 } })
    assert.match(await exchange(t, server.url, 'GET /livez HTTP/1.1\r\nhost: local'), /^HTTP\/1\.1 408 /)
  })

  it('is the last one on its connection after so many', async (t) => {
    const { server } = await startApi(t, { limits: { requestsPerConnection: 2, keepAliveMs: 50 } })
    const one = 'GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n'
    const text = await exchange(t, server.url, one + one + one)
    assert.equal(text.match(/HTTP\/1\.1 200/g)?.length, 2)
  })

  it('too many in a second are a 429 that says when to come back', async (t) => {
    const clock = new ManualClock()
    const { ask } = await startApi(t, { limits: { burst: 10, costPerSecond: 2 }, components: { clock } })
    // Those of the table cost five.
    assert.equal((await ask('/v1/prices')).status, 200)
    assert.equal((await ask('/v1/prices')).status, 200)
    const refused = await ask('/livez')
    assert.equal(refused.status, 429)
    assert.equal(refused.headers['content-type'], 'application/problem+json')
    assert.equal(refused.headers['retry-after'], '1')
    assert.equal((await ask('/nothing')).status, 429)
    assert.equal((await ask('/%zz')).status, 429)
    assert.equal((await ask('/v1/prices')).headers['retry-after'], '3')
    await clock.advance(500)
    assert.equal((await ask('/livez')).status, 200)
    assert.equal((await ask('/livez')).status, 429)
  })

  it('is counted by route and status, and by no address that somebody made up', async (t) => {
    const { ask, counters } = await startApi(t)
    await ask('/livez')
    await ask('/v1/prices/0x')
    await ask('/made-up')
    assert.equal(counters.count('gp_http_requests_total', { route: '/livez', status: '200' }), 1)
    assert.equal(counters.count('gp_http_requests_total', { route: '/v1/prices/:id', status: '400' }), 1)
    assert.equal(counters.count('gp_http_requests_total', { route: 'none', status: '404' }), 1)
  })
})

describe('the Host header', () => {
  it('must name this machine when only this machine can connect', async (t) => {
    const { ask, server } = await startApi(t)
    const mine = ['localhost', 'localhost:8080', '127.0.0.1:1', '127.9.9.9', '[::1]:80', 'LOCALHOST', 'app.localhost']
    for (const host of mine) assert.equal((await ask('/v1/prices', { headers: { host } })).status, 200, host)
    const foreign = [
      'evil.example',
      '127.0.0.1.evil.example',
      'localhost.evil.example',
      '10.0.0.1',
      '[::2]',
      'a@b',
      '127.0.0.1:80:80',
    ]
    for (const host of foreign) {
      const answer = await ask('/v1/prices', { headers: { host } })
      assert.equal(answer.status, 421, host)
      assert.equal(answer.headers['access-control-allow-origin'], undefined)
    }
    const empty = await exchange(t, server.url, 'GET /livez HTTP/1.1\r\nhost: \r\nconnection: close\r\n\r\n')
    assert.match(empty, /^HTTP\/1\.1 421 /)
    const old = await exchange(t, server.url, 'GET /livez HTTP/1.0\r\n\r\n')
    assert.match(old, /^HTTP\/1\.1 421 /)
  })

  it('is one: without it, or with two, nobody knows who is meant', async (t) => {
    for (const host of ['127.0.0.1', '0.0.0.0']) {
      const { server } = await startApi(t, { host })
      for (const headers of ['', 'host: localhost\r\nhost: localhost\r\n', 'Host: a\r\nhOST: b\r\n']) {
        const answer = await exchange(t, server.url, `GET /livez HTTP/1.1\r\n${headers}\r\n`)
        assert.match(answer, /^HTTP\/1\.1 400 [\s\S]*application\/problem\+json[\s\S]*"status":400/)
      }
    }
  })

  it('may be any when others can connect too', async (t) => {
    const { ask, server } = await startApi(t, { host: '0.0.0.0' })
    assert.match(server.url, /^http:\/\/0\.0\.0\.0:\d+$/)
    assert.equal((await ask('/v1/prices', { headers: { host: 'prices.example.org' } })).status, 200)
  })
})

describe('the dashboard', () => {
  it('is served from memory, and again only when it has changed', async (t) => {
    const { ask } = await startApi(t, { components: { files: FILES } })
    const first = await ask('/')
    assert.equal(first.status, 200)
    assert.equal(first.body, PAGE.body.toString())
    assert.equal(first.headers['content-type'], PAGE.type)
    assert.equal(first.headers['cache-control'], 'no-cache')
    const etag = first.headers.etag ?? ''
    for (const header of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await ask('/', { headers: { 'if-none-match': header } })
      assert.equal(again.status, 304, header)
      assert.equal(again.body, '')
      assert.equal(again.headers.etag, etag)
    }
    assert.equal((await ask('/', { headers: { 'if-none-match': '"other"' } })).status, 200)
    assert.equal((await ask('/index.html')).body, first.body)
  })

  it('is nothing where there are no files', async (t) => {
    const { ask } = await startApi(t)
    assert.equal((await ask('/')).status, 404)
  })
})

async function taken(t: TestContext): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  defer(t, () => server.close())
  return (server.address() as AddressInfo).port
}

describe('the address', () => {
  const parts = {
    logger: new RecordingLogger(),
    clock: systemClock,
    counters: new RecordingCounters(),
    readiness: () => [],
  }
  const options = { version: '0', boot: '0' }

  it('is the first free port where any will do', async (t) => {
    const port = await taken(t)
    const server = await startApiServer(parts, { ...options, address: { host: '127.0.0.1', port, tries: 20 } })
    defer(t, () => server.close())
    assert.ok(Number(new URL(server.url).port) > port)
  })

  it('that was asked for must be free', async (t) => {
    const port = await taken(t)
    await assert.rejects(startApiServer(parts, { ...options, address: { host: '127.0.0.1', port, tries: 1 } }), {
      name: 'HttpAddressError',
      message: `127.0.0.1:${port} is in use: stop who uses it, or set GP_HTTPADDR to another address`,
    })
  })
})

describe('a server that closes', () => {
  it('lets a request under way end, and takes no other', async (t) => {
    const { server, table, ask } = await startApi(t, { limits: { closeMs: 60_000 } })
    const asked = Promise.withResolvers<void>()
    const answering = Promise.withResolvers<void>()
    const latest = table.latest.bind(table)
    table.latest = async (query) => {
      asked.resolve()
      await answering.promise
      return latest(query)
    }
    const answer = ask('/v1/prices/latest')
    await asked.promise
    const closing = server.close()
    await assert.rejects(ask('/livez'), { code: 'ECONNREFUSED' })
    answering.resolve()
    assert.equal((await answer).status, 200)
    await closing
  })

  it('waits for none longer than half a second', async (t) => {
    const { server, table, ask } = await startApi(t)
    const asked = Promise.withResolvers<void>()
    table.latest = () => {
      asked.resolve()
      return new Promise(() => undefined)
    }
    const answer = ask('/v1/prices/latest')
    await asked.promise
    const [, outcome] = await Promise.allSettled([server.close(), answer])
    assert.equal(outcome?.status, 'rejected')
  })

  it('hangs up on a connection that asks for nothing', async (t) => {
    const { server } = await startApi(t)
    const socket = await dial(t, server.url)
    const closed = once(socket, 'close')
    await server.close()
    await closed
  })
})
