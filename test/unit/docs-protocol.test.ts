import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { describe, it } from 'node:test'
import { VARIABLES } from '../../src/config/variables.ts'
import type { ObjectionCode } from '../../src/consensus/co-sign-policy.ts'
import type { Phase } from '../../src/consensus/effects.ts'
import { type Equivocation, createEquivocation } from '../../src/core/equivocation.ts'
import { DEVIATION_SCALE } from '../../src/core/network.ts'
import { PRICE_DECIMALS, PRICE_LIMIT } from '../../src/core/price.ts'
import { REFUSAL_REASONS } from '../../src/core/refusal.ts'
import { DOMAIN_NAME, DOMAIN_VERSION, PRICE_TYPES } from '../../src/core/typed-data.ts'
import { IGNORE_CODES, REJECT_SEVERITIES } from '../../src/core/verdict.ts'
import { expectedTraffic } from '../../src/gossip/expected-traffic.ts'
import { DHT_PROTOCOL } from '../../src/gossip/libp2p-host.ts'
import { SCORE_THRESHOLDS, peerScoreParams } from '../../src/gossip/score-params.ts'
import { topicNames } from '../../src/gossip/topic-name.ts'
import type { BucketSetting } from '../../src/gossip/token-bucket.ts'
import { WIRE_VERSION } from '../../src/gossip/wire.ts'
import { evidenceName, formatEvidence } from '../../src/store/evidence-file.ts'
import { Document, quoted, textOf, unquoted } from '../helpers/documents.ts'
import { attestCheaply } from '../helpers/engine-at-work.ts'
import { alice, bob, price, statement } from '../helpers/statements.ts'
import { networkOf } from '../helpers/traffic.ts'

const protocol = new Document('docs/protocol.md')

/** The first cells of the table after `mark`, without backquotes. */
function keysOf(mark: string): string[] {
  return protocol.table(mark).map(([first]) => unquoted(first))
}

const OBJECTIONS = {
  'not-a-signer': true,
  'no-memory': true,
  'slot-signed': true,
  'old-round': true,
  'slot-contested': true,
  'outside-window': true,
  'feed-down': true,
  deviation: true,
  disk: true,
} satisfies Record<ObjectionCode, true>

const PHASES = {
  collecting: true,
  quorum: true,
  closed: true,
  committed: true,
  disputed: true,
  parked: true,
  expired: true,
} satisfies Record<Phase, true>

describe('docs/protocol.md', () => {
  it('has a row for every code of a verdict, and a code for every row', () => {
    assert.deepEqual(keysOf('### Ignored').toSorted(), IGNORE_CODES.toSorted())
    assert.deepEqual(keysOf('### Rejected').toSorted(), Object.keys(REJECT_SEVERITIES).toSorted())
  })

  it('has the severity of every falsehood', () => {
    const written = protocol.table('### Rejected').map(([code, severity]) => [unquoted(code), severity])
    assert.deepEqual(Object.fromEntries(written), REJECT_SEVERITIES)
  })

  it('has a row for every objection against co-signing, and an objection for every row', () => {
    assert.deepEqual(keysOf('## Co-signing').toSorted(), Object.keys(OBJECTIONS).toSorted())
  })

  it('lets a signer tell all objections but that it is none', () => {
    const told = keysOf('## Co-signing').filter((code) => code !== 'not-a-signer')
    assert.deepEqual(told.toSorted(), REFUSAL_REASONS.toSorted())
  })

  it('names every phase of a statement', () => {
    const life = protocol.block('## Life of a statement')
    for (const phase of Object.keys(PHASES)) assert.ok(life.includes(phase), phase)
  })

  it('holds the schema of the wire as it is in the code', () => {
    assert.equal(protocol.block('<!-- proto:begin -->'), textOf('src/gossip/price-message.proto'))
  })

  it('names variables and defaults of the constants of a network as the configuration has them', () => {
    const byName = new Map(Object.values(VARIABLES).map((variable) => [variable.name as string, variable.default]))
    for (const [constant, variable, value] of protocol.table('## What a network agrees on')) {
      const name = unquoted(variable)
      assert.ok(byName.has(name), constant)
      const expected = byName.get(name)
      assert.equal(value, typeof expected === 'string' ? `\`${expected}\`` : expected?.words, name)
    }
  })

  it('names topics, their schemas, DHT and versions as the code does', () => {
    const { prices, ...others } = topicNames('<network>')
    const topics = protocol.table('## The topics')
    assert.deepEqual(Object.fromEntries(topics.map(([name, label]) => [label, unquoted(name)])), { prices, ...others })
    for (const [name = '', , , schema = ''] of topics) {
      const [, file = ''] = /\]\(\.\.\/(.+)\)/.exec(schema) ?? []
      assert.ok(textOf(file).startsWith(`// What travels on the topic ${unquoted(name)}. `), file)
    }
    assert.ok(protocol.text.includes(`\`${topicNames('gossip-price').prices}\``))
    assert.ok(protocol.text.includes(`\`${DHT_PROTOCOL}\``))
    assert.ok(protocol.text.includes(`name "${DOMAIN_NAME}"   version "${DOMAIN_VERSION}"`))
    const [wire, , domain] = protocol.table('## Versions')
    assert.deepEqual([wire?.[0], domain?.[0]], [String(WIRE_VERSION), DOMAIN_VERSION])
  })

  it('has the members of the typed data in their order', () => {
    const members = PRICE_TYPES.Price.map(({ name, type }) => `${type} ${name}`).join(',')
    assert.ok(protocol.block('## What is signed').includes(`Price(${members})`))
  })

  it('has the range of prices and the scale of deviations of the code', () => {
    assert.equal(PRICE_LIMIT, 10n ** 36n)
    assert.equal(PRICE_DECIMALS, 18)
    assert.equal(DEVIATION_SCALE, 10n ** 9n)
    assert.ok(protocol.text.includes('1 to 10^36 − 1, so below 10^18 whole units'))
    assert.ok(protocol.text.includes('|p − o| × 10^9 ≤ o × d'))
  })
})

