import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createStandingAtWork } from '../helpers/standing-at-work.ts'
import { alice, bob } from '../helpers/statements.ts'

const MINUTE_MS = 60_000
const SCARCE = { capacity: 10, refillPerSecond: 1 }

/** How many unknown peers are let in at once, after some peers were expelled. */
function places(...expelled: string[]): number {
  const { standing, vouched } = createStandingAtWork({}, { wasteBucket: { capacity: 1, refillPerSecond: 0.001 } })
  vouched.add('honest')
  for (const peer of expelled) for (let i = 0; i < 5; i++) standing.senderOf(peer).wasted()
  let admitted = 0
  while (standing.admitsConnection(`node ${admitted}`)) admitted += 1
  return admitted
}

const sized = (bytes: number): { bytes: number; together: boolean } => ({ bytes, together: true })

describe('a peer that floods', () => {
  it('is expelled and hung up on when it sends more messages than the network has, and nobody else is', () => {
    const { standing, hungUp, vouched, counters } = createStandingAtWork({}, { messageBucket: SCARCE })
    for (const peer of ['honest', 'flooder']) vouched.add(peer)
    for (let i = 0; i < 10; i++) assert.equal(standing.admitsMessage('flooder', sized(100)), true)
    assert.equal(standing.admitsMessage('flooder', sized(100)), false)
    assert.equal(standing.isExpelled('flooder'), true)
    assert.deepEqual(hungUp, ['flooder'])
    assert.equal(counters.count('gp_peers_expelled_total', { reason: 'flood' }), 1)
    assert.equal(standing.admitsMessage('honest', sized(100)), true)
    assert.equal(standing.isExpelled('honest'), false)
  })

  it('is expelled likewise for bytes', () => {
    const { standing, hungUp } = createStandingAtWork({}, { byteBucket: { capacity: 1_000, refillPerSecond: 1 } })
    assert.equal(standing.admitsMessage('flooder', sized(1_000)), true)
    assert.equal(standing.admitsMessage('flooder', sized(1_000)), false)
    assert.deepEqual(hungUp, ['flooder'])
  })

  it('has nothing looked at while it is expelled, whatever for', () => {
    const { standing, vouched } = createStandingAtWork()
    vouched.add('liar')
    for (let i = 0; i < 5; i++) standing.blame('liar', { code: 'high-s', severity: 'grave' })
    assert.equal(standing.admitsMessage('liar', sized(1)), false)
  })

  it('is kept out for ten minutes, then twice as long, and below all of gossipsub’s thresholds', async () => {
    const { standing, clock, vouched } = createStandingAtWork(
      {},
      { messageBucket: { capacity: 1, refillPerSecond: 1 } },
    )
    vouched.add('flooder')
    const flood = (): void => {
      while (standing.admitsMessage('flooder', sized(1))) continue
    }
    flood()
    assert.ok(standing.scoreOf('flooder') < -100)
    assert.equal(standing.admitsConnection('flooder'), false)
    await clock.advance(10 * MINUTE_MS - 1)
    assert.equal(standing.isExpelled('flooder'), true)
    await clock.advance(1)
    assert.equal(standing.isExpelled('flooder'), false)
    assert.equal(standing.scoreOf('flooder'), 0)
    assert.equal(standing.admitsConnection('flooder'), true)
    flood()
    await clock.advance(20 * MINUTE_MS - 1)
    assert.equal(standing.isExpelled('flooder'), true)
    await clock.advance(1)
    assert.equal(standing.isExpelled('flooder'), false)
  })

  it('is expelled when it has too many signatures verified that count nowhere', () => {
    const { standing, hungUp } = createStandingAtWork({}, { wasteBucket: SCARCE })
    const sender = standing.senderOf('flooder')
    for (let i = 0; i < 10; i++) sender.wasted()
    assert.deepEqual(hungUp, [])
    sender.wasted()
    assert.deepEqual(hungUp, ['flooder'])
  })
})

