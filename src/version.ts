import { readFileSync } from 'node:fs'

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

/** The version of this package. */
export const VERSION = manifest.version

/** What peers are told of this software. */
export const AGENT_VERSION = `gossip-price/${VERSION}`
