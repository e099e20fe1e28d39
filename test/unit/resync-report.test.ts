import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { reportJson, summary, troubles } from '../../src/commands/resync-report.ts'
import type { CollectedFrom } from '../../src/node/collect-history.ts'
import type { ResyncReport } from '../../src/node/resync.ts'

function report(
  peers: Readonly<Record<string, Partial<CollectedFrom>>>,
  lies: Readonly<Record<string, string>> = {},
): ResyncReport {
  const none = {
    outcome: 'same',
    reason: undefined,
    written: 0,
    present: 0,
    disputed: 0,
    refused: 0,
    leftOut: 0,
  } as const
  return {
    peers: new Map(Object.entries(peers).map(([peerId, peer]) => [peerId, { ...none, ...peer }])),
    lies: new Map(Object.entries(lies)),
    history: { rows: 5_678, days: 12 },
  }
}

describe('the result of a resync', () => {
  it('says how much came from how many, and what there is now', () => {
    const result = report({ a: { outcome: 'complete', written: 1_200, disputed: 34 }, b: {}, c: { outcome: 'shared' } })
    assert.equal(
      summary(result),
      'took over 1,234 rows from 1 node; the history now has 5,678 rows in 12 days, as 2 other nodes',
    )
    assert.deepEqual(troubles(result), [])
  })

  it('names who lied, and who could not be asked to the end', () => {
    const result = report(
      { a: { outcome: 'stopped', reason: 'bad-signature' }, b: { outcome: 'stopped', reason: 'timeout' }, c: {} },
      { a: 'bad-signature' },
    )
    const [lie, unfinished, ...others] = troubles(result)
    assert.match(lie ?? '', /^peer a said what is not true \(bad-signature\)/)
    assert.match(unfinished ?? '', /^peer b could not be asked to the end \(timeout\)/)
    assert.deepEqual(others, [])
    assert.match(summary(result), /^nothing to take over: .* as 1 other node$/)
    assert.deepEqual(reportJson(result)['peers'], [
      { peer: 'a', outcome: 'lied', reason: 'bad-signature', rows: 0, leftOut: 0, refused: 0 },
      { peer: 'b', outcome: 'stopped', reason: 'timeout', rows: 0, leftOut: 0, refused: 0 },
      { peer: 'c', outcome: 'same', rows: 0, leftOut: 0, refused: 0 },
    ])
  })

  it('counts what is left out once, though every peer has it', () => {
    const [sentence] = troubles(report({ a: { leftOut: 3 }, b: { leftOut: 3 } }))
    assert.match(sentence ?? '', /^3 statements had no quorum/)
  })

  it('is a failure when nobody agrees, and says why', () => {
    const cases = [
      { peers: {}, words: /no node could be reached: look at GP_BOOTSTRAPADDR/ },
      { peers: { a: { outcome: 'shared' } }, words: /this very database/ },
      { peers: { a: { outcome: 'not-served' } }, words: /no connected node has a history to give/ },
      { peers: { a: { outcome: 'stopped' }, b: { outcome: 'shared' } }, words: /nobody gave its history to the end/ },
    ] as const
    for (const { peers, words } of cases) assert.throws(() => summary(report(peers)), words)
  })
})