describe('a limit in docs/protocol.md', () => {
  for (const mark of ['messages', 'statements', 'status', 'peers', 'connections', 'sync']) {
    for (const [what = '', limit = '', where = ''] of protocol.table(`<!-- limits:${mark} -->`)) {
      it(`is that of the code: ${what}`, () => {
        const [file = '', constant = ''] = quoted(where)
        assert.deepEqual(numbersOfText(limit), numbersOfCode(initializer(file, constant)))
      })
    }
  }
})

describe('what docs/protocol.md says of peers', () => {
  const prose = protocol.text.replaceAll(/\s+/g, ' ')
  const traffic = expectedTraffic(networkOf({ signers: 4, network: 'gossip-price', pairs: ['ETH-USD'] }))

  it('has the weights of scores', () => {
    const names = topicNames('gossip-price')
    const params = peerScoreParams({ topics: names, scoreOf: () => -1_000 }, traffic)
    for (const name of Object.values(names)) {
      const topic = params.topics[name]
      assert.deepEqual([topic?.invalidMessageDeliveriesWeight, topic?.invalidMessageDeliveriesDecay], [-5, 0.99])
    }
    assert.ok(prose.includes('−5 × n², for each topic; n shrinks by 1 % a second and is 0 again below 0.1'))
    assert.equal(params.decayToZero, 0.1)
    assert.deepEqual([params.behaviourPenaltyWeight, params.behaviourPenaltyThreshold], [-80 / 81, 9])
    assert.ok(prose.includes('9 are free, then −80/81 × (n − 9)²'))
    assert.equal(params.appSpecificScore('peer') * params.appSpecificWeight, -1_000)
    assert.equal(params.topicScoreCap.toFixed(4), '0.0500')
    assert.ok(prose.includes('+0.05 at most, all topics together'))
    assert.ok(prose.includes(`A score is kept for ${params.retainScore / 1_000} s after a peer has gone`))
    assert.equal(params.IPColocationFactorWeight, 0)
  })

  it('has the thresholds of scores', () => {
    const below = protocol.table('<!-- scores -->').map(([score]) => score)
    const { gossipThreshold, publishThreshold, graylistThreshold } = SCORE_THRESHOLDS
    const thresholds = [0, gossipThreshold, publishThreshold, graylistThreshold]
    assert.deepEqual(
      below,
      thresholds.map((threshold) => `below ${threshold}`.replace('-', '−')),
    )
    assert.ok(prose.includes(`median score is below ${SCORE_THRESHOLDS.opportunisticGraftThreshold.toFixed(4)} looks`))
  })

  it('has the buckets of the default network', () => {
    const buckets = [traffic.messageBucket, traffic.byteBucket, traffic.signatureBucket, traffic.wasteBucket]
    assert.deepEqual(
      protocol.table('<!-- budgets -->').map(([, , , example]) => example),
      buckets.map(inShort),
    )
    const { prices, status, refusals } = traffic
    const topics = [prices, status, refusals]
    const messages = topics.map(({ mostMessagesPerRound }) => mostMessagesPerRound)
    assert.ok(protocol.text.includes(`A = ${messages.join(' + ')} = ${sum(messages)}`))
    const terms = topics.map(
      ({ mostMessagesPerRound: most, mostBytesPerRound: bytes }) => `${most} × ${short(bytes / most)}`,
    )
    const bytes = topics.map(({ mostBytesPerRound }) => mostBytesPerRound)
    assert.ok(prose.includes(`B = ${terms.join(' + ')} = ${short(sum(bytes))}`), terms.join(' + '))
  })
})

