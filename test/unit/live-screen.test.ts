import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { describe, it } from 'node:test'
import type { ReadStream, WriteStream } from 'node:tty'
import { openScreen } from '../../src/commands/live-screen.ts'

const [ENTER, LEAVE] = ['\u001b[?1049h\u001b[?25l', '\u001b[?25h\u001b[?1049l']

/** A terminal with a person at it. */
function terminal({ columns = 40, rows = 5 } = {}) {
  const written: string[] = []
  const modes: boolean[] = []
  const input = Object.assign(new EventEmitter(), {
    isTTY: true,
    setRawMode: (mode: boolean) => modes.push(mode),
    resume: () => undefined,
    pause: () => undefined,
  })
  const output = Object.assign(new EventEmitter(), { columns, rows, write: (text: string) => written.push(text) })
  const process = new EventEmitter()
  let resized = 0
  const screen = openScreen({
    input: input as unknown as ReadStream,
    output: output as unknown as WriteStream,
    process: process as unknown as NodeJS.Process,
    onResize: () => (resized += 1),
  })
  const listeners = (): number =>
    [input, output, process].reduce(
      (sum, each) => sum + each.eventNames().reduce((count, name) => count + each.listenerCount(name), 0),
      0,
    )
  return { screen, written, modes, input, output, process, listeners, resized: () => resized }
}

describe('a screen that is drawn over and over', () => {
  it('draws in place, clearing what was longer before and nothing else', () => {
    const { screen, written } = terminal()
    screen.draw(['one', 'two'])
    assert.equal(written[0], ENTER)
    assert.equal(written[1], '\u001b[?2026h\u001b[Hone\u001b[K\r\ntwo\u001b[K\u001b[J\u001b[?2026l')
    screen.close()
  })

  it('leaves out what a low terminal has no room for, so that nothing scrolls', () => {
    const { screen, written } = terminal({ rows: 3 })
    screen.draw(['one', 'two', 'three', 'four', 'five'])
    assert.match(written[1] ?? '', /two.*… 3 more/s)
    assert.equal(written[1]?.match(/\r\n/g)?.length, 2)
    screen.close()
  })

  for (const [name, key] of Object.entries({ q: 'q', Q: 'Q', 'Ctrl-C': '\u0003', 'Ctrl-D': '\u0004' })) {
    it(`has seen enough at ${name}, and at no other key`, () => {
      const { screen, input } = terminal()
      input.emit('data', Buffer.from('x'))
      assert.equal(screen.signal.aborted, false)
      input.emit('data', Buffer.from(key))
      assert.equal(screen.signal.aborted, true)
      screen.close()
    })
  }

  it('has seen enough when it is told to end from elsewhere', () => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      const { screen, process } = terminal()
      process.emit(signal)
      assert.equal(screen.signal.aborted, true, signal)
      screen.close()
    }
  })

  it('gives the terminal back once: its cursor, its contents, its keys, and every listener', () => {
    const { screen, written, modes, listeners } = terminal()
    screen.close()
    screen.close()
    screen.draw(['too late'])
    assert.deepEqual(written, [ENTER, LEAVE])
    assert.deepEqual(modes, [true, false])
    assert.equal(listeners(), 0)
  })

  it('gives it back when the process ends for whatever reason', () => {
    const { written, process } = terminal()
    process.emit('exit')
    assert.equal(written.at(-1), LEAVE)
  })

  it('tells of another size, and takes the usual one where the terminal does not say', () => {
    const { screen, output, resized } = terminal({ columns: 0 })
    assert.equal(screen.columns(), 80)
    output.columns = 50
    output.emit('resize')
    assert.deepEqual([screen.columns(), resized()], [50, 1])
    screen.close()
  })
})
