import { generateKeyPair } from '@libp2p/crypto/keys'
import { createSignerSet } from '../../src/core/signer-set.ts'
import { expectedTraffic } from '../../src/gossip/expected-traffic.ts'
import { createHost } from '../../src/gossip/libp2p-host.ts'
import type { GossipHost } from '../../src/gossip/peer-host.ts'
import { SCORE_THRESHOLDS, peerScoreParams } from '../../src/gossip/score-params.ts'
import { topicNames } from '../../src/gossip/topic-name.ts'
import { gossipsubMetrics } from '../../src/telemetry/gossipsub-metrics.ts'
import { libp2pMetrics } from '../../src/telemetry/libp2p-metrics.ts'
import { createMetrics, type Metrics } from '../../src/telemetry/metrics.ts'
import { constants } from './driver-at-work.ts'
import { RecordingLogger } from './recorders.ts'

export const MEASURED_TOPICS = topicNames('test-network')

/** The host of a node, whose metrics are all in one registry; it listens on the loopback address. */
export async function startMeasuredHost(): Promise<{ readonly metrics: Metrics; readonly host: GossipHost }> {
  const logger = new RecordingLogger()
  const metrics = createMetrics({ logger }, { strict: true })
  const traffic = expectedTraffic({ ...constants([]), signers: createSignerSet([]) })
  const host = await createHost(
    { logger },
    {
      privateKey: await generateKeyPair('Ed25519'),
      listen: ['/ip4/127.0.0.1/tcp/0'],
      agentVersion: 'gossip-price/0.0.0',
      metrics: libp2pMetrics(metrics.registry),
      router: {
        topics: Object.values(MEASURED_TOPICS),
        scoreParams: peerScoreParams({ topics: MEASURED_TOPICS, scoreOf: () => 0 }, traffic),
        scoreThresholds: SCORE_THRESHOLDS,
        metrics: gossipsubMetrics(metrics.registry),
      },
    },
  )
  return { metrics, host }
}
