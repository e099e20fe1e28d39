import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readMoment } from '../../src/api/moment.ts'

const NOON = Date.UTC(2025, 0, 31, 12)

describe('a time that a person gives', () => {
  it('may be a day, which is its beginning in UTC', () => {
    assert.equal(readMoment('2025-01-31'), Date.UTC(2025, 0, 31))
    assert.equal(readMoment('2024-02-29'), Date.UTC(2024, 1, 29))
    assert.equal(readMoment('1970-01-01'), 0)
  })

  it('may be a time with its offset, of whatever precision', () => {
    for (const text of [
      '2025-01-31T12:00:00Z',
      '2025-01-31T12:00Z',
      '2025-01-31t12:00:00z',
      '2025-01-31 12:00:00.000Z',
      '2025-01-31T14:30:00+02:30',
      '2025-01-30T23:00:00-13:00',
    ])
      assert.equal(readMoment(text), NOON, text)
    assert.equal(readMoment('2025-01-31T12:00:00.25Z'), NOON + 250)
  })

  it('is the later millisecond where it lies between two', () => {
    assert.equal(readMoment('2025-01-31T12:00:00.0001Z'), NOON + 1)
    assert.equal(readMoment('2025-01-31T12:00:00.0010Z'), NOON + 1)
  })

  it('is no other text, and no day or time that there is not', () => {
    for (const text of [
      '',
      'yesterday',
      '1735689600000',
      '2025-01',
      '2025-1-1',
      '2025-02-29',
      '2025-02-30T00:00:00Z',
      '2025-13-01',
      '0000-00-00',
      '2025-01-31T12:00:00',
      '2025-01-31T24:00:00Z',
      '2025-01-31T12:60:00Z',
      '2016-12-31T23:59:60Z',
      '2025-01-31T12:00:00+24:00',
      '2025-01-31Z',
      '+002025-01-31T12:00:00Z',
      ' 2025-01-31',
      '2025-01-31\n',
      '٢٠٢٥-01-31',
    ])
      assert.equal(readMoment(text), undefined, JSON.stringify(text))
  })
})
