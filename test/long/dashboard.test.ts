import assert from 'node:assert/strict'
import { type TestContext, after, before, describe, it } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import type { LiveEvent } from '../../src/web/browser/api-shapes.ts'
import { WITHOUT_BROWSER, startBrowser } from '../helpers/chromium.ts'
import {
  DESKTOP,
  type OpenedDashboard,
  PHONE,
  accessibilityProblems,
  allChecked,
  checkTabStops,
  layoutShifts,
  openDashboard,
  overflowOf,
  takePicture,
} from '../helpers/dashboard-browser.ts'
import { DashboardWorld, type Member } from '../helpers/dashboard-world.ts'

const HOSTILE = '<img src=x onerror="document.title=\'taken\'"><script>document.title="taken"</script>'

describe('the dashboard of a made-up network', { skip: WITHOUT_BROWSER }, () => {
  let browser: Browser

  before(async () => {
    browser = await startBrowser()
  })

  after(() => browser.close())

  const open = async (t: TestContext, world: DashboardWorld, context = {}): Promise<OpenedDashboard> =>
    openDashboard(t, { browser, options: { world, context } })

  it('shows a new price without being loaded again, and verifies it', async (t) => {
    const world = new DashboardWorld()
    const { page, mock } = await open(t, world)
    await page.evaluate('window.loadedOnce = true')
    const price = commitNew(world)
    mock.emit({ kind: 'price', data: price })
    const first = page.locator('#rows tr').first()
    await first.locator('[aria-label^="verified"]', { hasText: 'verified' }).waitFor()
    assert.match((await first.textContent()) ?? '', new RegExp(price.proposer.slice(0, 6)))
    assert.equal(await page.evaluate('window.loadedOnce'), true)
    assert.match((await page.locator('#announcer').textContent()) ?? '', /New price: ETH-USD/)
  })

  it('fills the ring of a statement up to its quorum and through the quiet period', async (t) => {
    const world = new DashboardWorld({ quietPeriodMs: 2_000 })
    const [first, second, third, fourth] = world.members as [Member, Member, Member, Member]
    const { page, mock } = await open(t, world)
    const pending = world.propose(second)
    mock.emit({ kind: 'statement', data: pending })
    const card = page.locator('.card')
    await card.getByText('1 signature; 2 more to a quorum.').waitFor()
    mock.emit({ kind: 'signature', data: { id: pending.id, signer: first.address, time: pending.observedTime } })
    await card.getByText('2 signatures; 1 more to a quorum.').waitFor()
    assert.equal(await card.locator('.dot.signed').count(), 2)
    world.sign(pending.id, first)
    world.refuse(pending.id, fourth)
    const refusal = world.statements.get(pending.id)?.refusals[0]
    assert.ok(refusal)
    mock.emit({ kind: 'refusal', data: { id: pending.id, ...refusal } })
    await card.getByText('which is 1.8 % away').waitFor()
    assert.equal(await card.locator('.dot.refused').count(), 1)
    mock.emit({ kind: 'statement', data: world.sign(pending.id, third) })
    await card.getByText(/A quorum: 3 signatures, a row in \d s/).waitFor()
    await card.getByText('A quorum: 3 signatures, being written.').waitFor()
    mock.emit({ kind: 'price', data: world.commit(pending.id) })
    await card.getByText('In the table, with 3 signatures.').waitFor()
    await page.locator('#pending-empty').getByText('Nothing waits for signatures').waitFor()
  })

  it('shows a cross at a row that was tampered with, and says why', async (t) => {
    const world = new DashboardWorld()
    lieAt(world, 2, { price: '3999.5' })
    const { page } = await open(t, world)
    const row = page.locator('#rows tr').nth(2)
    await row.locator('.ring-cross').waitFor()
    await page.locator('#rows-note').getByText('14 verified here, 1 false').waitFor()
    await row.locator('.row-open').click()
    const dialog = page.locator('dialog[open]')
    await dialog.getByText('This row is false.').waitFor()
    assert.match((await dialog.textContent()) ?? '', /the row was changed after it was signed/)
  })

  it('finds a row that somebody changes while the page is open', async (t) => {
    const world = new DashboardWorld()
    const { page } = await open(t, world)
    await allChecked(page)
    assert.equal(await page.locator('#rows tr[data-check=false]').count(), 0)
    lieAt(world, 1, { price: '3999.5' })
    await page.locator('#rows tr[data-check=false]', { hasText: '3,999.50' }).waitFor({ timeout: 60_000 })
    await page.locator('#median-note').getByText('not all of them true').waitFor()
  })

  it('shows whom a node hears, and how much of whom', async (t) => {
    const { page } = await open(t, new DashboardWorld())
    await page.locator('#nodes .node-open').nth(1).focus()
    await page
      .locator('#network-words')
      .getByText(/^0x\S+ is here; connected to 0x.*; \d+ messages received\.$/)
      .waitFor()
    assert.equal(await page.locator('.link.near').count(), 5)
    await page.keyboard.press('Enter')
    const dialog = page.locator('dialog[open]')
    await dialog.getByText('Received from each other').waitFor()
    assert.equal(await dialog.locator('.received tbody tr').count(), 6)
    assert.deepEqual(await accessibilityProblems(page), [])
  })

  it('checks the row that it shows, whatever the node says when it is asked again', async (t) => {
    const world = new DashboardWorld()
    const { page, mock } = await open(t, world)
    mock.emit({ kind: 'price', data: { ...commitNew(world), price: '3999.5' } })
    const row = page.locator('#rows tr').first().filter({ hasText: '3,999.50' })
    await row.locator('.ring-cross').waitFor()
    await row.locator('.row-open').click()
    await page.locator('dialog[open]').getByText('It differs from what its proof says was signed in price.').waitFor()
  })

  it('shows a node that has stopped as gone: in the picture, in the table, and in words', async (t) => {
    const world = new DashboardWorld()
    const { page, mock } = await open(t, world)
    const gone = world.members[3]
    assert.ok(gone)
    assert.equal(await page.locator('.node.gone').count(), 0)
    world.states.set(gone.peerId, 'gone')
    mock.emit({ kind: 'node', data: world.node(gone) })
    await page.locator('.node.gone').getByText('gone', { exact: true }).waitFor()
    await page.getByText('5 of 6 nodes here, 1 gone.', { exact: true }).waitFor()
    assert.equal(await page.locator('#nodes tr[data-state=gone]').count(), 1)
    assert.match((await page.locator('#announcer').textContent()) ?? '', /is gone/)
    assert.match((await page.locator('#health').textContent()) ?? '', /5 of 6 nodes here/)
  })

  it('shows a bootstrap node as one: in the picture, in the table, and in words, also when it has gone', async (t) => {
    const world = new DashboardWorld()
    const { page, mock } = await open(t, world)
    await page.locator('.node.bootstrap.connected').getByText('bootstrap', { exact: true }).waitFor()
    const line = page.locator('#nodes tr[data-state=bootstrap]')
    await line.getByText('connected', { exact: true }).waitFor()
    await line.locator('.node-open').focus()
    await page.locator('#network-words').getByText('is a bootstrap node, through which').waitFor()
    await page.keyboard.press('Enter')
    await page.locator('dialog[open]').getByText('gossip-price/0.1.0 bootstrap').waitFor()
    world.hasBootstrap = false
    mock.emit({ kind: 'peer', data: { peerId: world.silentPeer, up: false } })
    await page.locator('dialog[open]').getByText('gone: not connected any more').waitFor()
    await page.keyboard.press('Escape')
    await line.getByText('gone', { exact: true }).waitFor()
    await page.locator('.node.bootstrap.gone').getByText('bootstrap, gone', { exact: true }).waitFor()
    assert.match((await page.locator('#health').textContent()) ?? '', /All is well: 6 of 6 nodes here/)
  })

  it('says in one line that its node is not ready, which moves nothing, and all reasons when asked', async (t) => {
    const { page, mock } = await open(t, new DashboardWorld())
    const reasons = ['Only 1 of 6 signers', 'There is no price', 'The database'].map(
      (what) => `${what} ${'as it should be, and that for a long time '.repeat(4)}.`,
    )
    const top = (): Promise<number> => page.locator('#content').evaluate((main) => main.getBoundingClientRect().top)
    for (const width of [1440, 768, 390]) {
      mock.emit({ kind: 'health', data: { ready: true, sentences: [] } })
      await page.locator('#health').getByText('All is well').waitFor()
      await page.setViewportSize({ width, height: 900 })
      const whenReady = await top()
      mock.emit({ kind: 'health', data: { ready: false, sentences: reasons } })
      await page.locator('#health').getByText('Not ready, for 3 reasons: Only 1 of 6').waitFor()
      assert.equal(await top(), whenReady, `at ${width} px`)
    }
    await page.locator('#health').getByRole('button', { name: 'Why?' }).click()
    const dialog = page.locator('dialog[open]')
    for (const reason of reasons) await dialog.getByText(reason).waitFor()
    mock.emit({ kind: 'health', data: { ready: true, sentences: [] } })
    await dialog.getByText('This node is ready').waitFor()
  })

  it('says when it has lost its node, and takes the stream up where it broke', async (t) => {
    const world = new DashboardWorld()
    const { page, mock, problems } = await open(t, world)
    mock.emit({ kind: 'health', data: { ready: false, sentences: ['No price for 22 min.'] } })
    await page.locator('#health').getByText('Not ready: No price for 22 min.').waitFor()
    const said = page.locator('#connection[data-state=lost]').waitFor()
    mock.dropStreams()
    await said
    await page.locator('#connection[data-state=live]').waitFor()
    await mock.streams(2)
    assert.deepEqual(mock.resumedFrom, [undefined, 'boot-1'])
    // Chromium itself writes a broken connection to the console.
    assert.deepEqual(
      problems.splice(0).filter((problem) => !problem.includes('net::ERR_')),
      [],
    )
  })

  it('says when its node hangs, though its connection has not ended', async (t) => {
    const world = new DashboardWorld({ rounds: 3 })
    const { page, mock } = await open(t, world)
    await allChecked(page)
    mock.hang()
    await page.locator('#connection[data-state=lost]').waitFor({ timeout: 60_000 })
    await page.locator('#health').getByText('This page has lost its node').waitFor()
    const price = commitNew(world)
    mock.recover()
    await page.locator('#connection[data-state=live]').waitFor()
    await page.locator(`#rows tr:first-child [aria-label*="round ${price.round}."]`).waitFor()
  })

  it('opens a stream anew that the node has refused, and asks for what it missed', async (t) => {
    const world = new DashboardWorld()
    const { page, mock, problems } = await open(t, world)
    mock.refuseStreams(1)
    mock.dropStreams()
    const price = commitNew(world)
    await mock.streams(2)
    await page.locator('#connection[data-state=live]').waitFor()
    await page.locator('#rows tr').first().getByText(price.proposer.slice(0, 6)).waitFor()
    await page.locator(`#rows tr:first-child [aria-label*="round ${price.round}."]`).waitFor()
    assert.deepEqual(
      problems.splice(0).filter((problem) => !/net::ERR_|503/.test(problem)),
      [],
    )
  })

  it('says why a statement is where it is', async (t) => {
    const world = new DashboardWorld()
    const [first] = world.members as [Member]
    world.propose(first)
    const { page } = await open(t, world)
    await page.locator('.card button').click()
    await page.locator('dialog[open]').getByText('What would make it pass').waitFor()
    await page.getByRole('button', { name: 'Close' }).click()
    await page.locator('dialog[open]').waitFor({ state: 'hidden' })
  })

  it('holds new rows back while somebody is in the table', async (t) => {
    const world = new DashboardWorld()
    const { page, mock } = await open(t, world)
    await allChecked(page)
    const first = page.locator('#rows tr').first()
    await first.locator('.row-open').focus()
    const shown = await first.textContent()
    mock.emit({ kind: 'price', data: commitNew(world) })
    const waiting = page.getByRole('button', { name: 'Show 1 new row' })
    await waiting.waitFor()
    assert.equal(await first.textContent(), shown)
    await waiting.click()
    await page
      .locator('#rows tr')
      .first()
      .filter({ hasNotText: shown ?? '' })
      .waitFor()
  })

  it('says what is to come while there is nothing yet', async (t) => {
    const { page } = await open(t, new DashboardWorld({ rounds: 0 }))
    await page.getByText('No price yet', { exact: true }).waitFor()
    await page.getByText(/^The first comes within/).waitFor()
    await page.getByText('No row of ETH-USD yet.').waitFor()
    await page.getByText('Nothing waits for signatures.').waitFor()
    await page.getByText('The first point of this chart').waitFor()
    assert.equal(await page.locator('#simulated').isVisible(), false)
  })

  it('shows the network while the database is away, and the prices once it is back', async (t) => {
    const world = new DashboardWorld({ rounds: 3 })
    world.isTableAway = true
    const { page, problems } = await open(t, world)
    await page.getByText('The table cannot be asked now: The database is away.').waitFor()
    assert.equal(await page.locator('.node.here').count(), 6)
    world.isTableAway = false
    await page.locator('#rows [aria-label^=verified]').first().waitFor()
    assert.deepEqual(
      problems.splice(0).filter((problem) => !problem.includes('503')),
      [],
    )
  })

  it('warns of simulated prices', async (t) => {
    const { page } = await open(t, new DashboardWorld({ network: 'local-simulated' }))
    assert.equal(await page.locator('#simulated').isVisible(), true)
  })

  it('shows the network alone on a bootstrap node', async (t) => {
    const world = new DashboardWorld({ role: 'bootstrap' })
    // Whatever is asked of it fails, and shows on the console.
    world.isTableAway = true
    const { page } = await open(t, world)
    await page.getByText('it knows the network and no prices').waitFor()
    assert.equal(await page.locator('.node.here').count(), 6)
    await page.locator('.node.bootstrap').getByText('this node, bootstrap', { exact: true }).waitFor()
    for (const id of ['price-section', 'pending-section', 'rows-section'])
      assert.equal(await page.locator(`#${id}`).isVisible(), false)
  })

  it('takes what strangers wrote as text', async (t) => {
    const world = new DashboardWorld()
    const [first, second] = world.members as [Member, Member]
    lieAt(world, 0, { price: HOSTILE, source: HOSTILE, proposer: HOSTILE, signers: [HOSTILE] })
    const { page, mock } = await open(t, world)
    mock.emit({ kind: 'node', data: { ...world.node(second), agent: HOSTILE, signer: HOSTILE } })
    const pending = world.propose(first)
    mock.emit({
      kind: 'statement',
      data: {
        ...pending,
        pair: HOSTILE,
        phase: HOSTILE,
        refusals: [{ signer: HOSTILE, reason: HOSTILE, sentence: HOSTILE }],
      },
    })
    mock.emit({ kind: 'health', data: { ready: false, sentences: [HOSTILE] } })
    await page.locator('#health').getByText(HOSTILE).waitFor()
    await page.locator('.card').getByText(HOSTILE).first().waitFor()
    await page.locator('#rows .ring-cross').first().waitFor()
    await page.locator('#rows .row-open').first().click()
    await page.locator('dialog[open]').getByText('The row is no price statement').waitFor()
    assert.equal(await page.locator('img').count(), 0)
    assert.notEqual(await page.title(), 'taken')
  })

  it('zooms where it is dragged over, and back', async (t) => {
    const { page } = await open(t, new DashboardWorld())
    const chart = page.locator('#chart .u-over')
    await chart.hover({ position: { x: 100, y: 100 } })
    await page.locator('#readout').getByText('median').waitFor()
    await page.mouse.down()
    await chart.hover({ position: { x: 260, y: 100 } })
    await page.mouse.up()
    const reset = page.locator('#zoom-reset:enabled')
    await reset.click()
    await page.locator('#zoom-reset:disabled').waitFor({ state: 'attached' })
    await page.getByRole('radio', { name: '1 hour' }).check({ force: true })
    assert.match((await page.locator('#change-title').textContent()) ?? '', /24 h|1 h/)
    await page.locator('#change-title').getByText('1 h').waitFor()
  })

  it('changes to another pair', async (t) => {
    const { page } = await open(t, new DashboardWorld({ pairs: ['ETH-USD', 'BTC-USD'], rounds: 20 }))
    await page.locator('#rows [aria-label^=verified]').first().waitFor()
    await page.getByLabel('Pair').selectOption('BTC-USD')
    await page.locator('#rows .row-price').first().getByText(/^9\d,/).waitFor()
    await page.locator('#median').getByText(/^9\d,/).waitFor()
  })

  for (const colorScheme of ['light', 'dark'] as const)
    it(`has nothing that axe finds wrong in ${colorScheme} colours`, async (t) => {
      const { page, mock } = await open(t, busy(), { colorScheme, reducedMotion: 'reduce' })
      mock.emit({ kind: 'health', data: { ready: false, sentences: ['No price for 22 min.'] } })
      await page.locator('#health').getByText('Not ready').waitFor()
      await allChecked(page)
      assert.deepEqual(await accessibilityProblems(page), [])
      await page.locator('#rows [aria-label^=false]').click()
      await page.locator('dialog[open]').waitFor()
      assert.deepEqual(await accessibilityProblems(page), [])
    })

  it('can be used with the keyboard alone', async (t) => {
    const { page } = await open(t, busy())
    await allChecked(page)
    await checkTabStops(page)

    await page.locator('#chart').focus()
    await page.keyboard.press('ArrowLeft')
    await page.locator('#readout').getByText('median').waitFor()
    const newest = await page.locator('#announcer').textContent()
    await page.keyboard.press('ArrowLeft')
    assert.notEqual(await page.locator('#announcer').textContent(), newest)
    const read = await page.locator('#readout').textContent()
    await page.keyboard.press('+')
    await page.locator('#zoom-reset:enabled').waitFor()
    await page.locator('#chart .hair').waitFor()
    assert.equal(await page.locator('#readout').textContent(), read, 'zooming loses nothing of what is read')
    assert.equal(await page.locator('#chart .level.pointed').count(), 1)
    await page.keyboard.press('Escape')
    await page.locator('#zoom-reset:disabled').waitFor({ state: 'attached' })

    const opener = page.locator('#rows .row-open').first()
    await opener.focus()
    await page.keyboard.press('Enter')
    await page.locator('dialog[open]').getByText('Verified in this browser.').waitFor()
    await page.keyboard.press('Escape')
    await page.locator('dialog[open]').waitFor({ state: 'hidden' })
    assert.equal(await opener.evaluate((element) => element === document.activeElement), true)
  })

  for (const [name, viewport] of Object.entries({
    desktop: DESKTOP,
    phone: PHONE,
    'the whole page': { width: 1_440, height: 1_700 },
  }))
    it(`moves nothing by itself, ${name}`, async (t) => {
      const world = new DashboardWorld({ network: 'local-simulated' })
      const { page, mock } = await open(t, world, { viewport })
      await allChecked(page)
      const [first, second, third] = world.members as [Member, Member, Member]
      const events: LiveEvent[] = [first, second, third].map((member) => ({
        kind: 'statement',
        data: world.propose(member),
      }))
      for (const event of events) mock.emit(event)
      await page.locator('.card').nth(2).waitFor()
      world.states.set(second.peerId, 'gone')
      mock.emit({ kind: 'node', data: world.node(second) })
      for (const id of [...world.statements.keys()].toReversed()) mock.emit({ kind: 'price', data: world.commit(id) })
      await page.locator('.card').getByText('In the table').first().waitFor()
      await page.locator('.card').first().waitFor({ state: 'detached' })
      await page.locator('.node.gone').waitFor({ state: 'attached' })
      await allChecked(page)
      const shifts = await layoutShifts(page)
      const total = shifts.reduce((sum, { value }) => sum + value, 0)
      assert.ok(total < 0.02, JSON.stringify(shifts, null, 2))
    })

  for (const width of [360, 390, 768, 1_024, 1_280, 1_600])
    it(`needs no scrolling sideways at ${width} pixels`, async (t) => {
      const { page } = await open(t, busy(), { viewport: { width, height: 800 } })
      await allChecked(page)
      assert.equal(await overflowOf(page), 0)
    })

  it('stands still for those who want it to', async (t) => {
    const { page } = await open(t, busy(), { reducedMotion: 'reduce' })
    await allChecked(page)
    assert.equal(await page.evaluate('document.getAnimations().length'), 0)
  })

  it('remembers the colours that were chosen', async (t) => {
    const { page } = await open(t, new DashboardWorld({ rounds: 3 }), { colorScheme: 'light' })
    const paper = async (): Promise<string> =>
      page.evaluate('getComputedStyle(document.documentElement).backgroundColor')
    const light = await paper()
    assert.deepEqual(await drawnIn(page, [LIGHT_GREEN, DARK_GREEN]), [true, false])
    await page.getByRole('radio', { name: 'Dark' }).check({ force: true })
    assert.notEqual(await paper(), light)
    assert.deepEqual(await drawnIn(page, [LIGHT_GREEN, DARK_GREEN]), [false, true], 'the chart follows')
    await page.reload()
    await page.locator('#connection[data-state=live]').waitFor()
    assert.notEqual(await paper(), light)
    assert.equal(await page.getByRole('radio', { name: 'Dark' }).isChecked(), true)
  })

  const PICTURES = {
    light: { colorScheme: 'light', viewport: DESKTOP },
    dark: { colorScheme: 'dark', viewport: DESKTOP },
    phone: { colorScheme: 'light', viewport: PHONE, deviceScaleFactor: 2 },
    'phone-dark': { colorScheme: 'dark', viewport: PHONE, deviceScaleFactor: 2 },
  } as const
  for (const [name, context] of Object.entries(PICTURES))
    it(`leaves a picture for a person to look at: ${name}`, async (t) => {
      const { page } = await open(t, busy(), { ...context, reducedMotion: 'reduce' })
      await allChecked(page)
      t.diagnostic(await takePicture(page, `made-up-${name}`))
    })
})