describe('a peer that lies', () => {
  it('is expelled by the fifth grave falsehood, or the eleventh that may be a mistake', () => {
    const { standing, hungUp } = createStandingAtWork()
    for (let i = 0; i < 4; i++) standing.blame('liar', { code: 'high-s', severity: 'grave' })
    for (let i = 0; i < 10; i++) standing.blame('stray', { code: 'bad-round', severity: 'mild' })
    assert.deepEqual(hungUp, [])
    standing.blame('liar', { code: 'high-s', severity: 'grave' })
    standing.blame('stray', { code: 'bad-round', severity: 'mild' })
    assert.deepEqual(hungUp, ['liar', 'stray'])
  })

  it('is expelled for what it says in all, and for nothing that another says', () => {
    const { standing, hungUp } = createStandingAtWork()
    for (let i = 0; i < 5; i++) {
      standing.blame('liar', { code: `falsehood ${i}`, severity: 'grave' })
      standing.blame(`relay ${i}`, { code: 'high-s', severity: 'grave' })
    }
    assert.deepEqual(hungUp, ['liar'])
  })

  it('is forgiven two points a minute', async () => {
    const { standing, clock, hungUp } = createStandingAtWork()
    for (let i = 0; i < 4; i++) standing.blame('liar', { code: 'high-s', severity: 'grave' })
    await clock.advance(MINUTE_MS)
    standing.blame('liar', { code: 'bad-round', severity: 'mild' })
    assert.deepEqual(hungUp, [])
    standing.blame('liar', { code: 'bad-round', severity: 'mild' })
    assert.deepEqual(hungUp, ['liar'])
  })

  it('is forgiven within ten minutes', async () => {
    const { standing, clock, hungUp } = createStandingAtWork()
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < 4; i++) standing.blame('clumsy', { code: 'malformed', severity: 'grave' })
      await clock.advance(10 * MINUTE_MS)
    }
    assert.deepEqual(hungUp, [])
  })
})

describe('peers for whom nobody vouches', () => {
  it('are measured together: ever new peer ids send no more than one peer may', () => {
    const { standing, vouched, hungUp } = createStandingAtWork({}, { messageBucket: SCARCE })
    vouched.add('honest')
    let admitted = 0
    for (let peer = 0; peer < 100; peer++) if (standing.admitsMessage(`sybil ${peer}`, sized(10))) admitted += 1
    assert.equal(admitted, 10)
    assert.deepEqual(hungUp, [], 'none of them by itself has sent too much')
    assert.equal(standing.admitsMessage('honest', sized(10)), true)
  })

  it('are measured together by bytes, too', () => {
    const { standing, vouched } = createStandingAtWork({}, { byteBucket: { capacity: 1_000, refillPerSecond: 1 } })
    vouched.add('honest')
    assert.equal(standing.admitsMessage('sybil 1', sized(600)), true)
    assert.equal(standing.admitsMessage('sybil 2', sized(600)), false)
    assert.equal(standing.isExpelled('sybil 2'), false)
    assert.equal(standing.admitsMessage('honest', sized(600)), true)
  })

  it('are measured each by itself where they say who they are', () => {
    const { standing } = createStandingAtWork({}, { messageBucket: SCARCE })
    for (let peer = 0; peer < 100; peer++) standing.admitsMessage(`sybil ${peer}`, sized(10))
    assert.equal(standing.admitsMessage('newcomer', sized(10)), false)
    assert.equal(standing.admitsMessage('newcomer', { bytes: 10, together: false }), true)
  })

  it('share one lane and one budget; a vouched peer has its own', () => {
    const { standing, vouched, clock } = createStandingAtWork()
    vouched.add('honest').add('another')
    assert.equal(standing.laneOf('sybil 1'), standing.laneOf('sybil 2'))
    assert.notEqual(standing.laneOf('honest'), standing.laneOf('another'))
    standing.senderOf('sybil 1').budget.spend(() => clock.compute(10_000))
    assert.equal(standing.senderOf('sybil 2').budget.hasTime(), false)
    assert.equal(standing.senderOf('honest').budget.hasTime(), true)
    standing.senderOf('honest').budget.spend(() => clock.compute(100_000))
    assert.equal(standing.senderOf('honest').budget.hasTime(), false)
    assert.equal(standing.senderOf('another').budget.hasTime(), true)
  })

  it('use up a fifth of a core in the long run', async () => {
    const { standing, clock } = createStandingAtWork()
    const start = clock.now().monoMs
    let spentMs = 0
    while (clock.now().monoMs - start < 10 * MINUTE_MS) {
      const { budget } = standing.senderOf('sybil')
      if (budget.hasTime()) {
        budget.spend(() => clock.compute(3))
        spentMs += 3
      } else await clock.advance(10)
    }
    const share = spentMs / (clock.now().monoMs - start)
    assert.ok(share > 0.18 && share < 0.21, String(share))
  })

  it('introduce themselves by 200 ms at once, and then by a twentieth of a core', async () => {
    const { standing, clock } = createStandingAtWork()
    standing.introductions.spend(() => clock.compute(209))
    assert.equal(standing.introductions.hasTime(), true, '200 − 209 + 10.45')
    standing.introductions.spend(() => clock.compute(10))
    assert.equal(standing.introductions.hasTime(), false, '1.45 − 10 + 0.5')
    await clock.advance(160)
    assert.equal(standing.introductions.hasTime(), false)
    await clock.advance(2)
    assert.equal(standing.introductions.hasTime(), true)
  })

  it('introduce themselves twice at once, and then once in 7.5 s, each of them', async () => {
    const { standing, clock } = createStandingAtWork()
    const admitted = (peerId: string): boolean[] => [1, 2, 3].map(() => standing.admitsIntroduction(peerId))
    assert.deepEqual(admitted('newcomer'), [true, true, false])
    assert.deepEqual(admitted('another'), [true, true, false])
    await clock.advance(7_499)
    assert.equal(standing.admitsIntroduction('newcomer'), false)
    await clock.advance(1)
    assert.deepEqual(admitted('newcomer'), [true, false, false])
  })

  it('introduce themselves at other expense', () => {
    const { standing, clock } = createStandingAtWork()
    standing.senderOf('sybil').budget.spend(() => clock.compute(10_000))
    assert.equal(standing.introductions.hasTime(), true)
  })

  it('are let in as they come when a cluster starts, and slowly while peers are being expelled', async () => {
    const { standing, clock } = createStandingAtWork({}, { messageBucket: { capacity: 1, refillPerSecond: 0.001 } })
    for (let peer = 0; peer < 40; peer++) assert.equal(standing.admitsConnection(`node ${peer}`), true)
    await clock.advance(MINUTE_MS)
    let admitted = 0
    for (let second = 0; second < 600; second++) {
      for (let i = 0; i < 10; i++) {
        const peer = `sybil ${second} ${i}`
        if (!standing.admitsConnection(peer)) continue
        admitted += 1
        standing.admitsMessage(peer, sized(1))
        standing.admitsMessage(peer, sized(1))
      }
      await clock.advance(1_000)
    }
    assert.ok(admitted <= 8 + 600 / 4 + 2, `${admitted} were let in`)
    assert.ok(admitted > 50, `${admitted}`)
  })

  it('have their places until eight of them are expelled; peers of signers and their expulsions are no matter', () => {
    const sybils = Array.from({ length: 8 }, (_, number) => `sybil ${number}`)
    assert.deepEqual([places(), places(...sybils.slice(1)), places(...sybils)], [64, 64, 0])
    assert.equal(places(...sybils.slice(1), 'honest'), 64)
  })

  it('leave places for those of signers', () => {
    const { standing, connected, vouched, remembered } = createStandingAtWork()
    for (let peer = 0; peer < 200; peer++) connected.push(`sybil ${peer}`)
    vouched.add('honest')
    remembered.add('back again')
    assert.equal(standing.admitsConnection('one more'), false)
    assert.equal(standing.admitsConnection('honest'), true)
    assert.equal(standing.admitsConnection('back again'), true)
    connected.splice(0, 1, 'honest')
    assert.equal(standing.admitsConnection('one more'), true)
  })
})

