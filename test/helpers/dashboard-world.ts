import type { Peer, Peers, Pending, Price, ProvedPrice, Round, SeenNode } from '../../src/web/browser/api-shapes.ts'
import { medianOf } from '../../src/web/browser/decimal.ts'
import type { Address } from '../../src/core/address.ts'
import { fromHex, toHex } from '../../src/core/hex.ts'
import { nobleSecp256k1 } from '../../src/core/noble-secp256k1.ts'
import { formatPrice, parsePrice, isPriceFault } from '../../src/core/price.ts'
import { roundAt, type PriceStatement, type StatementId } from '../../src/core/statement.ts'
import { domainSalt, statementId, PRICE_TYPES } from '../../src/core/typed-data.ts'
import { keccakText } from '../../src/core/eip712.ts'

const DAY_TEXT = 'made-up network'

export interface WorldOptions {
  readonly network?: string
  readonly pairs?: readonly string[]
  readonly nodes?: number
  readonly intervalMs?: number
  readonly quietPeriodMs?: number
  /** How many rounds the table already holds. */
  readonly rounds?: number
  readonly role?: 'signer' | 'observer' | 'bootstrap'
}

interface Row {
  readonly id: StatementId
  readonly statement: PriceStatement
  readonly signers: readonly Address[]
  disputed: boolean
  /** What the table says instead of the truth. */
  lie: Partial<ProvedPrice>
}

export interface Member {
  readonly address: Address
  readonly privateKey: Uint8Array
  readonly peerId: string
}

/** A made-up network: real keys, statements and signatures; prices of a seeded walk. */
export class DashboardWorld {
  readonly options: Required<WorldOptions>
  readonly members: readonly Member[]
  readonly rows: Row[] = []
  readonly statements = new Map<string, Pending>()
  readonly states = new Map<string, SeenNode['state']>()
  readonly silentPeer = '12D3KooWBootstrapHbTb9fGvWqM7u2mQnGUSjJ6'
  readonly minimum = 3
  health: { ready: boolean; sentences: string[] } = { ready: true, sentences: [] }
  /** Whether the bootstrap node is connected. */
  hasBootstrap = true
  /** Whether the database answers. */
  isTableAway = false
  readonly #seed = walk(7)

  constructor(options: WorldOptions = {}) {
    this.options = {
      network: 'gossip-price',
      pairs: ['ETH-USD'],
      nodes: 6,
      intervalMs: 600_000,
      quietPeriodMs: 30_000,
      rounds: 200,
      role: 'signer',
      ...options,
    }
    this.members = Array.from({ length: this.options.nodes }, (_, at) => memberOf(at))
    for (const { peerId } of this.members) this.states.set(peerId, 'here')
    this.#fill()
  }

  get selfPeerId(): string {
    return this.options.role === 'bootstrap' ? this.silentPeer : (this.members[0]?.peerId ?? '')
  }

  network(): Record<string, unknown> {
    const { network, pairs, intervalMs, quietPeriodMs, role, nodes } = this.options
    const nobody = role === 'bootstrap'
    return {
      network,
      simulated: network.endsWith('-simulated'),
      role,
      self: nobody ? null : (this.members[0]?.address ?? null),
      constants: {
        pairs,
        source: 'coinbase',
        intervalMs,
        quietPeriodMs,
        minimumSigners: this.minimum,
        maximumSigners: 16,
        maxDeviationPercent: '1',
        signerCount: nodes,
        signersHash: toHex(keccakText(DAY_TEXT)),
      },
      signers: nobody ? null : this.members.map(({ address }) => address),
      health: this.health,
      clockOffsetMs: 12,
      nodes: this.members.map((member) => this.node(member)),
      links: this.#links(),
    }
  }

  /** Those of this node: the bootstrap node, which is the only one that the page asks for. */
  peers(): Peers {
    const peer: Peer = {
      peerId: this.silentPeer,
      agent: 'gossip-price/0.1.0 bootstrap',
      bootstrap: true,
      addresses: ['/ip4/10.0.0.9/tcp/8000'],
      connectedSince: new Date(Date.now() - 4_000_000).toISOString(),
    }
    return { peerId: this.selfPeerId, peers: this.hasBootstrap && this.selfPeerId !== this.silentPeer ? [peer] : [] }
  }

