import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { REFUSAL_REASONS, type SignedRefusal } from '../../src/core/refusal.ts'
import { attest, constants, createDriver, observe } from '../helpers/driver-at-work.ts'
import { RULES, refusalOf } from '../helpers/engine-at-work.ts'
import { INTERVAL_MS, alice, bob, carol, dave, price, statement, testSigner } from '../helpers/statements.ts'

describe('the driver of the engine', () => {
  it('proposes one statement a slot, however often a price is seen', async () => {
    const { driver, clock, memory, published } = createDriver()
    const first = driver.propose(observe('3000', clock))
    await clock.advance(0)
    await first
    const second = driver.propose(observe('3001', clock))
    await clock.advance(0)
    await second
    assert.equal(published.length, 1)
    assert.equal(memory.writes.length, 1)
  })

  it('proposes nothing as an observer', async () => {
    const { driver, clock, published } = createDriver(constants([bob, carol]))
    await driver.propose(observe('3000', clock))
    assert.deepEqual(published, [])
  })

  it('proposes nothing while nobody would sign it for the clock of this machine, and says so', async () => {
    const { driver, clock, memory, published, logger, clockWatch } = createDriver()
    clockWatch.said = 'the clock is wrong'
    await driver.propose(observe('3000', clock))
    assert.deepEqual([published, memory.writes], [[], []])
    assert.ok(logger.at('info').includes('not proposed: the clock is wrong'))
    clockWatch.said = undefined
    const right = driver.propose(observe('3000', clock))
    await clock.advance(0)
    await right
    assert.equal(published.length, 1)
  })

  it('sends again after a restart what it had signed, without signers that are no longer allowed', () => {
    const { driver, memory, engine, published } = createDriver(constants([alice, bob]))
    const signed = attest(statement({ proposer: alice.address }), alice, bob, carol)
    memory.remember([signed])
    driver.start()
    assert.deepEqual(published, [signed.id])
    assert.deepEqual(
      [...(engine.pool.signaturesOf(signed.id)?.keys() ?? [])].toSorted(),
      [alice.address, bob.address].toSorted(),
    )
  })

  it('sends nothing again whose pair or source the network no longer has', () => {
    const { driver, memory, published } = createDriver({ ...constants([alice, bob, carol]), source: 'elsewhere' })
    memory.remember([attest(statement({ proposer: alice.address }), alice)])
    driver.start()
    assert.deepEqual(published, [])
  })

  it('co-signs what it has seen, and writes the row one quiet period after the last signature', async () => {
    const { driver, clock, rows, published } = createDriver()
    const received = attest(statement({ proposer: bob.address }), bob, carol)
    driver.handle({ kind: 'received', attestation: received, reemit: false })
    await clock.advance(0)
    assert.deepEqual(published, [received.id])
    await clock.advance(RULES.quietPeriodMs - 1)
    assert.equal(rows.length, 0)
    await clock.advance(1)
    assert.deepEqual(
      rows.map(({ attestation }) => attestation.signatures.size),
      [3],
    )
  })

  it('warns with both prices when it does not vouch for a statement', async () => {
    const { driver, clock, logger, sees, published } = createDriver()
    sees('2900')
    driver.handle({ kind: 'received', attestation: attest(statement({ proposer: bob.address }), bob), reemit: false })
    await clock.advance(0)
    assert.deepEqual(published, [])
    const warnings = logger.lines.filter(({ level }) => level === 'warn')
    assert.match(warnings.map(({ message }) => message).join(), /3021\.455.*2900/)
  })
})

describe('the driver, when it does not vouch for a statement,', () => {
  const proposed = statement({ proposer: bob.address })

  it('tells the network so, with its own price, and keeps it', async () => {
    const { receive, sees, refusals, engine, clock, counters } = createDriver()
    sees('2900')
    const received = attest(proposed, bob)
    await receive(received)
    const [signed, ...more] = refusals
    assert.deepEqual(more, [])
    assert.equal(signed?.signer, alice.address)
    assert.deepEqual(signed.refusal, {
      network: proposed.network,
      statement: received.id,
      reason: 'deviation',
      ownPrice: price('2900'),
      signedInstead: undefined,
      refusedAt: clock.now().wallMs,
    })
    assert.equal(engine.pool.refusalsOf(received.id)?.get(alice.address), signed)
    assert.equal(counters.count('gp_refusals_total', { code: 'deviation' }), 1)
  })

  it('tells nobody when it may not sign anyway', async () => {
    const { receive, refusals, engine } = createDriver(constants([bob, carol]))
    const received = attest(proposed, bob)
    await receive(received)
    assert.deepEqual(refusals, [])
    assert.deepEqual(engine.pool.refusalsOf(received.id), new Map())
  })

  it('tells nobody when the statement is forgotten by then', async () => {
    const { driver, sees, refusals, clock } = createDriver()
    sees('2900')
    driver.handle({ kind: 'received', attestation: attest(proposed, bob), reemit: false })
    clock.jumpWall(2 * INTERVAL_MS)
    driver.handle({ kind: 'tick' })
    await clock.advance(0)
    assert.deepEqual(refusals, [])
  })

  it('does not refuse what carries its signature already', async () => {
    const { receive, sees, refusals } = createDriver()
    sees('2900')
    await receive(attest(proposed, bob, alice))
    assert.deepEqual(refusals, [])
  })
})

