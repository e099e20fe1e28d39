import assert from 'node:assert/strict'
import { type TestContext, describe, it } from 'node:test'
import { AnswerError, ask } from '../../src/web/browser/ask.ts'

describe('a question to the node', () => {
  it('is asked again when the node has too much to do, as late as it says', async (t) => {
    const asked = answers(t, [problem(429, 2), problem(503, 1), Response.json({ fine: true })])
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const answer = ask('/v1/network')
    await settled()
    t.mock.timers.tick(1_999)
    await settled()
    assert.equal(asked.length, 1)
    t.mock.timers.tick(1)
    await settled()
    t.mock.timers.tick(1_000)
    assert.deepEqual(await answer, { fine: true })
    assert.equal(asked.length, 3)
  })

  it('ends with what the node says is wrong', async (t) => {
    answers(t, [problem(400, undefined)])
    await assert.rejects(
      ask('/v1/prices?x=1'),
      (error) => error instanceof AnswerError && error.message === 'The detail.' && error.status === 400,
    )
  })

  it('ends with the status when the answer is no problem document', async (t) => {
    answers(t, [new Response('<html>', { status: 502 })])
    await assert.rejects(ask('/v1/prices'), { message: 'the node answered 502' })
  })
})

function answers(t: TestContext, responses: Response[]): readonly string[] {
  const asked: string[] = []
  t.mock.method(globalThis, 'fetch', async (path: string) => {
    asked.push(path)
    const next = responses.shift()
    if (next === undefined) throw new Error('asked once too often')
    return next
  })
  return asked
}

function problem(status: number, retryAfter: number | undefined): Response {
  const headers: Record<string, string> = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }
  return new Response(JSON.stringify({ type: 'about:blank', title: 'No', status, detail: 'The detail.' }), {
    status,
    headers,
  })
}

async function settled(): Promise<void> {
  for (let turns = 0; turns < 5; turns++) await new Promise((resolve) => setImmediate(resolve))
}
