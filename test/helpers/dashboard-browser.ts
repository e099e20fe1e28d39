import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import axe from 'axe-core'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { type DashboardMock, startDashboardMock } from './dashboard-mock.ts'
import type { DashboardWorld } from './dashboard-world.ts'
import { defer } from './defer.ts'
import { PATIENCE_MS } from './until.ts'

export const DESKTOP = { width: 1_440, height: 900 }
export const PHONE = { width: 390, height: 844 }

export interface WatchedPage {
  readonly page: Page
  /** Errors on the console, uncaught ones, and requests to other hosts; the test fails for those that are left. */
  readonly problems: string[]
}

interface WatchOptions {
  readonly url: string
  readonly context?: BrowserContextOptions
}

/** A dashboard in a fresh profile, loaded and live. What is wrong with it fails the test. */
export async function watchDashboard(
  t: TestContext,
  { browser, options }: { readonly browser: Browser; readonly options: WatchOptions },
): Promise<WatchedPage> {
  const { origin } = new URL(options.url)
  const context = await browser.newContext({ viewport: DESKTOP, ...options.context })
  context.setDefaultTimeout(PATIENCE_MS)
  const page = await context.newPage()
  const problems: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text())
  })
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('request', (request) => {
    if (new URL(request.url()).origin !== origin) problems.push(`asked ${request.url()}`)
  })
  defer(t, async () => {
    await context.close()
    assert.deepEqual(problems, [])
  })
  await page.addInitScript(WATCH_SHIFTS)
  await page.goto(options.url)
  await page.locator('#connection[data-state=live]').waitFor()
  await page.locator('main:not([hidden])').waitFor()
  return { page, problems }
}

export interface OpenedDashboard extends WatchedPage {
  readonly mock: DashboardMock
}

interface OpenOptions {
  readonly world: DashboardWorld
  readonly context?: BrowserContextOptions
}

/** The dashboard of a made-up network. */
export async function openDashboard(
  t: TestContext,
  { browser, options }: { readonly browser: Browser; readonly options: OpenOptions },
): Promise<OpenedDashboard> {
  const mock = await startDashboardMock(options.world)
  defer(t, () => mock.close())
  const { context = {} } = options
  return { ...(await watchDashboard(t, { browser, options: { url: mock.url, context } })), mock }
}

const SCREENSHOTS = fileURLToPath(new URL('../screenshots/', import.meta.url))

/** Leaves a picture of the whole page for a person to look at. @returns where it is */
export async function takePicture(page: Page, name: string): Promise<string> {
  await mkdir(SCREENSHOTS, { recursive: true })
  const path = join(SCREENSHOTS, `${name}.png`)
  await page.screenshot({ path, fullPage: true })
  return path
}

/** Every row that is shown has been judged. */
export async function allChecked(page: Page): Promise<void> {
  await page.locator('#rows tr').first().waitFor()
  await page.locator('#rows tr[data-check=waiting]').first().waitFor({ state: 'detached' })
}

/** How many pixels the page is wider than its window. */
export async function overflowOf(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
}

const WATCH_SHIFTS = `
  window.shifts = []
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries())
      if (!entry.hadRecentInput)
        window.shifts.push({
          value: entry.value,
          sources: entry.sources.map(({ node, previousRect, currentRect }) =>
            [node?.id || node?.className || node?.nodeName, previousRect.y, currentRect.y, previousRect.height, currentRect.height].join(' ')),
        })
  }).observe({ type: 'layout-shift', buffered: true })
`

interface Shift {
  readonly value: number
  readonly sources: readonly string[]
}

/** Everything that has moved without having been asked to. */
export async function layoutShifts(page: Page): Promise<readonly Shift[]> {
  return page.evaluate(
    'new Promise((resolve) => requestAnimationFrame(() => setTimeout(() => resolve(window.shifts))))',
  )
}

/** What axe finds wrong, its rules by impact; moderate and minor remarks too. */
export async function accessibilityProblems(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate<{
    violations: { id: string; impact: string; nodes: { target: string[]; failureSummary: string }[] }[]
  }>('axe.run(document, { resultTypes: ["violations"] })')
  return violations.flatMap(({ id, impact, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${impact} ${id}: ${target.join(' ')} ${failureSummary}`),
  )
}

/** All that the tab key should stop at now: of a group of radio buttons one. Notes those that it did stop at. */
const WATCH_STOPS = `(() => {
  window.stops = () => {
    const all = [...document.querySelectorAll('a, button, select, summary, input:checked, [tabindex="0"]')]
    return all.filter((element) => element.checkVisibility({ visibilityProperty: true }) && !element.disabled)
  }
  window.nameOf = (element) =>
    [element.tagName, element.id, element.className, element.getAttribute('aria-label') ?? element.textContent.slice(0, 40)].join(' ')
  window.wanted = window.stops()
  window.reached = new Set()
  document.body.focus()
  return window.wanted.length
})()`

const FOCUSED = `(() => {
  const element = document.activeElement
  const isNothing = element === document.body
  const shown = element.matches('.segments input') ? element.nextElementSibling : element
  const style = getComputedStyle(shown)
  window.reached.add(element)
  return {
    name: isNothing ? 'nothing' : window.nameOf(element),
    isVisible: isNothing || (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2),
    isStop: isNothing || window.stops().includes(element),
  }
})()`

/** What came or went meanwhile need not have been stopped at. */
const MISSED = `window.stops()
  .filter((element) => window.wanted.includes(element) && !window.reached.has(element))
  .map((element) => window.nameOf(element))`

/** Walks through a live page with the tab key: everything can be reached, and the focus is always seen. */
export async function checkTabStops(page: Page): Promise<void> {
  const wanted = await page.evaluate<number>(WATCH_STOPS)
  for (let presses = 0; presses < wanted + 20; presses++) {
    await page.keyboard.press('Tab')
    const { name, isVisible, isStop } = await page.evaluate<{ name: string; isVisible: boolean; isStop: boolean }>(
      FOCUSED,
    )
    assert.ok(isVisible, `the focus cannot be seen at ${name}`)
    assert.ok(isStop, `there is nothing to do at ${name}`)
  }
  assert.deepEqual(await page.evaluate(MISSED), [])
}
