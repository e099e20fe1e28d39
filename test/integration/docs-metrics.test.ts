import assert from 'node:assert/strict'
import { once } from 'node:events'
import process from 'node:process'
import { describe, it, type TestContext } from 'node:test'
import { renderMetricsPage } from '../../scripts/metrics-page.ts'
import { MEASURED_TOPICS, startMeasuredHost } from '../helpers/all-metrics.ts'
import { defer } from '../helpers/defer.ts'
import { textOf } from '../helpers/documents.ts'
import { startRawPeer } from '../helpers/raw-peer.ts'
import { until } from '../helpers/until.ts'

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
  for (const topic of Object.values(MEASURED_TOPICS)) started.host.services.pubsub.subscribe(topic)
  return started
}

/** Every series of libp2p and gossipsub, without its value. */
async function seriesOf({ metrics }: Awaited<ReturnType<typeof start>>): Promise<readonly string[]> {
  const lines = (await metrics.text()).split('\n')
  return lines.filter((line) => /^(?:libp2p|goss?ip)/.test(line)).map((line) => line.slice(0, line.lastIndexOf(' ')))
}

describe('metrics of libp2p and gossipsub', () => {
  it('are those of their own host, though several run in one process', async (t) => {
    const [a, b] = [await start(t), await start(t)]
    const topic = MEASURED_TOPICS.prices
    const subscribed = once(a.host.services.pubsub as unknown as EventTarget, 'subscription-change')
    await a.host.dial(b.host.getMultiaddrs())
    await subscribed
    await a.host.services.pubsub.publish(topic, new Uint8Array(100))
    const [textOfA, textOfB] = [await a.metrics.text(), await b.metrics.text()]
    assert.match(textOfA, new RegExp(`^gossipsub_topic_peer_count\\{topicStr="${topic}"\\} 1$`, 'm'))
    assert.match(textOfA, new RegExp(`^gossipsub_msg_publish_count_total\\{topic="${topic}"\\} 1$`, 'm'))
    assert.doesNotMatch(textOfB, new RegExp(`^gossipsub_msg_publish_count_total\\{topic="${topic}"\\} 1$`, 'm'))
    for (const text of [textOfA, textOfB]) {
      assert.match(text, /^libp2p_data_transfer_bytes_total\{protocol="global sent"\} [1-9]/m)
    }
  })

  it('grow neither with the peers that come and go nor with the topics that strangers make up', async (t) => {
    const measured = await start(t)
    const { host } = measured
    const visit = async (number: number, { beats = 0 } = {}): Promise<void> => {
      const topic = `made-up-${number}`
      const addresses = host.getMultiaddrs().map(String)
      const peer = await startRawPeer(t, { topics: [MEASURED_TOPICS.prices], moreTopics: [topic], addresses })
      await peer.say(new Uint8Array(50).fill(number))
      await until(() => host.services.pubsub.getSubscribers(MEASURED_TOPICS.prices).length === 1, 'it is heard')
      for (let beat = 0; beat < beats; beat++) await once(host.services.pubsub, 'gossipsub:heartbeat')
      // Some are brought up to date by who looks.
      await measured.metrics.text()
      await peer.leave()
      await until(() => host.getPeers().length === 0, 'it is gone')
    }
    // Who stays for some heartbeats comes into the mesh, of which there are series as well.
    for (let number = 0; number < 3; number++) await visit(number, { beats: 3 })
    const before = new Set(await seriesOf(measured))
    for (let number = 3; number < 13; number++) await visit(number)
    const after = await seriesOf(measured)
    const peerIds = /12D3Koo|made-up/
    assert.deepEqual(
      after.filter((each) => peerIds.test(each)),
      [],
    )
    // What did not happen to the first peers may have happened to others; ten peers bring no ten series.
    assert.ok(after.length < before.size + 10, after.filter((each) => !before.has(each)).join('\n'))
  })
})
