import assert from 'node:assert/strict'
import { PassThrough, Writable } from 'node:stream'
import { describe, it } from 'node:test'
import { SecretValue } from '../../src/core/secret-value.ts'
import { type LoggerOptions, createLogger, wantsColour } from '../../src/telemetry/logger.ts'
import { createCounters } from '../../src/telemetry/counters.ts'
import { createLogStream } from '../../src/telemetry/log-stream.ts'
import { ManualClock } from '../helpers/manual-clock.ts'

function logging(options: Partial<LoggerOptions> = {}) {
  const stream = new PassThrough()
  const logger = createLogger({ stream, clock: new ManualClock() }, { level: 'info', format: 'json', ...options })
  const text = (): string => String(stream.read() ?? '')
  const records = (): Record<string, unknown>[] =>
    text()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
  return { logger, stream, text, records }
}

/** A stream whose reader takes a line when `take` is called, and not before. */
function stalled() {
  const taken: string[] = []
  let done: (() => void) | undefined
  const stream = new Writable({
    highWaterMark: 10,
    write(chunk: Buffer, _encoding, callback) {
      taken.push(String(chunk))
      done = callback
    },
  })
  const take = (): void => done?.()
  return { stream, taken, take }
}

describe('a line of the log', () => {
  it('in JSON has level, time, part and sentence, and the facts beside them', () => {
    const { logger, records } = logging()
    logger.child('gossip').info('heard a price', { pair: 'ETH-USD', round: 7 })
    assert.deepEqual(records(), [
      {
        level: 'info',
        time: '2025-01-01T00:00:00.000Z',
        part: 'gossip',
        msg: 'heard a price',
        pair: 'ETH-USD',
        round: 7,
      },
    ])
  })

  it('names the part that is nearest', () => {
    const { logger, text } = logging()
    logger.child('gossip').child('inbox').warn('x')
    assert.equal(text().match(/"part"/g)?.length, 1)
  })

  it('is written only when it is important enough', () => {
    const { logger, records } = logging({ level: 'warn' })
    logger.debug('a')
    logger.info('b')
    logger.warn('c')
    logger.error('d')
    assert.deepEqual(
      records().map(({ msg }) => msg),
      ['c', 'd'],
    )
  })

  it('keeps its own members when facts have the same names', () => {
    const { logger, records } = logging()
    logger.info('sentence', { msg: 1, time: 2, level: 3, part: 4 })
    const [record] = records()
    assert.deepEqual([record?.['msg'], record?.['level'], record?.['msg_']], ['sentence', 'info', 1])
  })

  it('is text for people on a terminal, and JSON anywhere else, when that is left to it', () => {
    const piped = logging({ format: 'auto' })
    piped.logger.info('x')
    assert.match(piped.text(), /^\{/)
    const stream = Object.assign(new PassThrough(), { isTTY: true })
    createLogger({ stream, clock: new ManualClock() }, { level: 'info', format: 'auto' }).info('x', { a: 1 })
    assert.match(String(stream.read()), /^\d\d:\d\d:\d\d INFO {2}x {2}a=1\n$/)
  })

  it('can hold anything', () => {
    const { logger, records } = logging()
    const round: Record<string, unknown> = {
      big: 10n,
      no: undefined,
      nan: Number.NaN,
      fn: () => 1,
      symbol: Symbol('s'),
    }
    round['self'] = round
    const facts = {
      ...round,
      map: new Map([['k', 1n]]),
      set: new Set([1]),
      bytes: Uint8Array.of(1, 255),
      url: new URL('http://h/'),
    }
    const hostile = {
      get broken(): never {
        throw new Error('no')
      },
    }
    logger.info('one', facts)
    logger.info('two', { hostile })
    const [one, two] = records()
    assert.deepEqual(
      [one?.['big'], one?.['nan'], one?.['map'], one?.['set'], one?.['bytes']],
      ['10', 'NaN', { k: '1' }, [1], '0x01ff'],
    )
    assert.equal(two?.['msg'], 'two')
  })

  it('shows of an error message, code and causes; its stack at level debug only', () => {
    const error = Object.assign(new Error('outer', { cause: new Error('inner') }), { code: 'E' })
    const quiet = logging()
    quiet.logger.error('x', { error })
    assert.deepEqual(quiet.records()[0]?.['error'], { message: 'outer', code: 'E', cause: { message: 'inner' } })
    const loud = logging({ level: 'debug' })
    loud.logger.error('x', { error })
    assert.match(loud.text(), /logger\.test\.ts/)
  })

  it('shows no secret', () => {
    const { logger, text } = logging()
    const url = 'postgres://user:hunter2@host/db'
    logger.error(`cannot reach ${url}`, {
      url,
      password: 'hunter2',
      privateKey: 'hunter2',
      deep: { networkKey: 'hunter2', list: [url], PASSWORD: 'hunter2' },
      wrapped: new SecretValue('hunter2'),
      error: new Error(`refused by ${url}`, { cause: new Error(url) }),
    })
    const line = text()
    assert.ok(!line.includes('hunter2'), line)
    assert.ok(line.includes('postgres://user:[redacted]@host/db'), line)
  })
})

describe('colours', () => {
  const terminal = Object.assign(new PassThrough(), { isTTY: true })

  for (const [title, stream, env, expected] of [
    ['are used on a terminal', terminal, {}, true],
    ['are not used in a pipe', new PassThrough(), {}, false],
    ['are not used when NO_COLOR is set', terminal, { NO_COLOR: '1' }, false],
    ['are used when NO_COLOR is empty', terminal, { NO_COLOR: '' }, true],
    ['are not used on a dumb terminal', terminal, { TERM: 'dumb' }, false],
  ] as const) {
    it(title, () => {
      assert.equal(wantsColour(stream, env), expected)
    })
  }
})

describe('a log whose reader', () => {
  it('is slow drops lines, and says how many when the reader is back', async () => {
    const { stream, taken, take } = stalled()
    const log = createLogStream(stream, { onDropped: (lines) => `dropped ${lines}\n`, limitBytes: 20 })
    for (let line = 0; line < 10; line++) log.write(`line ${line}\n`)
    for (let line = 0; line < 9; line++) {
      take()
      await new Promise(setImmediate)
    }
    const kept = taken.filter((line) => line.startsWith('line'))
    assert.ok(kept.length < 10)
    assert.deepEqual(taken, [...kept, `dropped ${10 - kept.length}\n`])
  })

  it('has gone neither throws nor ends anything', async () => {
    const stream = new Writable({
      write: (_chunk, _encoding, callback) => callback(Object.assign(new Error('EPIPE'), { code: 'EPIPE' })),
    })
    const logger = createLogger({ stream, clock: new ManualClock() }, { level: 'info', format: 'json' })
    logger.info('one')
    await new Promise(setImmediate)
    logger.info('two')
    await logger.flush()
  })

  it('stands still is waited for two seconds at the end, and no longer', async () => {
    const { stream } = stalled()
    const clock = new ManualClock()
    const logger = createLogger({ stream, clock }, { level: 'info', format: 'json' })
    logger.info('one')
    const flushed = logger.flush()
    await clock.advance(2_000)
    await flushed
  })

  it('takes everything has all of it when the log is flushed', async () => {
    const { stream, taken, take } = stalled()
    const log = createLogStream(stream, { onDropped: String })
    log.write('one\n')
    log.write('two\n')
    let flushed = false
    const flush = async (): Promise<void> => {
      await log.flush()
      flushed = true
    }
    const flushing = flush()
    take()
    await new Promise(setImmediate)
    assert.equal(flushed, false)
    take()
    await new Promise(setImmediate)
    take()
    await flushing
    assert.deepEqual(
      taken.filter((line) => line !== ''),
      ['one\n', 'two\n'],
    )
  })
})

describe('counters', () => {
  it('count by name and labels, whatever the order of the labels', () => {
    const counters = createCounters()
    counters.add('gp_dials_total', { target: 'peer', outcome: 'connected' })
    counters.add('gp_dials_total', { outcome: 'connected', target: 'peer' }, 4)
    counters.add('gp_rows_total', { outcome: 'written' })
    counters.add('gp_equivocations_total')
    assert.deepEqual(counters.snapshot(), [
      { name: 'gp_dials_total', labels: { target: 'peer', outcome: 'connected' }, value: 5 },
      { name: 'gp_equivocations_total', labels: {}, value: 1 },
      { name: 'gp_rows_total', labels: { outcome: 'written' }, value: 1 },
    ])
    assert.deepEqual([counters.value('gp_rows_total', { outcome: 'written' }), counters.value('gp_rows_total')], [1, 0])
  })

  it('keep what a snapshot showed', () => {
    const counters = createCounters()
    counters.add('gp_equivocations_total')
    const before = counters.snapshot()
    counters.add('gp_equivocations_total')
    assert.equal(before[0]?.value, 1)
  })
})