/** Of the median, in the style sheet. */
const LIGHT_GREEN = [0x17, 0x69, 0x4d]
const DARK_GREEN = [0x62, 0xc7, 0x9f]

/** Whether the chart has pixels of each of these colours. */
async function drawnIn(page: Page, colours: readonly (readonly number[])[]): Promise<readonly boolean[]> {
  return page.evaluate(`new Promise((resolve) => requestAnimationFrame(() => setTimeout(() => {
    const canvas = document.querySelector('#chart canvas')
    const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true })
    copy.drawImage(canvas, 0, 0)
    const { data } = copy.getImageData(0, 0, canvas.width, canvas.height)
    const has = ([r, g, b]) => {
      for (let at = 0; at < data.length; at += 4)
        if (data[at] === r && data[at + 1] === g && data[at + 2] === b && data[at + 3] === 255) return true
      return false
    }
    resolve(${JSON.stringify(colours)}.map(has))
  })))`)
}

/** Every kind of thing that the page can show at once. */
function busy(): DashboardWorld {
  const world = new DashboardWorld({ network: 'local-simulated', pairs: ['ETH-USD', 'BTC-USD'] })
  const [first, second, third, fourth, fifth, sixth] = world.members as [Member, Member, Member, Member, Member, Member]
  const { id } = world.propose(second)
  for (const signer of [first, third, fifth]) world.sign(id, signer)
  const refused = world.propose(third)
  world.refuse(refused.id, fourth)
  world.propose(fifth)
  world.states.set(fourth.peerId, 'behind')
  world.states.set(sixth.peerId, 'gone')
  const shown = world.rows.findIndex(({ statement }) => statement.pair === 'ETH-USD')
  lieAt(world, shown + 3, { price: '3999.5' })
  return world
}

function lieAt(world: DashboardWorld, at: number, lie: DashboardWorld['rows'][number]['lie']): void {
  const row = world.rows[at]
  assert.ok(row)
  row.lie = lie
}

function commitNew(world: DashboardWorld): ReturnType<DashboardWorld['commit']> {
  const [first, second, third] = world.members as [Member, Member, Member]
  const { id } = world.propose(second)
  world.sign(id, first)
  world.sign(id, third)
  return world.commit(id)
}
