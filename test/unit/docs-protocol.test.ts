import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { VARIABLES } from '../../src/config/variables.ts'
import type { RefusalCode } from '../../src/consensus/co-sign-policy.ts'
import type { Phase } from '../../src/consensus/effects.ts'
import { DEVIATION_SCALE } from '../../src/core/network.ts'
import { PRICE_DECIMALS, PRICE_LIMIT } from '../../src/core/price.ts'
import { DOMAIN_NAME, DOMAIN_VERSION, PRICE_TYPES } from '../../src/core/typed-data.ts'
import { IGNORE_CODES, REJECT_CODES } from '../../src/core/verdict.ts'
import { DHT_PROTOCOL } from '../../src/gossip/libp2p-host.ts'
import { topicName } from '../../src/gossip/topic-name.ts'
import { WIRE_VERSION } from '../../src/gossip/wire.ts'
import { Document, quoted, textOf, unquoted } from '../helpers/documents.ts'

const protocol = new Document('docs/protocol.md')

/** The first cells of the table after `mark`, without backquotes. */
function keysOf(mark: string): string[] {
  return protocol.table(mark).map(([first]) => unquoted(first))
}

const REFUSALS = {
  'not-a-signer': true,
  'no-memory': true,
  'outside-window': true,
  'slot-signed': true,
  'old-round': true,
  'feed-down': true,
  deviation: true,
  disk: true,
} satisfies Record<RefusalCode, true>

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
    assert.deepEqual(keysOf('### Rejected').toSorted(), REJECT_CODES.toSorted())
  })

  it('has a row for every refusal, and a refusal for every row', () => {
    assert.deepEqual(keysOf('## Co-signing').toSorted(), Object.keys(REFUSALS).toSorted())
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

  it('names topic, DHT and versions as the code does', () => {
    assert.ok(protocol.text.includes(`\`${topicName('<network>')}\``))
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
  for (const [what = '', limit = '', where = ''] of protocol.table('## Limits')) {
    it(`is that of the code: ${what}`, () => {
      const [file = '', constant = ''] = quoted(where)
      assert.deepEqual(numbersOfText(limit), numbersOfCode(initializer(file, constant)))
    })
  }
})

/** What a constant is set to, as it is written. Some are their file's own, so the file is read and not imported. */
function initializer(file: string, constant: string): string {
  const [, written] = new RegExp(`^(?:export )?const ${constant}(?:: [^=]+)? = (.+)$`, 'm').exec(textOf(file)) ?? []
  assert.ok(written !== undefined, `${file} has a constant ${constant}`)
  return written
}

/** The numbers in an expression; products are multiplied out. */
function numbersOfCode(expression: string): number[] {
  const products = expression.replaceAll('_', '').matchAll(/\d+(?: \* \d+)*/g)
  return [...products].map(([product]) => product.split(' * ').reduce((value, factor) => value * Number(factor), 1))
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, min: 60_000, bytes: 1, MiB: 1024 ** 2 }

/** The numbers in a text, in milliseconds or bytes where they have a unit. */
function numbersOfText(text: string): number[] {
  const numbers = text.replaceAll(/(\d),(\d{3})/g, '$1$2').matchAll(/(\d+)(?: ([A-Za-z]+))?/g)
  return [...numbers].map(([, digits, unit]) => Number(digits) * (unit === undefined ? 1 : (UNITS[unit] ?? Number.NaN)))
}
