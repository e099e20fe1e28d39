import { isIP } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import {
  parseDialAddresses,
  parseHttpAddress,
  parseListenAddresses,
  parsePeerIds,
} from '../src/config/parse-address.ts'
import type { Files, Parse } from '../src/config/parse.ts'
import { type Target, bytesOf, rule, textOf } from './target.ts'

export const PEER_ID = '12D3KooWGzxzKZYveHXtpG6AsrUJBcWxHBFS2HsEoGTxrMLvKXtf'
export const ADDRESS = `/dns4/node.example/tcp/8000/p2p/${PEER_ID}`

export const NO_FILES: Files = { read: () => ({ reason: 'there is none' }) }

/** Multiaddrs, peer ids and host:port, as operators write them: one reader each, which refuses what is for another. */
export const addresses: Target = {
  name: 'addresses',
  about: 'multiaddrs to listen on and to dial, peer ids, host:port',
  share: 7,
  form: 'text',
  // Reading base58 takes time that grows with the square of the length, and only operators write these.
  longest: 600,
  words: [
    '/ip4/',
    '/ip6/',
    '/dns/',
    '/dns6/',
    '/tcp/',
    '/udp/',
    '/p2p/',
    '/ws',
    '/unix/',
    '/ip6zone/',
    '/p2p-circuit',
    '::',
    '127.0.0.1',
    '255.255.255.256',
    '65535',
    '65536',
    PEER_ID,
    ADDRESS,
    'Qm',
    'bafz',
    'localhost',
    '[::1]:',
  ],
  seeds: () =>
    [
      '/ip4/0.0.0.0/tcp/8000,/ip6/::/tcp/0',
      ADDRESS,
      `/ip6/2001:db8::1/tcp/443/p2p/QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC`,
      PEER_ID,
      'QmcgpsyWgH8Y8ajJz1Cu72KnS5uo2Aa2LpzU7kinSupNKC,bafzbeigai3eoy2ccc7ybwjfz5r3rdxqrinwi4rwytly24tdbh6yk7zslrm',
      '127.0.0.1:8080',
      '[::1]:0',
      ':8080',
    ].map(bytesOf),
  open: () => (input) => {
    const text = textOf(input).trim()
    const listen = readTwice(parseListenAddresses, text)
    const dial = readTwice(parseDialAddresses, text)
    const peers = readTwice(parsePeerIds, text)
    const http = parseHttpAddress(text, NO_FILES)
    if ('value' in http && http.value.kind !== 'off') {
      const { host, port } = http.value
      rule(Number.isInteger(port) && port >= 0 && port <= 65_535, 'a port is one')
      rule(host !== '' && (isIP(host) > 0 || !/[\s/:]/.test(host)), 'a host is an address or a name')
    }
    if (listen) return 'to listen on'
    if (dial) return 'to dial'
    if (peers) return 'peer ids'
    return 'value' in http ? 'host:port' : 'nothing'
  },
}

/** Whether a list is read; if so, what was read must be read as the same again. */
function readTwice(parse: Parse<readonly string[]>, text: string): boolean {
  const parsed = parse(text, NO_FILES)
  if ('faults' in parsed) {
    rule(
      parsed.faults.length > 0 && parsed.faults.every(({ expected }) => expected !== ''),
      'every fault says what is expected',
    )
    return false
  }
  const again = parse([...new Set(parsed.value)].join(','), NO_FILES)
  rule(
    'value' in again && isDeepStrictEqual(again.value, [...new Set(parsed.value)]),
    'what was read is read the same again',
  )
  return true
}
