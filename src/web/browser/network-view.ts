import type { Link } from './api-shapes.ts'
import { byId, setText } from './element.ts'
import { type Bootstraps, type NetworkLayout, expectedNodes, networkLayout, networkSummary } from './network-layout.ts'
import { NetworkPicture, RADIUS, SIZE } from './network-picture.ts'
import { NodeTable, bootstrapEntry, nodeEntry } from './node-table.ts'
import { type KnownPeers, peerInWords } from './node-words.ts'
import { unbroken } from './format.ts'
import type { PageState } from './page-state.ts'

const HINT = 'Point at a node for its connections; open it for what it received from whom.'

/** The network as a picture and as a table: pointing at a node in one shows it in the other. */
export class NetworkView {
  readonly #summary = byId('network-summary', HTMLElement)
  readonly #words = byId('network-words', HTMLElement)
  readonly #scroll = byId('nodes-scroll', HTMLElement)
  readonly #picture: NetworkPicture
  readonly #table: NodeTable
  #shown: KnownPeers & { readonly links: readonly Link[] } = { nodes: [], bootstraps: new Map(), links: [] }
  #layout: NetworkLayout = { nodes: [], links: [] }
  #pointed: string | undefined
  #key = ''

  /**
   * @param listeners - `onOpen` is called with the signer of a node that a person wants to know more of, or with the peer
   *   id of a bootstrap node
   */
  constructor({ onOpen }: { readonly onOpen: (key: string) => void }) {
    const listeners = {
      onPoint: (peerId: string | undefined) => this.#point(peerId),
    }
    const onOpenPlace = (key: string): void => {
      const placed = this.#layout.nodes.find((each) => each.key === key)
      if (placed !== undefined) onOpen(placed.node?.signer ?? key)
    }
    this.#picture = new NetworkPicture({ parent: byId('picture', HTMLElement) }, { ...listeners, onOpen: onOpenPlace })
    this.#table = new NodeTable({ body: byId('nodes', HTMLElement) }, { ...listeners, onOpen })
    setText(this.#words, HINT)
  }

  render(state: PageState, { nowMs, wallMs }: { readonly nowMs: number; readonly wallMs: number }): void {
    if (state.network === null) return
    const held = [...state.nodes.values()].toSorted((a, b) => (a.node.signer < b.node.signer ? -1 : 1))
    const nodes = held.map(({ node }) => node)
    const { links, self } = state.network
    const bootstraps = bootstrapsOf(state)
    this.#shown = { nodes, bootstraps, links }
    const signerCount = state.network.constants?.signerCount ?? 0
    const summary = networkSummary(nodes, signerCount)
    // Room for those that are still to come, so that they move nothing.
    this.#scroll.style.setProperty('--nodes', String(expectedNodes(nodes, signerCount) + state.bootstraps.size))
    setText(this.#summary, summary)
    this.#table.render([
      ...held.map((entry) => nodeEntry(entry, { self, nowMs, wallMs })),
      ...Array.from(state.bootstraps.values(), (seen) => bootstrapEntry(seen, links)),
    ])
    const drawn = { nodes, links, bootstraps, selfPeerId: state.selfPeerId, self }
    const looks = nodes.map(({ peerId, signer, state: how, listed }) => [peerId, signer, how, listed])
    const key = JSON.stringify([looks, links, [...bootstraps], state.selfPeerId])
    if (key === this.#key) return
    this.#key = key
    this.#layout = networkLayout(drawn, { size: SIZE, radius: RADIUS })
    this.#picture.draw(this.#layout, summary)
    this.#point(this.#pointed)
  }

  /** Shows that a signer was heard just now. */
  pulse(signer: string): void {
    const place = this.#layout.nodes.find(({ node }) => node?.signer === signer)
    if (place !== undefined) this.#picture.pulse(place.key)
  }

  #point(peerId: string | undefined): void {
    this.#pointed = peerId
    this.#picture.pointAt(peerId)
    setText(this.#words, peerId === undefined ? HINT : unbroken(peerInWords(peerId, this.#shown)))
  }
}

/** Bootstrap nodes that are or were seen, this page's own too. */
export function bootstrapsOf({ network, bootstraps, selfPeerId }: PageState): Bootstraps {
  const seen = Array.from(
    bootstraps,
    ([peerId, { isConnected }]) => [peerId, isConnected ? 'connected' : 'gone'] as const,
  )
  const isOwn = network?.role === 'bootstrap' && selfPeerId !== null
  return new Map([...seen, ...(isOwn ? [[selfPeerId, 'connected'] as const] : [])])
}