describe('a file of evidence in docs/protocol.md', () => {
  const [first, second] = ['3021.455', '3000'].map((text) => {
    const { id, statement: signed, signatures } = attestCheaply(statement({ price: price(text) }), bob)
    return { id, statement: signed, signature: signatures.get(bob.address) ?? assert.fail('bob signed') }
  })
  if (first === undefined || second === undefined) throw new RangeError('two are made')
  const equivocation = createEquivocation(bob.address, [first, second])

  it('has the members of the code', () => {
    const evidence = JSON.parse(formatEvidence(equivocation)) as Record<string, unknown>
    const rows = protocol.table('<!-- evidence:members -->')
    assert.deepEqual(rows.flatMap(([names = '']) => quoted(names)).toSorted(), pathsOf(evidence).toSorted())
    const value = new Map(rows.map(([names = '', written = '']) => [names, written]))
    assert.equal(value.get('`kind`'), `\`${String(evidence['kind'])}\``)
    assert.equal(value.get('`version`'), `${String(evidence['version'])}, a number`)
  })

  it('has the name of the code', () => {
    const { round, pair } = equivocation.slot
    const name = evidenceName(equivocation)
    const pattern = /Its name is `([^`]+)`/.exec(protocol.text)?.[1] ?? ''
    const filled = pattern
      .replace('<round>', String(round))
      .replace('<pair>', pair)
      .replace('<proposer>', alice.address.slice(2, 10))
      .replace('<signer>', bob.address.slice(2, 10))
      .replace('<hash>', hash('sha256', [equivocation.slot.network, ...ids(equivocation)].join(' ')).slice(0, 8))
    assert.equal(filled, name)
  })
})

function ids({ statements }: Equivocation): string[] {
  return statements.map(({ id }) => id)
}

/** Where the values of a file of evidence stand; the typed data is a standard of its own, so no deeper than its parts. */
function pathsOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return pathsOf(value[0], `${path}[]`)
  const isLeaf = typeof value !== 'object' || value === null || path.split('.').length > 2
  if (isLeaf) return [path]
  return Object.entries(value).flatMap(([name, member]) => pathsOf(member, path === '' ? name : `${path}.${name}`))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

/** Three digits, or whole. */
function short(number: number): string {
  const digits = number >= 100 ? Math.round(number) : Number(number.toPrecision(number < 1 ? 2 : 3))
  return digits.toLocaleString('en')
}

function inShort({ capacity, refillPerSecond }: BucketSetting): string {
  return `${short(capacity)}; ${short(refillPerSecond)}`
}

/** What a constant is set to, as it is written. Some are their file's own, so the file is read and not imported. */
function initializer(file: string, constant: string): string {
  const [, written] = new RegExp(`^(?:export )?const ${constant}(?:: [^=]+)? = (.+)$`, 'm').exec(textOf(file)) ?? []
  assert.ok(written !== undefined, `${file} has a constant ${constant}`)
  return written
}

/** The numbers in an expression; products are multiplied out. */
function numbersOfCode(expression: string): number[] {
  const products = expression.replaceAll('_', '').matchAll(/\d+(?:\.\d+)?(?: \* \d+)*/g)
  return [...products].map(([product]) => product.split(' * ').reduce((value, factor) => value * Number(factor), 1))
}

const UNITS: Readonly<Record<string, number>> = { s: 1_000, min: 60_000, h: 3_600_000, MiB: 1024 ** 2 }

/** The numbers in a text, in milliseconds or bytes where they have a unit. */
function numbersOfText(text: string): number[] {
  const numbers = text.replaceAll(/(\d),(\d{3})/g, '$1$2').matchAll(/(\d+(?:\.\d+)?)(?: ([A-Za-z]+))?/g)
  return [...numbers].map(([, digits, unit = '']) => Number(digits) * (UNITS[unit] ?? 1))
}
