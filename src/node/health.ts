import { type HealthServer, type Readiness, startHealthServer } from '../api/health-server.ts'
import type { Config } from '../config.ts'
import type { Logger } from '../core/logger.ts'

/** How many ports are tried where any will do. */
const PORTS_TO_TRY = 200

/** The health server at the configured address, which is logged; undefined when there is to be none. */
export async function startHealthServerFor(
  { logger }: { readonly logger: Logger },
  { address, readiness }: { readonly address: Config['httpAddress']; readonly readiness: Readiness },
): Promise<HealthServer | undefined> {
  if (address.kind === 'off') return undefined
  const { host, port } = address
  const tries = address.kind === 'first-free' ? PORTS_TO_TRY : 1
  const server = await startHealthServer({ logger, readiness }, { host, port, tries })
  logger.info(`health at ${server.url}/readyz`)
  return server
}

/** Whether a gossip node can do its work now: there are others to sign with, by whose clocks its own is right, and the table takes rows. */
export function gossipReadiness(
  parts: {
    readonly topic: { peers(): number }
    /** Why the table cannot be asked now; undefined when it can. */
    readonly tableFault: () => string | undefined
    /** Why others would not sign what this node sees now; undefined when they would. */
    readonly clockFault: () => string | undefined
  },
  { minimumSigners }: { readonly minimumSigners: number },
): Readiness {
  return () => {
    const peers = parts.topic.peers()
    const wanted = minimumSigners - 1
    const tableFault = parts.tableFault()
    const clockFault = parts.clockFault()
    return [
      ...(peers < wanted ? [`connected to ${peers} nodes of the network: a quorum takes ${wanted} others`] : []),
      ...(clockFault === undefined ? [] : [clockFault]),
      ...(tableFault === undefined ? [] : [`the table cannot be written: ${tableFault}`]),
    ]
  }
}
