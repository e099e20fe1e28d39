import assert from 'node:assert/strict'
import { type TestContext, after, before, describe, it } from 'node:test'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { WITHOUT_BROWSER, startBrowser } from '../helpers/chromium.ts'
import {
  PHONE,
  type WatchedPage,
  accessibilityProblems,
  allChecked,
  checkTabStops,
  layoutShifts,
  overflowOf,
  takePicture,
  watchDashboard,
} from '../helpers/dashboard-browser.ts'
import { falsify, openDashboardCluster } from '../helpers/dashboard-cluster.ts'
import { until } from '../helpers/until.ts'

/** Far longer than anything takes: for machines that have a lot else to do. A stopped node is gone after 45 s. */
const timeout = 120_000

const SWAPPED = `sign_data = jsonb_set(jsonb_set(sign_data, '{0,signature}', sign_data #> '{1,signature}'),
  '{1,signature}', sign_data #> '{0,signature}')`
const STILL = { reducedMotion: 'reduce' } as const

describe('the dashboard of a running cluster', { skip: WITHOUT_BROWSER, timeout: 900_000 }, () => {
  let browser: Browser

  before(async () => {
    browser = await startBrowser()
  })

  after(() => browser.close())

  const watch = (t: TestContext, url: string, context: BrowserContextOptions = {}): Promise<WatchedPage> =>
    watchDashboard(t, { browser, options: { url, context } })

  it('shows what happens as it happens, and what is false as false', async (t) => {
    const cluster = await openDashboardCluster(t)
    const { network, database, feed } = cluster
    const { node: node1, url } = await cluster.startWatched()
    const { page, problems } = await watch(t, url)
    await page.evaluate('window.loadedOnce = true')

    await t.test('serves nothing inline, under a policy that allows nothing from elsewhere', async () => {
      const answer = await fetch(url)
      const policy = answer.headers.get('content-security-policy') ?? ''
      assert.match(policy, /^default-src 'none';/)
      for (const source of policy.split(/;? /)) assert.match(source, /^[a-z-]+$|^'(?:none|self)'$/)
      assert.doesNotMatch(await answer.text(), /<style|<script>| (?:style|on\w+)=/)
    })

    await t.test('says what is to come, and that prices are simulated', async () => {
      await page.locator('#rows-empty').getByText('No row of ETH-USD yet.').waitFor({ timeout })
      await page.locator('#simulated').waitFor()
    })

    await t.test('draws the bootstrap node as what it is', async () => {
      await page.locator('.node.bootstrap.connected').getByText('bootstrap', { exact: true }).waitFor({ timeout })
      await page.locator('#nodes tr[data-state=bootstrap]').getByText('connected', { exact: true }).waitFor()
      assert.equal(await page.locator('.node.silent').count(), 0)
    })

    const [node2, node4] = await network.nodes('node2', 'node4')
    assert.ok(node2 && node4)
    await page.locator('#network-summary').getByText('3 of 4 nodes here, 1 not heard yet.').waitFor({ timeout })
    await node4.stop()
    feed.hold()
    const node3 = await network.node('node3', { GP_PRICEURL: feed.url })

    await t.test('fills a statement with signatures up to its quorum, and through the quiet period', async () => {
      // The newest: it has time left.
      const waiting = page.locator('.card', { hasText: '2 signatures; 1 more to a quorum.' }).last()
      await waiting.waitFor({ timeout })
      const card = page.locator('.card', { hasText: (await waiting.locator('.card-origin').textContent()) ?? '' })
      assert.equal(await card.locator('.dot.signed').count(), 2)
      feed.release()
      await card.getByText(/^A quorum: 3 signatures, a row in \d s\.$/).waitFor({ timeout })
      assert.equal(await card.locator('.dot.signed').count(), 3)
      await card.getByText('In the table, with 3 signatures.').waitFor({ timeout })
    })

    await t.test('shows prices without being loaded again, each with a tick', async () => {
      await page.locator('#rows tr[data-check=true]').nth(5).waitFor({ timeout })
      await page.locator('#median-note').getByText(', verified here,').waitFor({ timeout })
      assert.match((await page.locator('#median').textContent()) ?? '', /^3,02[12]\.\d\d$/)
      assert.equal(await page.locator('#chart canvas').count(), 1)
      assert.equal(await page.locator('#rows tr[data-check=false]').count(), 0)
    })

    // Their audits will find, and say loudly, what comes now.
    for (const node of [node1, node2, node3]) network.expectErrors(node)
    const [first, second] = await database.query<{ id: string }>(
      'SELECT id FROM prices ORDER BY observed_time DESC, id LIMIT 2',
    )
    assert.ok(first && second)
    await falsify(database, { id: first.id, change: 'price = price + 100' })
    await falsify(database, { id: second.id, change: SWAPPED })

    await t.test('shows a cross at rows that somebody changed in the table, and says why', async (step) => {
      const { page: dark } = await watch(step, url, { colorScheme: 'dark', ...STILL })
      await allChecked(dark)
      const crosses = dark.locator('#rows tr[data-check=false] .ring-cross')
      assert.equal(await crosses.count(), 2)
      await dark
        .locator('#rows-note')
        .getByText(/^\d+ verified here, 2 false$/)
        .waitFor()
      const why = dark.locator('dialog').getByText('the row was changed after it was signed')
      // New rows may move the others down while the pointer is on its way.
      await until(async () => {
        await dark.locator('#rows tr[data-check=false]', { hasText: '3,12' }).click()
        const isShown = await why.waitFor({ timeout: 10_000 }).then(
          () => true,
          () => false,
        )
        if (!isShown) await dark.keyboard.press('Escape')
        return isShown
      }, 'its dialog says why')
      assert.deepEqual(await accessibilityProblems(dark), [])
      await dark.keyboard.press('Escape')
      assert.deepEqual(await accessibilityProblems(dark), [])
    })

    await t.test('can be used with the keyboard alone', async (step) => {
      const { page: light } = await watch(step, url, { colorScheme: 'light', ...STILL })
      await allChecked(light)
      assert.deepEqual(await accessibilityProblems(light), [])
      await checkTabStops(light)
      for (const opener of ['#rows .row-open', '#nodes .node-open']) {
        await light.locator(opener).first().focus()
        await light.keyboard.press('Enter')
        await light.locator('dialog[open]').waitFor()
        for (let presses = 0; presses < 6; presses++) {
          await light.keyboard.press('Tab')
          assert.equal(await light.evaluate('document.activeElement.closest("main, header, footer")'), null)
        }
        await light.keyboard.press('Escape')
        await light.locator('dialog[open]').waitFor({ state: 'hidden' })
        assert.equal(await light.evaluate(`document.activeElement.matches('${opener}')`), true)
      }
    })

    await t.test('shows a node that was stopped as gone', async () => {
      await page.locator('#network-summary').getByText('3 of 4 nodes here, 1 gone.').waitFor({ timeout })
      await page.locator('.node.gone').getByText('gone', { exact: true }).waitFor()
      const gone = page.locator('#nodes tr[data-state=gone]')
      assert.equal(await gone.count(), 1)
      const signer = network.signer('node4')
      assert.ok((await gone.textContent())?.startsWith(`${signer.slice(0, 6)}…${signer.slice(-4)}`))
    })

    await t.test('leaves pictures for a person to look at', async (step) => {
      const looks = {
        light: { colorScheme: 'light' },
        dark: { colorScheme: 'dark' },
        phone: { viewport: PHONE, deviceScaleFactor: 2, isMobile: true },
      } as const
      for (const [name, look] of Object.entries(looks)) {
        const { page: still } = await watch(step, url, { ...look, ...STILL })
        await allChecked(still)
        step.diagnostic(await takePicture(still, name))
        assert.equal(await overflowOf(still), 0)
        assert.ok((await shiftOf(still)) < 0.02)
      }
    })

    await t.test('takes up the stream when its node is back, without being loaded again', async () => {
      assert.equal(problems.join('\n'), '')
      const newest = page.locator('#rows .row-open').first()
      const shown = await newest.getAttribute('aria-label')
      await node1.stop()
      await page.locator('#connection[data-state=lost]').waitFor({ timeout })
      network.expectErrors((await cluster.startWatched()).node)
      await page.locator('#connection[data-state=live]').waitFor({ timeout })
      await page
        .locator(`#rows tr:first-child[data-check=true] .row-open:not([aria-label="${shown}"])`)
        .waitFor({ timeout })
      assert.equal(await page.evaluate('window.loadedOnce'), true)
      // Chromium itself writes a broken connection to the console.
      assert.deepEqual(
        problems.splice(0).filter((problem) => !problem.includes('net::ERR_')),
        [],
      )
    })

    await t.test('has moved nothing by itself all the while', async () => {
      const shift = await shiftOf(page)
      assert.ok(shift < 0.02, JSON.stringify(await layoutShifts(page), null, 2))
    })
  })
})

async function shiftOf(page: Page): Promise<number> {
  return (await layoutShifts(page)).reduce((sum, { value }) => sum + value, 0)
}
