import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { NodeDirectory, STATUS_INTERVAL_MS } from '../../src/gossip/node-directory.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { signStatus } from '../helpers/notices-at-work.ts'
import { OBSERVED_AT, alice, bob, testSigner, testSigners } from '../helpers/statements.ts'

function createDirectory({ open = false } = {}): { directory: NodeDirectory; clock: ManualClock } {
  const clock = new ManualClock()
  return { directory: new NodeDirectory({ clock }, { open }), clock }
}

const listed = { listed: true }

function isVouched(directory: NodeDirectory, peerId: string): boolean {
  return directory.voucherOf(peerId) !== undefined
}

describe('the directory of nodes', () => {
  it('holds the newest status of a signer, and vouches for its peer and for no other', async () => {
    const { directory, clock } = createDirectory()
    assert.equal(directory.take(signStatus(alice, { peerId: 'one' }), listed), undefined)
    assert.equal(isVouched(directory, 'one'), true)
    await clock.advance(STATUS_INTERVAL_MS)
    assert.equal(directory.take(signStatus(alice, { peerId: 'two', sequence: OBSERVED_AT + 1 }), listed), undefined)
    assert.deepEqual([isVouched(directory, 'one'), isVouched(directory, 'two')], [false, true])
    assert.deepEqual(
      directory.nodes().map(({ status: { peerId } }) => peerId),
      ['two'],
    )
  })

  it('takes one status a signer and half interval', async () => {
    const { directory, clock } = createDirectory()
    directory.take(signStatus(alice), listed)
    assert.equal(directory.take(signStatus(alice), listed), 'known')
    const next = signStatus(alice, { sequence: OBSERVED_AT + 1 })
    await clock.advance(STATUS_INTERVAL_MS / 2 - 1)
    assert.equal(directory.take(next, listed), 'too-soon')
    await clock.advance(1)
    assert.equal(directory.take(next, listed), undefined)
  })

  it('forgets who has said nothing for three intervals, and remembers whose peer it was', async () => {
    const { directory, clock } = createDirectory()
    directory.take(signStatus(alice, { peerId: 'one' }), listed)
    await clock.advance(3 * STATUS_INTERVAL_MS)
    assert.equal(isVouched(directory, 'one'), true)
    await clock.advance(1)
    assert.equal(isVouched(directory, 'one'), false)
    assert.equal(directory.wasVouched('one'), true)
    assert.deepEqual(directory.nodes(), [])
    assert.equal(directory.take(signStatus(alice, { peerId: 'one' }), listed), undefined, 'it is back')
  })

  it('takes whatever a signer says that was gone, be its clock set back', async () => {
    const { directory, clock } = createDirectory()
    directory.take(signStatus(alice), listed)
    await clock.advance(3 * STATUS_INTERVAL_MS + 1)
    assert.equal(directory.take(signStatus(alice, { sequence: OBSERVED_AT - 1 }), listed), undefined)
  })

  it('shows nobody who is gone', async () => {
    const { directory, clock } = createDirectory()
    directory.take(signStatus(alice), listed)
    await clock.advance(3 * STATUS_INTERVAL_MS + 1)
    assert.deepEqual(directory.nodes(), [])
  })

  it('remembers the latest four peers of a signer; one that is vouched for again is late again', async () => {
    const { directory, clock } = createDirectory()
    let sequence = OBSERVED_AT
    const vouch = async (number: number): Promise<void> => {
      sequence += 1
      assert.equal(
        directory.take({ ...signed, status: { ...signed.status, peerId: `${number}`, sequence } }, listed),
        undefined,
      )
      await clock.advance(STATUS_INTERVAL_MS)
    }
    const signed = signStatus(alice)
    for (let number = 0; number < 4; number++) await vouch(number)
    assert.equal(directory.wasVouched('0'), true)
    await vouch(0)
    await vouch(4)
    assert.deepEqual(
      ['0', '1', '2'].map((peerId) => directory.wasVouched(peerId)),
      [true, false, true],
    )
  })

  it('vouches for nobody by a status of a signer that is not allowed', () => {
    const { directory } = createDirectory()
    assert.equal(directory.take(signStatus(bob, { peerId: 'one' }), { listed: false }), undefined)
    assert.equal(isVouched(directory, 'one'), false)
    assert.equal(directory.wasVouched('one'), false)
    assert.equal(directory.nodes().length, 1)
  })

  it('keeps vouching for a peer that two signers name, when one of them leaves it', async () => {
    const { directory, clock } = createDirectory()
    directory.take(signStatus(alice, { peerId: 'one' }), listed)
    directory.take(signStatus(bob, { peerId: 'one' }), listed)
    await clock.advance(STATUS_INTERVAL_MS)
    directory.take(signStatus(alice, { peerId: 'two', sequence: OBSERVED_AT + 1 }), listed)
    assert.equal(isVouched(directory, 'one'), true)
  })

  it('of an open network keeps the places of those who are there: 64', () => {
    const { directory } = createDirectory({ open: true })
    for (const signer of testSigners(64)) assert.equal(directory.take(signStatus(signer), listed), undefined)
    assert.equal(directory.take(signStatus(testSigner(65)), listed), 'overload')
    assert.equal(directory.nodes().length, 64)
  })

  it('of a closed network has a place for every signer, and for 64 neighbours beside them', () => {
    const { directory } = createDirectory()
    const taken = testSigners(135).map((signer, index) => {
      return directory.take(signStatus(signer, { peerId: signer.address }), { listed: index < 70 })
    })
    assert.deepEqual([...new Set(taken.slice(0, 134)), taken[134]], [undefined, 'overload'])
    assert.equal(directory.nodes().length, 134)
  })

  it('keeps the place of a signer, whatever else its peer signs with', async () => {
    const { directory, clock } = createDirectory()
    directory.take(signStatus(alice, { peerId: 'one' }), listed)
    await clock.advance(STATUS_INTERVAL_MS)
    assert.equal(directory.take(signStatus(bob, { peerId: 'one' }), { listed: false }), undefined)
    assert.equal(isVouched(directory, 'one'), true)
    assert.equal(directory.nodes().length, 2)
  })

  it('takes a signer at once, whatever else its peer has signed with', () => {
    const { directory } = createDirectory()
    directory.take(signStatus(bob, { peerId: 'one' }), { listed: false })
    assert.equal(directory.take(signStatus(alice, { peerId: 'one' }), listed), undefined)
    assert.equal(isVouched(directory, 'one'), true)
  })

  it('asks for fewer statuses the more nodes there are', () => {
    const { directory } = createDirectory()
    for (const signer of testSigners(50)) directory.take(signStatus(signer), listed)
    assert.equal(directory.intervalMs(), 15_000)
    for (const signer of testSigners(60)) directory.take(signStatus(signer), listed)
    assert.equal(directory.intervalMs(), 18_000)
  })

  it('asks for more again when some are gone, but not because the same ones speak again', async () => {
    const { directory, clock } = createDirectory()
    const signers = testSigners(60)
    for (const signer of signers) directory.take(signStatus(signer), listed)
    await clock.advance(18_000)
    for (const signer of signers.slice(0, 55)) {
      assert.equal(directory.take(signStatus(signer, { sequence: OBSERVED_AT + 1 }), listed), undefined)
    }
    assert.equal(directory.intervalMs(), 18_000)
    await clock.advance(2 * 18_000 + 1)
    assert.equal(directory.nodes().length, 55)
    assert.equal(directory.intervalMs(), 16_500)
  })

  it('has one place for a neighbour whose signer is not allowed, whatever it signs with', async () => {
    const { directory, clock } = createDirectory()
    const unlisted = { listed: false }
    directory.take(signStatus(alice, { peerId: 'stranger' }), unlisted)
    assert.equal(directory.take(signStatus(bob, { peerId: 'stranger' }), unlisted), 'too-soon')
    await clock.advance(STATUS_INTERVAL_MS / 2)
    assert.equal(directory.take(signStatus(bob, { peerId: 'stranger' }), unlisted), undefined)
    assert.deepEqual(
      directory.nodes().map(({ signer }) => signer),
      [bob.address],
    )
  })

  it('keeps its pace whatever strangers there are', () => {
    const { directory } = createDirectory()
    for (const signer of testSigners(60)) {
      directory.take(signStatus(signer, { peerId: signer.address }), { listed: false })
    }
    assert.equal(directory.nodes().length, 60)
    assert.equal(directory.intervalMs(), STATUS_INTERVAL_MS)
  })

  it('tells an old status from a new one before its signer is known', () => {
    const { directory } = createDirectory()
    const held = signStatus(alice)
    assert.equal(directory.isHeld(held), false)
    directory.take(held, listed)
    assert.equal(directory.isHeld(held), true)
    const { peerId, instance } = held.status
    // Whoever names somebody else's peer, process and number must not keep that one's statuses from being looked at.
    assert.equal(directory.isHeld(signStatus(bob, { peerId, instance })), false)
    assert.equal(directory.isHeld(signStatus(alice, { sequence: OBSERVED_AT + 1 })), false)
  })
})
