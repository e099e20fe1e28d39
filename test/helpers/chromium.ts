import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import process from 'node:process'
import { type Browser, chromium } from 'playwright-core'
import { PATIENCE_MS } from './until.ts'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const MISSING =
  'there is no Chromium here: apt-get install --no-install-recommends chromium, or name one in CHROMIUM_PATH'

/** For `skip`: why tests in a browser cannot run here; false where they can, and where they must. */
export const WITHOUT_BROWSER: false | string =
  executable() === undefined && process.env['CI'] !== 'true' ? MISSING : false

/** A browser that reaches this machine and no other. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = executable()
  if (executablePath === undefined) throw new Error(MISSING)
  const args = ['--no-sandbox', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1']
  return chromium.launch({ executablePath, args, timeout: PATIENCE_MS })
}

function executable(): string | undefined {
  const { CHROMIUM_PATH: named = '', PATH = '' } = process.env
  if (named !== '') return named
  return PATH.split(delimiter)
    .flatMap((folder) => NAMES.map((name) => join(folder, name)))
    .find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
