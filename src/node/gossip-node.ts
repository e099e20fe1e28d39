import type { Config } from '../config.ts'
import { Engine } from '../consensus/engine.ts'
import { RowKeeper } from '../consensus/row-keeper.ts'
import { lifeRules } from '../consensus/statement-entry.ts'
import { EvidenceFolder, evidenceDirectory } from '../store/evidence-folder.ts'
import { NodeDisk } from '../store/node-disk.ts'
import { EngineDriver } from './engine-driver.ts'
import { gossipReadiness, startHealthServerFor } from './health.ts'
import { introduce } from './introduction.ts'
import { openCurve } from './open-curve.ts'
import { openFeed } from './open-feed.ts'
import { openGossip } from './open-gossip.ts'
import { openSigner } from './open-signer.ts'
import { openTable } from './open-table.ts'
import { Releases } from './releases.ts'
import type { NodeComponents, RunningNode } from './running-node.ts'

/** What is sent first after a start waits this long for others to hear it, milliseconds. */
const FIRST_PROPOSAL_PATIENCE_MS = 10_000

/**
 * A node that signs, co-signs, collects and commits: the composition root, where everything is made and wired.
 *
 * @throws with a sentence for operators when something it cannot do without cannot be had; nothing is left running then
 */
export async function startGossipNode(components: NodeComponents, config: Config): Promise<RunningNode> {
  const releases = new Releases()
  try {
    return await compose(components, config, releases)
  } catch (error) {
    await releases.run(components)
    throw error
  }
}

/** What is opened first is let go of last: disk, libp2p and table outlive those who use them. */
async function compose(components: NodeComponents, config: Config, releases: Releases): Promise<RunningNode> {
  const { clock } = components
  const { constants } = config
  const logger = components.logger.child('node')

  const curve = openCurve({ ...components, logger })
  const disk = new NodeDisk({ clock, logger }, { directory: config.dataDir })
  releases.add('disk', () => disk.close())
  const rowKeeper = new RowKeeper({ ...components, logger, outbox: disk.outbox })
  releases.add('outbox', () => rowKeeper.stop())
  const { signer, noticeSigner, memory } = await openSigner({ ...components, curve }, { config, disk })
  introduce({ logger, signer, memory, clock }, constants)

  const engine = new Engine(lifeRules(constants))
  const gossip = await openGossip(components, {
    config,
    engine,
    curve,
    noticeSigner,
    peerBook: disk.peers,
    releases,
    onEvent: (event) => driver.handle(event),
    attestationToSend: (id) => driver.attestationToSend(id),
  })
  const { host, topics, publisher, refusals, digest } = gossip
  const { writer } = await openTable(components, {
    config,
    releases,
    own: signer.address,
    onOutcome: (id, outcome) => driver.settle(id, outcome),
  })
  const { observations, observer } = openFeed(components, {
    config,
    onObservation: (observation) => {
      driver.propose(observation).catch((error: unknown) => logger.error('a price was not proposed', { error }))
    },
  })
  const evidence = new EvidenceFolder({ ...components, logger }, { directory: evidenceDirectory(config.dataDir) })
  const driver = new EngineDriver(
    {
      ...components,
      logger,
      engine,
      signer,
      noticeSigner,
      memory,
      observations,
      publisher,
      refusals,
      evidence,
      outbox: disk.outbox,
      rowKeeper,
      writer,
      digest,
    },
    constants,
  )
  const readiness = gossipReadiness({ topic: topics.prices, tableFault: () => writer.fault() }, constants)
  const health = await startHealthServerFor({ logger }, { address: config.httpAddress, readiness })
  releases.add('health server', () => health?.close())

  const stopping = new AbortController()
  releases.add('engine', () => driver.stop())
  releases.add('observations', () => observations.stop())
  releases.add('observer', () => observer.stop())
  releases.add('start', () => stopping.abort(new Error('the node is stopping')))

  driver.restore()
  writer.start()
  gossip.start()
  const speakWhenHeard = async (): Promise<void> => {
    const { signal } = stopping
    await topics.prices.waitForPeers(constants.minimumSigners - 1, { timeoutMs: FIRST_PROPOSAL_PATIENCE_MS, signal })
    driver.start()
    observer.start()
  }
  speakWhenHeard().catch((error: unknown) => {
    if (!stopping.signal.aborted) components.onFatal(new Error('the node cannot begin to sign', { cause: error }))
  })

  const addresses = host.getMultiaddrs().map(String)
  logger.info(`listening on ${addresses.join(', ')}`)
  return { peerId: host.peerId.toString(), addresses, readiness, stop: () => releases.run(components) }
}
