import { EXIT } from '../node/exit-code.ts'
import { findNode } from './ask-node.ts'
import type { HealthFlags } from './health.ts'

/** Prints what a node answers to `/readyz`, or to the path of the URL; the exit code says whether it is ready. */
export async function askHealth(flags: HealthFlags): Promise<void> {
  const node = await findNode(flags)
  const { pathname } = new URL(node.url)
  const { status, text } = await node.text(pathname === '/' ? '/readyz' : pathname)
  const ready = status === 200
  const lines = text.split('\n').filter((line) => line !== '')
  process.stdout.write(
    flags.json === true ? `${JSON.stringify({ ready, reasons: ready ? [] : lines, url: node.url })}\n` : text,
  )
  if (!ready) process.exitCode = EXIT.failed
}
