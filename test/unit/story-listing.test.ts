import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import pc from 'picocolors'
import { type Story, storyLines } from '../../src/commands/story-listing.ts'

const STORY: Story = {
  id: `0x${'12'.repeat(32)}`,
  phase: 'collecting',
  sentences: ['2 signers have signed, and a quorum takes 3.', 'It has no quorum yet.'],
  missing: [{ sentence: 'carol refused: it saw 3050 (deviation 1.8 %).' }, { sentence: 'dave was never heard.' }],
  wouldPass: '1 more signature.',
}
const PLAIN = { paint: pc.createColors(false), width: Infinity }

describe('the story of a statement', () => {
  it('is what is known, who is missing with the reasons, and what would make it pass', () => {
    assert.deepEqual(storyLines(STORY, PLAIN), [
      `${STORY.id}: collecting`,
      '  2 signers have signed, and a quorum takes 3.',
      '  It has no quorum yet.',
      '  Missing:',
      '    carol refused: it saw 3050 (deviation 1.8 %).',
      '    dave was never heard.',
      '  What would make it pass: 1 more signature.',
    ])
  })

  it('has no heading over nothing', () => {
    const done: Story = {
      ...STORY,
      phase: 'committed',
      sentences: ['It is in the table.'],
      missing: [],
      wouldPass: null,
    }
    assert.deepEqual(storyLines(done, PLAIN), [`${STORY.id}: committed`, '  It is in the table.'])
  })

  it('keeps to the terminal, takes a phase that it does not know, and moves no cursor', () => {
    const odd: Story = { ...STORY, phase: 'new', sentences: ['\u001b[2Jred'] }
    const lines = storyLines(odd, { paint: pc.createColors(true), width: 30 })
    assert.ok(lines[0]?.endsWith(': new'))
    assert.ok(lines.includes('  �[2Jred'))
    assert.ok(
      lines.slice(1).every((line) => line.length <= 30),
      lines.join('\n'),
    )
  })
})
