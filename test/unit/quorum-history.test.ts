import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type QuorumFrom, quorumAt, withQuorum } from '../../src/core/quorum-history.ts'
import { NodeDisk } from '../../src/store/node-disk.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { RecordingLogger } from '../helpers/recorders.ts'
import { temporaryDirectory } from '../helpers/temporary-directory.ts'

const intervalMs = 600_000
const ROUND_100 = 100 * intervalMs

function starts(...all: readonly (readonly [minimum: number, round: number])[]): readonly QuorumFrom[] {
  return all.reduce<readonly QuorumFrom[]>(
    (history, [minimum, round]) => withQuorum(history, { minimum, nowMs: round * intervalMs, intervalMs }),
    [],
  )
}

describe('the quorum that a row is judged by', () => {
  it('is the first one a node was told of, for all that is older', () => {
    assert.equal(quorumAt(starts([3, 100], [3, 200]), 0), 3)
    assert.equal(quorumAt([], ROUND_100), 1)
  })

  it('does not become a higher one for what was observed before that was configured, nor two rounds later', () => {
    const history = starts([3, 50], [4, 100])
    const at = (round: number): number => quorumAt(history, round * intervalMs)
    assert.deepEqual([0, 99, 100, 101, 102, 500].map(at), [3, 3, 3, 3, 4, 4])
  })

  it('becomes a lower one at once, and two rounds before', () => {
    const history = starts([4, 50], [3, 100])
    const at = (round: number): number => quorumAt(history, round * intervalMs)
    assert.deepEqual([0, 97, 98, 100, 500].map(at), [4, 4, 3, 3, 3])
  })

  it('forgets a change that was taken back before it held', () => {
    assert.deepEqual(starts([3, 50], [4, 100], [3, 101]), [{ fromMs: 0, minimum: 3 }])
    assert.deepEqual(
      starts([3, 50], [4, 100], [5, 200]).map(({ minimum }) => minimum),
      [3, 4, 5],
    )
  })

  it('is on the disk of the node, for each network', async (t) => {
    const directory = await temporaryDirectory(t)
    const open = (): NodeDisk =>
      new NodeDisk({ clock: new ManualClock(), logger: new RecordingLogger() }, { directory })
    const disk = open()
    assert.deepEqual(disk.quorums.load('a'), [])
    disk.quorums.replace('a', starts([3, 50]))
    disk.quorums.replace('b', starts([2, 50]))
    disk.quorums.replace('a', starts([3, 50], [4, 100]))
    disk.close()
    const again = open()
    assert.deepEqual(again.quorums.load('a'), starts([3, 50], [4, 100]))
    assert.deepEqual(again.quorums.load('b'), starts([2, 50]))
    again.close()
  })
})
