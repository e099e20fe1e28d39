import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { frame, readFrame } from '../../src/gossip/sync/framing.ts'

async function* chunks(...parts: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts
}

/** Bytes after which nobody should read on. */
async function* withoutEnd(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
  assert.fail('it is read on')
}

/** Bytes in parts of `size`. */
function split(bytes: Uint8Array, size: number): Uint8Array[] {
  const parts: Uint8Array[] = []
  for (let from = 0; from < bytes.length; from += size) parts.push(bytes.subarray(from, from + size))
  return parts
}

describe('a frame', () => {
  it('is read as it was written, in whatever parts it comes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), fc.integer({ min: 1, max: 50 }), async (bytes, size) => {
        assert.deepEqual(await readFrame(chunks(...split(frame(bytes), size)), 400), bytes)
      }),
    )
  })

  it('has its length before it as an unsigned varint', () => {
    assert.deepEqual([...frame(new Uint8Array(300)).subarray(0, 3)], [0xac, 0x02, 0])
    assert.deepEqual([...frame(new Uint8Array(0))], [0])
  })

  it('is refused by its length before any of it is there', async () => {
    const announced = frame(new Uint8Array(1_000)).subarray(0, 2)
    await assert.rejects(readFrame(chunks(announced), 999), { code: 'too-long' })
    await assert.rejects(readFrame(chunks(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff)), 10), { code: 'too-long' })
  })

  it('is refused when it ends early, or goes on', async () => {
    await assert.rejects(readFrame(chunks(frame(Uint8Array.of(1, 2)).subarray(0, 2)), 10), { code: 'broken' })
    await assert.rejects(readFrame(chunks(), 10), { code: 'broken' })
    const more = Buffer.concat([frame(Uint8Array.of(1)), Uint8Array.of(7)])
    await assert.rejects(readFrame(withoutEnd(more), 10), { code: 'broken' })
  })
})
