import assert from 'node:assert/strict'
import { once } from 'node:events'
import process from 'node:process'
import { describe, it, type TestContext } from 'node:test'
import type { GossipSub } from '@chainsafe/libp2p-gossipsub'
import { renderMetricsPage } from '../../scripts/metrics-page.ts'
import { startMeasuredHost } from '../helpers/all-metrics.ts'
import { defer } from '../helpers/defer.ts'
import { textOf } from '../helpers/documents.ts'

describe('docs/metrics.md', () => {
  // Elsewhere the process measures less of itself.
  const skip = process.platform === 'linux' ? false : 'the page is that of Linux'

  it('has every metric of a node (npm run docs:metrics writes it)', { skip }, async () => {
    assert.equal(textOf('docs/metrics.md'), await renderMetricsPage())
  })
})

async function start(t: TestContext): ReturnType<typeof startMeasuredHost> {
  const started = await startMeasuredHost()
  defer(t, () => started.host.stop())
  return started
}

describe('metrics of libp2p and gossipsub', () => {
  it('are those of their own host, though several run in one process', async (t) => {
    const [a, b] = [await start(t), await start(t)]
    const pubsub = (host: typeof a.host): GossipSub => host.services['pubsub'] as GossipSub
    for (const { host } of [a, b]) pubsub(host).subscribe('topic')
    const subscribed = once(pubsub(a.host) as unknown as EventTarget, 'subscription-change')
    await a.host.dial(b.host.getMultiaddrs())
    await subscribed
    await pubsub(a.host).publish('topic', new Uint8Array(100))
    const [textOfA, textOfB] = [await a.metrics.text(), await b.metrics.text()]
    assert.match(textOfA, /^gossipsub_topic_peer_count\{topicStr="topic"\} 1$/m)
    assert.match(textOfA, /^gossipsub_msg_publish_count_total\{topic="topic"\} 1$/m)
    assert.doesNotMatch(textOfB, /^gossipsub_msg_publish_count_total\{topic="topic"\} 1$/m)
    for (const text of [textOfA, textOfB]) {
      assert.match(text, /^libp2p_data_transfer_bytes_total\{protocol="global sent"\} [1-9]/m)
    }
  })
})
