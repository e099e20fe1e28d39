import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import type { TestContext } from 'node:test'
import axe from 'axe-core'
import { type Browser, type BrowserContextOptions, type Page, chromium } from 'playwright-core'
import { type DashboardMock, startDashboardMock } from './dashboard-mock.ts'
import type { DashboardWorld } from './dashboard-world.ts'

const EXECUTABLE = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
)

/** For `skip`: false where a browser is found, else why not. */
export const WITHOUT_BROWSER: false | string =
  EXECUTABLE === undefined && 'there is no Chromium here: apt-get install --no-install-recommends chromium'

export const DESKTOP = { width: 1_440, height: 900 }
export const PHONE = { width: 360, height: 780 }

export async function startBrowser(): Promise<Browser> {
  assert.ok(EXECUTABLE !== undefined)
  return chromium.launch({ executablePath: EXECUTABLE, args: ['--no-sandbox'] })
}

export interface OpenedDashboard {
  readonly page: Page
  readonly mock: DashboardMock
  /** Errors on the console, uncaught ones, and requests to other hosts; the test fails for those that are left. */
  readonly problems: string[]
}

interface OpenOptions {
  readonly world: DashboardWorld
  readonly context?: BrowserContextOptions
}

/** The dashboard of a made-up network in a fresh profile, loaded and live. What is wrong with it fails the test. */
export async function openDashboard(
  t: TestContext,
  { browser, options }: { readonly browser: Browser; readonly options: OpenOptions },
): Promise<OpenedDashboard> {
  const mock = await startDashboardMock(options.world)
  const context = await browser.newContext({ viewport: DESKTOP, ...options.context })
  const page = await context.newPage()
  const problems: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text())
  })
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('request', (request) => {
    if (!request.url().startsWith(mock.url)) problems.push(`asked ${request.url()}`)
  })
  t.after(async () => {
    await context.close()
    await mock.close()
    assert.deepEqual(problems, [])
  })
  await page.addInitScript(WATCH_SHIFTS)
  await page.goto(mock.url)
  await page.locator('#connection[data-state=live]').waitFor()
  await page.locator('main:not([hidden])').waitFor()
  return { page, mock, problems }
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
