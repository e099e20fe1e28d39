import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { QUESTIONS_OF_ONE } from '../../src/gossip/sync/answer-budget.ts'
import { QUESTION_PAUSE_MS } from '../../src/gossip/sync/history-walk.ts'
import { REFUSALS, SYNC_FAULTS } from '../../src/gossip/sync/sync-failure.ts'
import { SYNC_PROTOCOL, SYNC_VERSION } from '../../src/gossip/sync/sync-fields.ts'
import { Document, textOf, unquoted } from '../helpers/documents.ts'

const protocol = new Document('docs/protocol.md')

describe('questions to peers in docs/protocol.md', () => {
  it('have the schema, the name and the version of the code', () => {
    assert.equal(protocol.block('<!-- proto:sync -->'), textOf('src/gossip/sync/sync-message.proto'))
    assert.ok(protocol.text.includes(`\`${SYNC_PROTOCOL}\``))
    const [version] = protocol.table('## Versions').find(([, where = '']) => where.includes(SYNC_PROTOCOL)) ?? []
    assert.equal(version, String(SYNC_VERSION))
  })

  it('have a row for every refusal, and a refusal for every row', () => {
    const written = protocol.table('<!-- sync:refusals -->').map(([code]) => unquoted(code))
    assert.deepEqual(written, [...REFUSALS])
  })

  it('have the severity of every falsehood', () => {
    const written = protocol.table('<!-- sync:faults -->').map(([code, severity]) => [unquoted(code), severity])
    assert.deepEqual(Object.fromEntries(written), SYNC_FAULTS)
  })

  it('come no faster from an honest node than one may ask', () => {
    assert.ok(1_000 / QUESTION_PAUSE_MS < QUESTIONS_OF_ONE.refillPerSecond)
  })
})
