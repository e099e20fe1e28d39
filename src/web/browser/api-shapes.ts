import type { SignerList } from './signer-list.ts'

/** What the HTTP API answers with, as this page reads it. Prices are decimal text, times RFC 3339. */

export interface Price {
  readonly id: string
  readonly network: string
  readonly pair: string
  readonly price: string
  readonly round: number
  readonly observedTime: string
  readonly source: string
  readonly proposer: string
  readonly signers: readonly string[]
  readonly signerCount: number
  readonly lastSignedTime: string
  readonly createdTime: string
  readonly disputed: boolean
}

export interface Proof {
  readonly id: string
  readonly typedData: {
    readonly domain: Readonly<Record<string, unknown>>
    readonly types: Readonly<Record<string, unknown>>
    readonly primaryType: string
    readonly message: Readonly<Record<string, unknown>>
  }
  readonly signatures: readonly { readonly signer: string; readonly signature: string }[]
}

export type ProvedPrice = Price & { readonly proof: Proof }

export interface PricePage {
  readonly prices: readonly Price[]
  readonly next: string | null
}

export interface Round {
  readonly pair: string
  readonly round: number
  readonly startTime: string
  readonly endTime: string
  readonly median: string
  /** One of each of the proposers, in their order. */
  readonly prices: readonly string[]
  readonly proposers: readonly string[]
}

export interface RoundPage {
  readonly rounds: readonly Round[]
  readonly next: string | null
}

export interface Refusal {
  readonly signer: string
  readonly reason: string
  readonly sentence: string
}

export interface Pending {
  readonly id: string
  readonly pair: string
  readonly price: string
  readonly round: number
  readonly observedTime: string
  readonly source: string
  readonly proposer: string
  readonly phase: string
  readonly signers: readonly { readonly signer: string; readonly time?: string }[]
  readonly missing: readonly string[]
  readonly refusals: readonly Refusal[]
  readonly minimum: number
  readonly maximum: number
  readonly quietEndsInMs: number | null
  readonly closesInMs: number | null
}

export interface Story {
  readonly id: string
  readonly phase: string
  readonly sentences: readonly string[]
  readonly missing: readonly Refusal[]
  readonly wouldPass: string | null
}

export type NodeState = 'here' | 'behind' | 'gone'

export interface SeenNode {
  readonly signer: string
  readonly peerId: string
  readonly agent: string
  readonly listed: boolean
  readonly heardAgoMs: number
  readonly sentTime: string
  readonly uptimeMs: number | null
  readonly peers: readonly string[] | null
  readonly clockOffsetMs: number | null
  readonly received:
    | readonly { readonly signer: string; readonly statements: number; readonly signatures: number }[]
    | null
  readonly outbox: number | null
  readonly lastCommittedTime: string | null
  readonly historyRoot: string | null
  readonly state: NodeState
  /** Why it is behind, where the node knows. */
  readonly behindBecause?: string | null
}

/** A peer that this page's node is connected to. */
export interface Peer {
  readonly peerId: string
  readonly agent: string | null
  /** Older nodes do not tell. */
  readonly bootstrap?: boolean
  readonly addresses: readonly string[]
  readonly connectedSince: string
}

export interface Peers {
  /** Of this page's node. */
  readonly peerId: string
  readonly peers: readonly Peer[]
}

export interface Link {
  readonly from: string
  readonly to: string
}

export interface Health {
  readonly ready: boolean
  readonly sentences: readonly string[]
}

export interface Constants {
  readonly pairs: readonly string[]
  readonly source: string
  readonly intervalMs: number
  readonly quietPeriodMs: number
  readonly minimumSigners: number
  readonly maximumSigners: number
  readonly maxDeviationPercent: string
  readonly signerCount: number
}

export interface Network {
  readonly network: string
  readonly simulated: boolean
  readonly role: 'signer' | 'observer' | 'bootstrap'
  readonly self: string | null
  /** Null on a bootstrap node that was not told of the signer set. */
  readonly constants: Constants | null
  /** Null in an open network; older nodes do not tell. */
  readonly signers?: SignerList | null
  readonly health: Health
  readonly clockOffsetMs: number | null
  readonly nodes: readonly SeenNode[]
  readonly links: readonly Link[]
}

/** What the stream says, by the name of the event. */
export type LiveEvent =
  | { readonly kind: 'price'; readonly data: Price }
  | { readonly kind: 'statement'; readonly data: Pending }
  | {
      readonly kind: 'signature'
      readonly data: { readonly id: string; readonly signer: string; readonly time: string }
    }
  | { readonly kind: 'refusal'; readonly data: Refusal & { readonly id: string } }
  | { readonly kind: 'node'; readonly data: SeenNode }
  | { readonly kind: 'peer'; readonly data: { readonly peerId: string; readonly up: boolean } }
  | { readonly kind: 'health'; readonly data: Health }
  | { readonly kind: 'reset'; readonly data: unknown }
