import { gossipsub } from '@chainsafe/libp2p-gossipsub'
import { noise } from '@chainsafe/libp2p-noise'
import { identify } from '@libp2p/identify'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { ping } from '@libp2p/ping'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { createLibp2p, type Libp2p } from 'libp2p'
import { gossipsubMetrics } from '../../src/telemetry/gossipsub-metrics.ts'
import { libp2pMetrics } from '../../src/telemetry/libp2p-metrics.ts'
import { createMetrics, type Metrics } from '../../src/telemetry/metrics.ts'
import { RecordingLogger } from './recorders.ts'

/** A host of the parts that a node has, whose metrics are all in one registry; it listens on the loopback address. */
export async function startMeasuredHost(): Promise<{ readonly metrics: Metrics; readonly host: Libp2p }> {
  const metrics = createMetrics({ logger: new RecordingLogger() }, { strict: true })
  const host = await createLibp2p({
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    metrics: libp2pMetrics(metrics.registry),
    services: {
      identify: identify(),
      ping: ping(),
      dht: kadDHT({ protocol: '/gossip-price/kad/1', peerInfoMapper: passthroughMapper, clientMode: false }),
      pubsub: gossipsub({
        metricsRegister: gossipsubMetrics(metrics.registry),
        metricsTopicStrToLabel: new Map([['topic', 'topic']]),
        allowPublishToZeroTopicPeers: true,
      }),
    },
  })
  return { metrics, host }
}