describe('a peer of a signer', () => {
  it('has four seconds for verifying at once', () => {
    const { standing, vouched, clock } = createStandingAtWork()
    vouched.add('honest')
    standing.senderOf('honest').budget.spend(() => clock.compute(7_900))
    assert.equal(standing.senderOf('honest').budget.hasTime(), true, '4,000 − 7,900 + 3,950')
    standing.senderOf('honest').budget.spend(() => clock.compute(200))
    assert.equal(standing.senderOf('honest').budget.hasTime(), false, '50 − 200 + 100')
  })

  it('has used up what it has until 4,096 others have sent something', () => {
    const { standing, clock } = createStandingAtWork({ vouchersOf: (peerId) => [`signer of ${peerId}`] })
    const budgetOf = (peerId: string) => standing.senderOf(peerId).budget
    budgetOf('first').spend(() => budgetOf('second').spend(() => clock.compute(1_000_000)))
    for (let peer = 0; peer < 4_094; peer++) budgetOf(`peer ${peer}`)
    assert.equal(budgetOf('first').hasTime(), false)
    budgetOf('one more')
    assert.deepEqual([budgetOf('first').hasTime(), budgetOf('second').hasTime()], [false, true])
  })
})

describe('the signatures of a signer', () => {
  it('are counted by signer, whoever brings them', () => {
    const { standing } = createStandingAtWork({}, { signatureBucket: SCARCE })
    for (let i = 0; i < 10; i++) {
      assert.equal(standing.admitsSignatures(alice.address, 1), true)
      standing.chargeSignature(alice.address)
    }
    assert.equal(standing.admitsSignatures(alice.address, 1), false)
    assert.equal(standing.admitsSignatures(bob.address, 10), true)
    assert.equal(standing.admitsSignatures(bob.address, 11), false)
  })
})

