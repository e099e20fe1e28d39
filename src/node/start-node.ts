import type { Config } from '../config.ts'
import { swarmKey } from '../gossip/swarm-key.ts'
import { AGENT_VERSION } from '../version.ts'
import { startBootstrapNode } from './bootstrap-node.ts'
import { startHealthServerFor } from './health.ts'
import type { NodeComponents, RunningNode } from './running-node.ts'

/** The node that the configuration asks for. */
export async function startNode(components: NodeComponents, config: Config): Promise<RunningNode> {
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
      listen: config.listenAddresses,
      dataDir: config.dataDir,
      bootstrapAddresses: config.dialAddresses,
      agentVersion: AGENT_VERSION,
      networkKey: config.networkKey && swarmKey(config.networkKey.reveal()),
      allowPeers: config.allowedPeers,
    },
  )
  try {
    const health = await startHealthServerFor({ logger }, { address: config.httpAddress, readiness: alwaysReady })
    return {
      ...node,
      readiness: alwaysReady,
      async stop() {
        await health?.close()
        await node.stop()
      },
    }
  } catch (error) {
    await node.stop()
    throw error
  }
}

/** A bootstrap node waits for nobody. */
const alwaysReady = (): readonly string[] => []
