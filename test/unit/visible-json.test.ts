import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { multiaddr } from '@multiformats/multiaddr'
import { visibleJson } from '../../src/core/visible-json.ts'
import { addressesWorthKeeping } from '../../src/gossip/peer-addresses.ts'

const HOSTILE = 'a\u001b[2J\u009b31m\u202eb\u2028\u007f\u200f'

describe('what strangers write', () => {
  it('moves no cursor and turns no text in JSON, and means the same', () => {
    const json = visibleJson(JSON.stringify({ text: HOSTILE, plain: 'é ✓ 価格' }))
    assert.doesNotMatch(json, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u)
    assert.deepEqual(JSON.parse(json), { text: HOSTILE, plain: 'é ✓ 価格' })
  })

  it('is no address when it is not written as a host', () => {
    const name = new TextEncoder().encode('\u001b[2J\u009b31m')
    // 54 is dns4, 6 is tcp: the bytes in which peers announce their addresses.
    const announced = multiaddr(Uint8Array.of(54, name.length, ...name, 6, 0x1f, 0x40)).toString()
    const sighting = {
      direction: 'inbound',
      remote: '/ip4/127.0.0.1/tcp/1',
      announced: [announced, '/dns4/sound/tcp/2'],
    } as const
    assert.deepEqual(addressesWorthKeeping(sighting), ['/dns4/sound/tcp/2'])
  })
})