describe('the log', () => {
  it('tells of expelled peers every ten seconds, and how many were left out', async () => {
    const { standing, clock, logger } = createStandingAtWork(
      {},
      { wasteBucket: { capacity: 1, refillPerSecond: 0.001 } },
    )
    const expel = (peer: string): void => {
      for (let i = 0; i < 2; i++) standing.senderOf(peer).wasted()
    }
    for (let peer = 0; peer < 50; peer++) expel(`sybil ${peer}`)
    await clock.advance(10_000)
    expel('the last')
    assert.deepEqual(logger.at('warn'), [
      'peer sybil 0 is expelled for 10 min: it has signatures verified that count nowhere',
      'peer the last is expelled for 10 min: it has signatures verified that count nowhere; 49 more were expelled since the last line',
    ])
  })
})

describe('a peer that comes and goes without any offence', () => {
  it('uses up its own places and no others', async () => {
    const { standing, clock } = createStandingAtWork()
    let newcomers = 0
    for (let second = 0; second < 60; second++) {
      for (let time = 0; time < 100; time++) standing.admitsConnection('restless')
      if (standing.admitsConnection(`newcomer ${second}`)) newcomers += 1
      await clock.advance(1_000)
    }
    assert.equal(newcomers, 60)
  })
})

describe('a signer that names ever new peer ids', () => {
  it('has the time of one', async () => {
    let current = ''
    const { standing, clock } = createStandingAtWork({
      vouchersOf: (peerId) => (peerId === current ? [alice.address] : []),
    })
    const startMs = clock.now().monoMs
    let spentMs = 0
    for (let number = 0; clock.now().monoMs - startMs < 10 * MINUTE_MS; number++) {
      current = `peer ${number}`
      const untilMs = clock.now().monoMs + 7_500
      while (clock.now().monoMs < untilMs) {
        const { budget } = standing.senderOf(current)
        if (budget.hasTime()) {
          budget.spend(() => clock.compute(30))
          spentMs += 30
        } else await clock.advance(30)
      }
    }
    const share = spentMs / (clock.now().monoMs - startMs)
    assert.ok(share < 0.55, String(share))
  })
})

describe('a peer that another signer names as its own', () => {
  const EMPTY_SOON = { messageBucket: SCARCE, wasteBucket: SCARCE }

  it('is not expelled for what that signer has used up before', () => {
    const names = new Map([['honest', ['signer of honest']]])
    const { standing, hungUp } = createStandingAtWork({ vouchersOf: (peer) => names.get(peer) ?? [] }, EMPTY_SOON)
    names.set('evil', ['evil signer'])
    while (standing.admitsMessage('evil', sized(1))) continue
    for (let i = 0; i < 10; i++) standing.senderOf('evil').wasted()
    assert.deepEqual(hungUp, ['evil'])
    names.set('evil', []).set('honest', ['evil signer', 'signer of honest'])
    for (let i = 0; i < 10; i++) assert.equal(standing.admitsMessage('honest', sized(1)), true)
    for (let i = 0; i < 10; i++) standing.senderOf('honest').wasted()
    assert.deepEqual(hungUp, ['evil'])
  })

  it('is a stranger at most while its own signer is not known', () => {
    const { standing, hungUp, vouched } = createStandingAtWork(
      { vouchersOf: (peer) => (vouched.has(peer) ? ['evil signer'] : []) },
      EMPTY_SOON,
    )
    vouched.add('evil')
    while (standing.admitsMessage('evil', sized(1))) continue
    vouched.delete('evil')
    vouched.add('newcomer')
    for (let i = 0; i < 10; i++) assert.equal(standing.admitsMessage('newcomer', sized(1)), true)
    assert.deepEqual(hungUp, ['evil'])
  })

  it('has the time of its own signer when the other has used up its own', () => {
    const { standing, clock } = createStandingAtWork({
      vouchersOf: (peer) => (peer === 'evil' ? ['evil signer'] : ['evil signer', 'signer of honest']),
    })
    standing.senderOf('evil').budget.spend(() => clock.compute(100_000))
    assert.equal(standing.senderOf('evil').budget.hasTime(), false)
    assert.equal(standing.senderOf('honest').budget.hasTime(), true)
  })
})
