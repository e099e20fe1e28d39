import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { type ScaleFigures, figuresOf } from '../../simulation/scale-figures.ts'
import { measureScale } from '../../simulation/scale.ts'

const SCALE = { seed: 1, proposers: 20, rounds: 1, latencyMs: 80 }
const FLAT = 1.1
/** A set has so many signatures, each in a message of its own at most. */
const SET = 16

describe('from 100 to 400 nodes', () => {
  let [few, many]: [ScaleFigures | undefined, ScaleFigures | undefined] = [undefined, undefined]
  before(async () => {
    few = figuresOf(await measureScale({ ...SCALE, nodes: 100 }))
    many = figuresOf(await measureScale({ ...SCALE, nodes: 400 }))
  })

  for (const what of ['copies', 'bytes', 'signatures'] as const) {
    it(`the ${what} that a row costs a node grow by a tenth at most`, () => {
      const [of100, of400] = [few?.perNodeAndRow[what] ?? Number.NaN, many?.perNodeAndRow[what] ?? Number.NaN]
      assert.ok(of400 <= FLAT * of100, `${of100} and ${of400}`)
    })
  }

  it('the messages that a row costs a node stay below one for each signature, which they come close to', () => {
    for (const { messages } of [few?.perNodeAndRow, many?.perNodeAndRow].flatMap((each) => each ?? [])) {
      assert.ok(messages > 0.8 * SET && messages <= SET, `${messages}`)
    }
  })

  it('a row is signed by as many, and written with as many SQL statements', () => {
    for (const { coSignatures, signers, writes, reads } of [few?.perRow, many?.perRow].flatMap((each) => each ?? [])) {
      assert.equal(signers, SET)
      assert.ok(coSignatures <= SET, `${coSignatures}`)
      assert.ok(writes <= 1.2 && reads <= 0.05, `${writes} writes and ${reads} reads`)
    }
  })
})
