#!/usr/bin/env node

// Nothing is imported before this check: an older Node could not even read what follows, and would print a stack.
const NEEDED = 24
const [major = '0'] = process.versions.node.split('.')
if (Number(major) < NEEDED) {
  process.stderr.write(
    `gossip-price needs Node ${NEEDED} or newer, and this is ${process.version}: see https://nodejs.org\n`,
  )
  process.exitCode = 1
} else {
  if (import.meta.filename.endsWith('.ts')) {
    // Stripping the types of every module at every start takes a third of its time, and 25 MB that stay.
    const { enableCompileCache } = await import('node:module')
    enableCompileCache(`${import.meta.dirname}/../node_modules/.cache/gossip-price`)
  }
  const { run } = await import('./commands/program.ts')
  await run(process.argv)
}