  node({ address, peerId }: Member): SeenNode {
    const state = this.states.get(peerId) ?? 'here'
    const at = this.members.findIndex((member) => member.peerId === peerId)
    return {
      signer: address,
      peerId,
      agent: 'gossip-price/0.1.0',
      listed: true,
      heardAgoMs: state === 'gone' ? 190_000 : 2_000 + 700 * at,
      sentTime: new Date(Date.now() - 3_000).toISOString(),
      uptimeMs: 86_400_000 * 3 + at * 3_700_000,
      peers: this.members.filter((other) => other.peerId !== peerId).map((other) => other.peerId),
      clockOffsetMs: at * 9 - 20,
      received: this.members.map((other) => ({
        signer: other.address,
        statements: 410 + at,
        signatures: 1_900 + at * 7,
      })),
      outbox: state === 'behind' ? 14 : 0,
      lastCommittedTime: this.rows[0] === undefined ? null : new Date(this.rows[0].statement.observedAt).toISOString(),
      historyRoot: null,
      state,
    }
  }

  price(row: Row): Price {
    const { proof: _proof, ...lie } = row.lie
    const { id, statement, signers, disputed } = row
    return {
      id,
      network: statement.network,
      pair: statement.pair,
      price: formatPrice(statement.price),
      round: statement.round,
      observedTime: new Date(statement.observedAt).toISOString(),
      source: statement.source,
      proposer: statement.proposer,
      signers: signers.toSorted(),
      signerCount: signers.length,
      lastSignedTime: new Date(statement.observedAt + 2_400).toISOString(),
      createdTime: new Date(statement.observedAt + 33_100).toISOString(),
      disputed,
      ...lie,
    }
  }

  proved(row: Row): ProvedPrice {
    const price = this.price(row)
    const { statement, id } = row
    const signatures = row.signers.toSorted().map((signer) => ({ signer, signature: this.#signature(id, signer) }))
    const said = parsePrice(price.price)
    const proof = {
      id,
      typedData: {
        domain: { name: 'gossip-price', version: '1', salt: toHex(domainSalt(statement.network)) },
        types: PRICE_TYPES,
        primaryType: 'Price',
        message: {
          pair: price.pair,
          price: String(isPriceFault(said) ? 0n : said),
          round: String(price.round),
          observedAt: String(Date.parse(price.observedTime)),
          source: price.source,
          proposer: price.proposer,
        },
      },
      signatures,
    }
    return { ...price, proof: row.lie.proof ?? proof }
  }

  round(pair: string, round: number): Round {
    const rows = this.rows
      .filter(({ statement, disputed }) => statement.pair === pair && statement.round === round && !disputed)
      .toSorted((a, b) => (a.statement.proposer < b.statement.proposer ? -1 : 1))
    const prices = rows.map(({ statement }) => formatPrice(statement.price))
    const { intervalMs } = this.options
    return {
      pair,
      round,
      startTime: new Date(round * intervalMs).toISOString(),
      endTime: new Date((round + 1) * intervalMs).toISOString(),
      median: medianOf(prices),
      prices,
      proposers: rows.map(({ statement }) => statement.proposer),
    }
  }

  /** A new statement by a member, with its own signature. */
  propose(proposer: Member, pair = this.options.pairs[0] ?? ''): Pending {
    const observedAt = Date.now()
    const statement = this.#statement(proposer, { pair, observedAt, price: this.#seed(pair) })
    const pending: Pending = {
      id: statementId(statement),
      pair,
      price: formatPrice(statement.price),
      round: statement.round,
      observedTime: new Date(observedAt).toISOString(),
      source: statement.source,
      proposer: proposer.address,
      phase: 'collecting',
      signers: [{ signer: proposer.address, time: new Date(observedAt).toISOString() }],
      missing: this.members.filter(({ address }) => address !== proposer.address).map(({ address }) => address),
      refusals: [],
      minimum: this.minimum,
      maximum: 16,
      quietEndsInMs: null,
      closesInMs: null,
    }
    this.statements.set(pending.id, pending)
    return pending
  }

  /** One more signature; the quiet period begins anew. */
  sign(id: string, { address }: Member): Pending {
    const before = this.#pending(id)
    const signers = [...before.signers, { signer: address, time: new Date().toISOString() }]
    const isQuorum = signers.length >= this.minimum
    const pending: Pending = {
      ...before,
      signers,
      missing: before.missing.filter((missing) => missing !== address),
      phase: isQuorum ? 'quorum' : 'collecting',
      quietEndsInMs: isQuorum ? this.options.quietPeriodMs : null,
      closesInMs: isQuorum ? 2 * this.options.quietPeriodMs : null,
    }
    this.statements.set(id, pending)
    return pending
  }

  refuse(id: string, { address }: Member): Pending {
    const before = this.#pending(id)
    const sentence = `${address.slice(0, 6)}…${address.slice(-4)} refuses: it sees 3,076.02, which is 1.8 % away, more than 1 %.`
    const pending = { ...before, refusals: [...before.refusals, { signer: address, reason: 'deviation', sentence }] }
    this.statements.set(id, pending)
    return pending
  }

  commit(id: string): Price {
    const pending = this.#pending(id)
    const proposer = this.members.find(({ address }) => address === pending.proposer)
    const price = parsePrice(pending.price)
    if (proposer === undefined || isPriceFault(price)) throw new Error('not a statement of this world')
    const statement = this.#statement(proposer, {
      pair: pending.pair,
      observedAt: Date.parse(pending.observedTime),
      price: pending.price,
    })
    const row: Row = {
      id: statementId(statement),
      statement,
      signers: pending.signers.map(({ signer }) => signer as Address),
      disputed: false,
      lie: {},
    }
    this.rows.unshift(row)
    this.statements.delete(id)
    return this.price(row)
  }

  #pending(id: string): Pending {
    const pending = this.statements.get(id)
    if (pending === undefined) throw new Error(`no statement ${id}`)
    return pending
  }