describe('a statement that expires', () => {
  const proposed = statement({ proposer: bob.address })
  const received = attest(proposed, bob)

  async function expire(refused: readonly SignedRefusal[]): Promise<string> {
    const { driver, logger, clock } = createDriver(constants([bob, carol, dave]))
    driver.handle({ kind: 'received', attestation: received, reemit: false })
    for (const refusal of refused) driver.handle({ kind: 'refused', refusal })
    await clock.advance(2 * INTERVAL_MS)
    return logger.at('warn').join('\n')
  }

  const beginning = `no quorum for ETH-USD 3021.455 by ${bob.address.slice(0, 8)}: 1 of 3 signers; `
  const advice = 'look whether enough nodes run and see the same price'

  it('is warned of with what to look at', async () => {
    assert.equal(await expire([]), `${beginning}${advice}`)
  })

  it('is explained by who refused it, and why', async () => {
    const said = await expire([
      refusalOf(received.id, { signer: carol, reason: 'deviation', ownPrice: price('2968') }),
      refusalOf(received.id, { signer: dave, reason: 'feed-down' }),
    ])
    const [first, second] = [carol, dave].map(({ address }) => address.slice(0, 10))
    const why = `refused by ${first}: saw 2968 (deviation 1.801 %); by ${second}: had no price of its own, its feed being down; `
    assert.equal(said, `${beginning}${why}${advice}`)
  })

  it('names four who refused, and counts the others', async () => {
    const many = Array.from({ length: 7 }, (_, index) => testSigner(index + 10))
    const said = await expire(many.map((signer) => refusalOf(received.id, { signer, reason: 'disk' })))
    assert.equal(said.match(/by 0x[0-9a-f]{8}: could not write to its disk; /g)?.length, 4)
    assert.match(said, /; and by 3 more; look whether/)
  })

  for (const reason of REFUSAL_REASONS) {
    it(`has words for ${reason}`, async () => {
      const said = await expire([refusalOf(received.id, { signer: carol, reason })])
      assert.match(said, /refused by 0x[0-9a-f]{8}: [a-z ,]{10,}; look whether/)
    })
  }
})

describe('a statement that as many have refused as may sign it', () => {
  it('is not refused by this node too, which says in its own log what it saw', async () => {
    const { driver, clock, engine, refusals, sees, logger } = createDriver()
    sees('2000')
    const received = attest(statement({ proposer: bob.address }), bob)
    driver.handle({ kind: 'received', attestation: received, reemit: false })
    for (let number = 10; number < 10 + RULES.maximumSigners; number++) {
      driver.handle({
        kind: 'refused',
        refusal: refusalOf(received.id, { signer: testSigner(number), reason: 'disk' }),
      })
    }
    await clock.advance(0)
    assert.deepEqual(refusals, [])
    assert.equal(engine.pool.refusalsOf(received.id)?.has(alice.address), false)
    assert.match(logger.at('warn').join('\n'), /^not co-signed: proposed 3021.455, seen here 2000/)
  })
})

