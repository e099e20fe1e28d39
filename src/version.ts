import { readFileSync } from 'node:fs'

const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

/** The version of this package. */
export const VERSION = manifest.version

/** What peers are told of this software. */
export const AGENT_VERSION = `gossip-price/${VERSION}`

/** The same of a bootstrap node, which sends no status to be known by. */
export const BOOTSTRAP_AGENT = `${AGENT_VERSION} bootstrap`

/** Whether a peer's agent says that it is a bootstrap node, of any version. */
export function isBootstrapAgent(agent: string | undefined): boolean {
  return agent !== undefined && /^gossip-price\/\S+ bootstrap$/.test(agent)
}
