import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type LogRecord, formatAnyLine, formatLine, parseRecord } from '../../src/telemetry/log-format.ts'

const TIME = new Date(2025, 0, 2, 3, 4, 5, 678).toISOString()
const RECORD: LogRecord = {
  level: 'info',
  time: TIME,
  part: 'gossip',
  msg: 'heard a price',
  pair: 'ETH-USD',
  signers: 3,
}
const PLAIN = { colour: false }
const ESCAPE = '\u001b'

describe('a line for people', () => {
  it('is the time, the level, the part, the sentence and the facts', () => {
    assert.equal(formatLine(RECORD, PLAIN), '03:04:05 INFO  gossip     heard a price  pair=ETH-USD signers=3')
  })

  it('has no part when the record has none, and no facts when there are none', () => {
    assert.equal(formatLine({ level: 'warn', time: TIME, msg: 'careful' }, PLAIN), '03:04:05 WARN  careful')
  })

  it('begins with the prefix', () => {
    const line = formatLine(RECORD, { ...PLAIN, prefix: { text: 'node1', colour: 'cyan' } })
    assert.match(line, /^node1 03:04:05 INFO /)
  })

  it('has colours only when they are wanted, and is the same text without them', () => {
    const coloured = formatLine(RECORD, { colour: true, prefix: { text: 'node1', colour: 'cyan' } })
    assert.ok(coloured.includes(ESCAPE))
    // eslint-disable-next-line no-control-regex
    const stripped = coloured.replaceAll(new RegExp(`${ESCAPE}\\[\\d+m`, 'g'), '')
    assert.equal(stripped, formatLine(RECORD, { ...PLAIN, prefix: { text: 'node1', colour: 'cyan' } }))
  })

  it('shortens a digest, and leaves an address whole', () => {
    const facts = { id: `0x12345678${'0'.repeat(52)}abcd`, signer: `0x${'1'.repeat(40)}` }
    const line = formatLine({ level: 'info', time: TIME, msg: 'signed', ...facts }, PLAIN)
    assert.equal(line, `03:04:05 INFO  signed  id=0x12345678…abcd signer=0x${'1'.repeat(40)}`)
  })

  it('quotes a fact that has spaces, and shows a list as JSON', () => {
    const line = formatLine({ ...RECORD, pair: 'two words', signers: ['a', { b: null }] }, PLAIN)
    assert.ok(line.endsWith('  pair="two words" signers=["a",{"b":null}]'), line)
  })

  it('shows an error by its message and what caused it', () => {
    const error = { message: 'no answer', code: 'E', cause: { message: 'refused' } }
    assert.ok(
      formatLine({ ...RECORD, pair: undefined, signers: undefined, error }, PLAIN).endsWith(
        '  error="no answer: refused"',
      ),
    )
  })

  it('puts the stack of an error below, when the record has one', () => {
    const error = { message: 'broken', stack: 'Error: broken\n    at a (b.ts:1)\n    at c (d.ts:2)' }
    const lines = formatLine({ ...RECORD, error }, PLAIN).split('\n')
    assert.deepEqual(lines.slice(1), ['    at a (b.ts:1)', '    at c (d.ts:2)'])
  })

  it('cuts a fact that is too long', () => {
    assert.ok(formatLine({ ...RECORD, pair: 'x'.repeat(10_000) }, PLAIN).length < 400)
  })

  it('lets no stranger end it, move the cursor or turn the direction of text', () => {
    const nasty = 'a\r\nb\u001b[2J\u009b31m\u2028\u202ec'
    const line = formatLine({ ...RECORD, msg: nasty, part: nasty, pair: nasty, [nasty]: [nasty] }, PLAIN)
    assert.doesNotMatch(line, /[\p{Cc}\p{Zl}\p{Zp}\u202e]/u)
  })
})

describe('a line from another process', () => {
  const prefix = { text: 'node1', colour: 'cyan' } as const

  it('is formatted when it is a record', () => {
    assert.equal(formatAnyLine(JSON.stringify(RECORD), { ...PLAIN, prefix }), formatLine(RECORD, { ...PLAIN, prefix }))
  })

  for (const line of [
    'plain text',
    '{',
    '{}',
    '{"level":"info"}',
    '{"level":"info","time":""}',
    '{"level":"loud","time":"","msg":""}',
    'null',
    '{"level":"toString","time":"","msg":""}',
  ]) {
    it(`is shown as it is when it is none: ${line}`, () => {
      assert.equal(parseRecord(line), undefined)
      assert.equal(formatAnyLine(line, { ...PLAIN, prefix }), `node1 ${line}`)
    })
  }

  it('that is no record cannot move the cursor either', () => {
    assert.equal(formatAnyLine(`a${ESCAPE}[2Jb`, PLAIN), 'a\\u001b[2Jb')
  })
})
