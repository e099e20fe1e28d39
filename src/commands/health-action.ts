import { visibleJson } from '../core/visible-json.ts'
import { EXIT } from '../node/exit-code.ts'
import { findNode, printed } from './ask-node.ts'
import type { HealthFlags } from './health.ts'

/** Prints what a node answers to `/readyz`, or to the path of the URL; the exit code says whether it is ready. */
export async function askHealth(flags: HealthFlags): Promise<void> {
  const node = await findNode(flags)
  const { pathname } = new URL(node.url)
  const { status, text } = await node.text(pathname === '/' ? '/readyz' : pathname)
  const ready = status === 200
  const lines = text.split('\n').filter((line) => line !== '')
  const shown =
    flags.json === true
      ? [visibleJson(JSON.stringify({ ready, reasons: ready ? [] : lines, url: node.url }))]
      : lines.map(printed)
  process.stdout.write(shown.map((line) => `${line}\n`).join(''))
  if (!ready) process.exitCode = EXIT.failed
}
