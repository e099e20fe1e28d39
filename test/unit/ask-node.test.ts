import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { findNode } from '../../src/commands/ask-node.ts'
import { CommandError } from '../../src/commands/failure.ts'
import { defer } from '../helpers/defer.ts'

/** What a command says when a node answers a question with this problem. */
async function said(t: TestContext, problem: object): Promise<string> {
  const body = JSON.stringify(problem)
  const server = createServer((socket) => {
    socket.once('data', () => socket.end(`HTTP/1.1 400 Bad Request\r\ncontent-length: ${body.length}\r\n\r\n${body}`))
  })
  defer(t, () => server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const node = await findNode({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
  try {
    await node.get('/v1/prices')
  } catch (error) {
    assert.ok(error instanceof CommandError)
    return error.message
  }
  return assert.fail('a problem is no answer')
}

describe('a command whose question is refused', () => {
  it('says what is wrong with each parameter, once', async (t) => {
    const detail = 'The request has parameters that are wrong: round.'
    const errors = [{ parameter: 'round', detail: 'it must be <= 9999999999' }]
    assert.equal(await said(t, { detail, errors }), `${detail} round: it must be <= 9999999999.`)
    const whole = 'The parameter cursor is wrong: it is no cursor.'
    assert.equal(await said(t, { detail: whole, errors: [{ parameter: 'cursor', detail: 'it is no cursor' }] }), whole)
  })

  it('says what it can of a document that is not as it should be', async (t) => {
    for (const errors of [undefined, 'none', [null, 1, {}, { detail: 1 }]]) {
      assert.equal(await said(t, { detail: 'No.', errors }), 'No.')
    }
  })
})