describe('equivocation', () => {
  const first = statement({ proposer: bob.address })
  const second = statement({ proposer: bob.address, price: price('3021.456') })

  it('is an error that says who and what to do, a counter, and a proof kept, once for each signer', async () => {
    const { receive, logger, counters, evidence } = createDriver()
    for (let i = 0; i < 2; i++) for (const one of [first, second]) await receive(attest(one, bob, carol))
    const errors = logger.at('error')
    assert.equal(errors.length, 2)
    assert.match(
      errors[0] ?? '',
      /^equivocation: 0x\w{40} made two statements of ETH-USD in round \d+, 3021\.45\d and 3021\.45\d; see the proof with gossip-price evidence list, and take the signer out of GP_SIGNERS/,
    )
    assert.match(errors[1] ?? '', /^equivocation: 0x\w{40} signed two statements by one proposer of ETH-USD/)
    assert.deepEqual(
      evidence.map(({ signer }) => signer),
      [bob.address, carol.address],
    )
    assert.equal(counters.count('gp_equivocations_total'), 2)
  })

  it('keeps this node from signing the second, and says so to the network', async () => {
    const { receive, published, refusals } = createDriver()
    await receive(attest(first, bob))
    await receive(attest(second, bob))
    assert.deepEqual(published, [attest(first).id])
    assert.deepEqual(
      refusals.map(({ refusal }) => [refusal.statement, refusal.reason, refusal.signedInstead]),
      [[attest(second).id, 'slot-signed', attest(first).id]],
    )
  })

  it('keeps this node from signing either when both come at once', async () => {
    const { driver, clock, published, refusals } = createDriver()
    for (const one of [first, second]) driver.handle({ kind: 'received', attestation: attest(one, bob), reemit: false })
    await clock.advance(0)
    assert.deepEqual(published, [])
    assert.deepEqual(
      refusals.map(({ refusal }) => refusal.reason),
      ['slot-contested', 'slot-contested'],
    )
  })

  it('by this node’s own key is said otherwise: another process has it', async () => {
    const { receive, logger } = createDriver()
    await receive(attest(first, bob, alice))
    await receive(attest(second, bob, alice))
    const loudest = logger.at('error').find((line) => line.startsWith('THIS NODE'))
    assert.match(
      loudest ?? '',
      /^THIS NODE'S KEY signs elsewhere: 0x\w{40} signed two .+ stop every process but one .+ stolen: make a new one with gossip-price keys new/,
    )
  })

  it('whose proof the disk does not take is an error that says what to do; the node goes on', async () => {
    const { receive, logger, disk, driver } = createDriver()
    disk.refuses = new Error('disk full')
    await receive(attest(first, bob))
    await receive(attest(second, bob))
    await driver.stop()
    assert.match(logger.at('error').join('\n'), /was not written: free some space or mend GP_DATADIR/)
  })
})

/** How often such a signature was said, and how often counted. */
function foreign({ logger, counters }: ReturnType<typeof createDriver>): readonly [number, number] {
  const said = logger.at('error').filter((line) => line.startsWith("somebody else signs with this node's key 0x"))
  return [said.length, counters.count('gp_foreign_signatures_total')]
}

describe('a signature of this node’s key that it did not make', () => {
  const others = statement({ proposer: bob.address })
  const own = statement({ proposer: alice.address })

  it('is said once and counted always, be it a co-signature or a proposal', async () => {
    const node = createDriver()
    await node.receive(attest(others, bob, alice))
    await node.receive(attest(own, alice))
    assert.deepEqual(foreign(node), [1, 2])
    assert.match(
      node.logger.at('error').join('\n'),
      /stop every process but one that uses the key; if there is no other, it is stolen/,
    )
  })

  it('keeps this node from making a second statement of the slot', async () => {
    const node = createDriver()
    node.sees('1')
    await node.receive(attest(own, alice))
    const proposing = node.driver.propose(observe('3000', node.clock))
    await node.clock.advance(0)
    await proposing
    assert.deepEqual(node.memory.writes, [])
    assert.deepEqual(node.published, [])
    assert.match(
      node.logger.at('info').join('\n'),
      /^not proposed: a statement of the slot by this key is there already$/,
    )
  })

  it('is not one that it remembers, and not one of the others', async () => {
    const node = createDriver()
    node.memory.remember([attest(others, bob, alice)])
    await node.receive(attest(others, bob, alice))
    await node.receive(attest(statement({ proposer: carol.address }), carol, bob))
    assert.deepEqual(foreign(node), [0, 0])
  })

  it('is one over the rival of what it remembers', async () => {
    const node = createDriver()
    node.memory.remember([attest(statement({ proposer: bob.address, price: price('3000') }), bob, alice)])
    await node.receive(attest(others, bob, alice))
    assert.deepEqual(foreign(node), [1, 1])
  })

  it('is not told from what was signed before its memory began, or has been forgotten since', async () => {
    const fresh = createDriver()
    fresh.memory.completeFromMs = fresh.clock.now().wallMs + 1
    await fresh.receive(attest(others, bob, alice))
    const forgetful = createDriver()
    forgetful.memory.mark = others.round
    await forgetful.receive(attest(others, bob, alice))
    assert.deepEqual(
      [foreign(fresh), foreign(forgetful)],
      [
        [0, 0],
        [0, 0],
      ],
    )
  })
})
