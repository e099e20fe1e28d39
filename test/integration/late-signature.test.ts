import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Address } from '../../src/core/address.ts'
import { fromHex } from '../../src/core/hex.ts'
import { isPriceFault, parsePrice } from '../../src/core/price.ts'
import type { Attestation, PriceStatement, Round } from '../../src/core/statement.ts'
import { askPatiently } from '../helpers/ask-patiently.ts'
import { introduce, openStage } from '../helpers/hostile-stage.ts'
import { message } from '../helpers/inbox-at-work.ts'
import { roundThatLasts } from '../helpers/round-length.ts'
import { type TableRow, tableRows } from '../helpers/row-proof.ts'
import { alice, attest } from '../helpers/statements.ts'

interface Story {
  readonly missing: readonly { readonly signer: string; readonly reason: string; readonly sentence: string }[]
}

/** The row with alice's signature beside those that it has. */
function signedByAliceToo(row: TableRow): Attestation {
  const price = parsePrice(row.price.replace(/0+$/, ''))
  assert.ok(!isPriceFault(price))
  const { network, pair, observedAt, source } = row
  const proposer = row.proposer as Address
  const statement: PriceStatement = { network, pair, price, round: row.round as Round, observedAt, source, proposer }
  const { id, signatures } = attest(statement, alice)
  assert.equal(id, row.id)
  const held = row.signatures.map(({ signer, signature }) => [signer as Address, fromHex(signature)] as const)
  return { id, statement, signatures: new Map([...held, ...signatures]) }
}

describe('a signature that comes when the row is in the table', { timeout: 120_000 }, () => {
  it('is said by why to have come late, and counted', async (t) => {
    const stage = await openStage(t, {
      intervalMs: roundThatLasts() * 1_000,
      envOf: { node1: { GP_HTTPADDR: '127.0.0.1:0' } },
    })
    const { network, nodes, rawPeer, databaseUrl } = stage
    const [node] = nodes
    const { httpUrl = '' } = node ?? {}
    const peer = await rawPeer()
    await introduce(stage, { peer, signer: alice })
    const [row] = await tableRows(databaseUrl)
    assert.ok(row !== undefined && node !== undefined)
    const ofAlice = async () => {
      const story = (await askPatiently(httpUrl, `/v1/statements/${row.id}/why`)).json() as Story
      return story.missing.find(({ signer }) => signer === alice.address)
    }
    assert.notEqual((await ofAlice())?.reason, 'late')

    await peer.say(message([signedByAliceToo(row)]))
    await network.until(async () => (await ofAlice())?.reason === 'late', 'the signature was late')
    const { sentence = '' } = (await ofAlice()) ?? {}
    assert.match(
      sentence,
      /^0x\w{40} signed late: a signature came from it at \S+Z, when the set had closed, and the row/,
    )
    const { body } = await askPatiently(httpUrl, '/metrics')
    assert.match(body, new RegExp(`^gp_late_signatures_total\\{signer="${alice.address}"\\} 1$`, 'm'))
  })
})
