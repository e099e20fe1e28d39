import type { Config } from '../config.ts'
import { swarmKey } from '../gossip/swarm-key.ts'
import { BOOTSTRAP_AGENT } from '../version.ts'
import { startBootstrapNode } from './bootstrap-node.ts'
import { createBootstrapView } from './bootstrap-view.ts'
import { requireHttpAddress, startHttpServer } from './http-server.ts'
import { watchAnyNode } from './node-gauges.ts'
import { Releases } from './releases.ts'
import type { NodeComponents, RunningNode } from './running-node.ts'

/** The node that the configuration asks for. */
export async function startNode(components: NodeComponents, config: Config): Promise<RunningNode> {
  await requireHttpAddress(config.httpAddress)
  if (config.bootstrap) return startBootstrap(components, config)
  // A bootstrap node has no use for Postgres, price feeds and the rest.
  const { startGossipNode } = await import('./gossip-node.ts')
  return startGossipNode(components, config)
}

async function startBootstrap(components: NodeComponents, config: Config): Promise<RunningNode> {
  const logger = components.logger.child('node')
  const node = await startBootstrapNode(
    { ...components, logger },
    {
      constants: config.constants,
      listen: config.listenAddresses,
      dataDir: config.dataDir,
      bootstrapAddresses: config.dialAddresses,
      agentVersion: BOOTSTRAP_AGENT,
      networkKey: config.networkKey && swarmKey(config.networkKey.reveal()),
      allowPeers: config.allowedPeers,
    },
  )
  const releases = new Releases()
  releases.add('bootstrap node', () => node.stop())
  try {
    const { peerId, addresses, topics } = node
    const { clock } = components
    const view = createBootstrapView({ node, clock, logger }, config.constants)
    releases.add('view', () => view.stop())
    releases.add('gauges', watchAnyNode({ gauges: components.gauges, topics, view }))
    const server = await startHttpServer(components, { address: config.httpAddress, view })
    releases.add('HTTP server', () => server?.close())
    return {
      peerId,
      addresses,
      httpUrl: server?.url,
      readiness: () => view.readiness(),
      stop: () => releases.run({ logger }),
    }
  } catch (error) {
    await releases.run({ logger })
    throw error
  }
}
