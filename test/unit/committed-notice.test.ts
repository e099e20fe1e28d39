import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseCommitted, renderAudit, renderProbe } from '../../src/store/committed-notice.ts'

const ID = `0x${'0d'.repeat(32)}`

describe('a notification of committed rows', () => {
  it('names a network and ids', () => {
    const payload = `{"network" : "test-network", "ids" : ["${ID}"]}`
    assert.deepEqual(parseCommitted(payload), { network: 'test-network', ids: [ID] })
  })

  it('may say more than this version understands', () => {
    assert.deepEqual(parseCommitted(`{"network":"n","ids":[],"more":1}`), { network: 'n', ids: [] })
  })

  it('of statements that lost their slots tells of no row', () => {
    const payload = JSON.stringify({ network: 'n', ids: [], equivocations: [ID, 7] })
    assert.deepEqual(parseCommitted(payload), { network: 'n', ids: [], equivocations: [ID] })
    assert.deepEqual(parseCommitted('{"network":"n","ids":[],"equivocations":7}'), { network: 'n', ids: [] })
  })

  it('of a probe tells of no row', () => {
    assert.deepEqual(parseCommitted(renderProbe('n', 'token')), { network: 'n', ids: [], probe: 'token' })
  })

  it('of an audit tells of no row, and whether something false was found', () => {
    const audit = { by: 'process', alarm: true }
    assert.deepEqual(parseCommitted(renderAudit('n', audit)), { network: 'n', ids: [], audit })
    const vague = parseCommitted('{"network":"n","ids":[],"audit":"process","alarm":1}')
    assert.deepEqual(vague?.audit, { by: 'process', alarm: false })
    assert.equal(parseCommitted('{"network":"n","ids":[],"audit":7}')?.audit, undefined)
  })

  it('counts only what is an id', () => {
    const ids = [ID, ID.toUpperCase(), ID.slice(2), `${ID}0`, 7, null, {}]
    assert.deepEqual(parseCommitted(JSON.stringify({ network: 'n', ids })), { network: 'n', ids: [ID] })
  })

  for (const payload of [
    '',
    'hello',
    'null',
    '7',
    '[]',
    '{}',
    '{"network":"n"}',
    '{"network":1,"ids":[]}',
    '{"network":"n","ids":{}}',
  ]) {
    it(`is nothing when it is ${payload === '' ? 'empty' : payload}`, () => {
      assert.equal(parseCommitted(payload), undefined)
    })
  }
})
