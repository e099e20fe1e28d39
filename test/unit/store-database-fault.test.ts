import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { DatabaseError } from 'pg'
import { asUnavailable, describeDatabase, isRefusal } from '../../src/store/database-fault.ts'

const DATABASE = 'postgres@db.example:5432/prices'

function databaseError(code: string, message = 'as Postgres says it'): DatabaseError {
  const error = new DatabaseError(message, message.length, 'error')
  error.code = code
  return error
}

function systemError(code: string, message = `connect ${code} 127.0.0.1:5432`): Error {
  return Object.assign(new Error(message), { code })
}

describe('an error of the database or the way to it', () => {
  const CASES: readonly (readonly [what: string, error: unknown, code: string, says: RegExp])[] = [
    ['a wrong password', databaseError('28P01'), 'wrong-password', /correct GP_DATABASEURL/],
    ['no entry in pg_hba.conf', databaseError('28000'), 'wrong-password', /correct GP_DATABASEURL/],
    [
      'a password that is missing',
      new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: …'),
      'wrong-password',
      /GP_DATABASEURL/,
    ],
    [
      'a missing database',
      databaseError('3D000'),
      'no-database',
      /There is no database postgres@db\.example:5432\/prices: create it/,
    ],
    ['a right that is missing', databaseError('42501'), 'no-permission', /grant it SELECT and INSERT/],
    ['a table that is missing', databaseError('42P01'), 'not-migrated', /`gossip-price migrate`/],
    ['a column that is missing', databaseError('42703'), 'not-migrated', /`npm run migrate`/],
    [
      'nobody who listens',
      systemError('ECONNREFUSED'),
      'unreachable',
      /\(connect ECONNREFUSED 127\.0\.0\.1:5432\): start Postgres/,
    ],
    ['several addresses, nobody who listens', systemError('ECONNREFUSED', ''), 'unreachable', /\(ECONNREFUSED\)/],
    ['a host without address', systemError('ENOTFOUND'), 'unreachable', /cannot be reached/],
    [
      'no answer in time',
      new Error('Connection terminated due to connection timeout'),
      'unreachable',
      /cannot be reached/,
    ],
    ['a connection that broke', new Error('Connection terminated unexpectedly'), 'unreachable', /cannot be reached/],
    ['an answer that stays away', new Error('Query read timeout'), 'unreachable', /cannot be reached/],
    ['a server that ends', databaseError('57P01'), 'unreachable', /cannot be reached/],
    ['a server that starts', databaseError('57P03'), 'unreachable', /cannot be reached/],
    ['a standby', databaseError('25006'), 'other', /read-only: let GP_DATABASEURL name the primary/],
    ['a full disk', databaseError('53100'), 'other', /make room/],
    ['too many clients', databaseError('53300'), 'other', /max_connections/],
    ['anything else', databaseError('XX000'), 'other', /look into the log of Postgres/],
    ['what is not even an error', 'a text', 'other', /look into the log of Postgres/],
  ]
  for (const [what, error, code, says] of CASES) {
    it(`is named and comes with what to do: ${what}`, () => {
      const unavailable = asUnavailable(error, DATABASE)
      assert.equal(unavailable.code, code)
      assert.match(unavailable.message, says)
      assert.equal(unavailable.cause, error)
    })
  }

  it('is not wrapped twice', () => {
    const once = asUnavailable(databaseError('3D000'), DATABASE)
    assert.equal(asUnavailable(once, DATABASE), once)
  })

  it('refuses a row for good in classes 22 and 23, and in no other', () => {
    for (const code of ['22001', '22P02', '23505', '23514']) assert.ok(isRefusal(databaseError(code)), code)
    for (const code of ['40P01', '42P01', '53100', '08006', '02200']) assert.ok(!isRefusal(databaseError(code)), code)
    assert.ok(!isRefusal(systemError('23505')))
  })
})

describe('where a database is', () => {
  it('names user, host, port and database, and never the password', () => {
    assert.equal(describeDatabase('postgres://postgres:s3cret@db.example/prices'), 'postgres@db.example:5432/prices')
    assert.equal(describeDatabase('postgresql://a%20b:s3cret@127.0.0.1:5431/x?sslmode=disable'), 'a b@127.0.0.1:5431/x')
    assert.equal(describeDatabase('postgres://db.example/prices?password=s3cret'), 'db.example:5432/prices')
  })

  it('is left open when the URL cannot be read, rather than shown with a password in it', () => {
    assert.equal(describeDatabase('postgres://u:s3cret@[/prices'), 'the database of GP_DATABASEURL')
    assert.equal(describeDatabase('postgres://u%zz:s3cret@host/prices'), 'the database of GP_DATABASEURL')
  })
})
