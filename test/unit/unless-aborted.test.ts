import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { describe, it } from 'node:test'
import { unlessAborted } from '../../src/core/unless-aborted.ts'

const never = new Promise<never>(() => undefined)

describe('what is waited for unless a signal aborts', () => {
  it('gives what the task gives, or its fault, and leaves no listener', async () => {
    const { signal } = new AbortController()
    assert.equal(await unlessAborted(Promise.resolve(7), signal), 7)
    await assert.rejects(unlessAborted(Promise.reject(new Error('a fault')), signal), /a fault/)
    assert.equal(getEventListeners(signal, 'abort').length, 0)
  })

  it('is given up when the signal aborts, or has aborted', async () => {
    const controller = new AbortController()
    const waiting = unlessAborted(never, controller.signal)
    controller.abort(new Error('enough'))
    await assert.rejects(waiting, /enough/)
    await assert.rejects(unlessAborted(never, controller.signal), /enough/)
    await assert.rejects(unlessAborted(Promise.resolve(7), controller.signal), /enough/)
  })

  it('has a task that fails later end nothing', async () => {
    const controller = new AbortController()
    const { promise, reject } = Promise.withResolvers<void>()
    const waiting = unlessAborted(promise, controller.signal)
    controller.abort(new Error('enough'))
    await assert.rejects(waiting, /enough/)
    reject(new Error('too late'))
    await new Promise(setImmediate)
  })
})