  #fill(): void {
    const { rounds, intervalMs, pairs } = this.options
    const last = roundAt(Date.now(), intervalMs)
    for (let round = last - rounds + 1; round <= last; round++) {
      // A stretch without prices, as an outage leaves it.
      if (last - round > 40 && last - round < 47) continue
      for (const pair of pairs) {
        const base = this.#seed(pair)
        this.members.slice(0, 5).forEach((proposer, at) => {
          const observedAt = Math.min(round * intervalMs + 400 + at * 90, Date.now() - 1)
          const price = (Number(base) * (1 + (((round * 7 + at * 13) % 11) - 5) / 40_000)).toFixed(3)
          const statement = this.#statement(proposer, { pair, observedAt, price })
          const signers = this.members
            .filter((_, index) => index === at || (index + round) % 6 !== 0)
            .map(({ address }) => address)
          this.rows.unshift({ id: statementId(statement), statement, signers, disputed: false, lie: {} })
        })
      }
    }
  }

  #statement(
    proposer: Member,
    { pair, observedAt, price }: { readonly pair: string; readonly observedAt: number; readonly price: string },
  ): PriceStatement {
    const parsed = parsePrice(price)
    if (isPriceFault(parsed)) throw new Error(`no price: ${price}`)
    return {
      network: this.options.network,
      pair,
      price: parsed,
      round: roundAt(observedAt, this.options.intervalMs),
      observedAt,
      source: 'coinbase',
      proposer: proposer.address,
    }
  }

  #signature(id: StatementId, signer: Address): string {
    const member = this.members.find(({ address }) => address === signer)
    if (member === undefined) throw new Error(`${signer} is nobody here`)
    return toHex(nobleSecp256k1.sign(fromHex(id), member.privateKey))
  }

  #links(): { from: string; to: string }[] {
    const alive = this.members.filter(({ peerId }) => this.states.get(peerId) !== 'gone').map(({ peerId }) => peerId)
    const pairs = alive.flatMap((from, at) => alive.slice(at + 1).map((to) => ({ from, to })))
    return [...pairs, ...(this.hasBootstrap ? alive.slice(0, 3).map((to) => ({ from: this.silentPeer, to })) : [])]
  }
}

function memberOf(at: number): Member {
  const privateKey = keccakText(`gossip-price test key ${at + 1}`)
  const address = nobleSecp256k1.addressOf(privateKey)
  if (address === undefined) throw new Error('not a key')
  return { address, privateKey, peerId: `12D3KooW${toHex(keccakText(`peer ${at}`)).slice(2, 38)}` }
}

/** A walk of prices that is the same in every run. */
function walk(seed: number): (pair: string) => string {
  let state = seed
  const at = new Map<string, number>()
  return (pair) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    const before = at.get(pair) ?? (pair.startsWith('BTC') ? 91_250 : 3_021.455)
    const after = before * (1 + (state / 2_147_483_648 - 0.497) * 0.006)
    at.set(pair, after)
    return after.toFixed(3)
  }
}
