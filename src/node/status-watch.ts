import type { Address } from '../core/address.ts'
import { constantsDigest, differences } from '../core/agreed-constants.ts'
import type { Clock } from '../core/clock.ts'
import type { Counters } from '../core/counters.ts'
import type { Logger } from '../core/logger.ts'
import type { AgreedConstants, SignedStatus } from '../core/status.ts'

/**
 * Things said once are remembered, so that they are; so many at most, or memory and log could be filled. Each kind has
 * places of its own: neighbours with any key could otherwise use up those for what matters.
 */
const SAID_LIMITS = { key: 64, listed: 256, unlisted: 64 } as const

export interface StatusWatchComponents {
  readonly clock: Clock
  readonly counters: Counters
  readonly logger: Logger
}

/** This node, and the constants that it runs with; one without a key signs no status. */
interface Self {
  readonly signer: Address | undefined
  readonly instance: string | undefined
  readonly constants: AgreedConstants
}

/** Notices in what nodes say of themselves what their operators had better know. */
export class StatusWatch {
  readonly #components: StatusWatchComponents
  readonly #own: Self
  readonly #digest: string
  readonly #startedAtMs: number
  readonly #said = { key: new Set<string>(), listed: new Set<string>(), unlisted: new Set<string>() }

  constructor(components: StatusWatchComponents, own: Self) {
    this.#components = components
    this.#own = own
    this.#digest = constantsDigest(own.constants)
    this.#startedAtMs = components.clock.now().wallMs
  }

  /** @param signed - a status whose signature was checked, by an allowed signer or a neighbour */
  see(signed: SignedStatus, { listed }: { readonly listed: boolean }): void {
    this.#seeKey(signed)
    this.#seeConstants(signed, listed ? 'listed' : 'unlisted')
  }

  #seeKey({ signer, status }: SignedStatus): void {
    const { signer: own, instance } = this.#own
    // What this key said before this process began may be this node's own, from before its restart.
    if (signer !== own || status.instance === instance || status.sentAt <= this.#startedAtMs) return
    if (!this.#isFirst('key', status.instance)) return
    this.#components.counters.add('gp_shared_key_total')
    this.#components.logger.error(
      `another process signs with this node's key ${own}: stop one of the two, or give it a key of its own. If you started no other, the key is stolen: take it out of GP_SIGNERS everywhere`,
      { peer: status.peerId },
    )
  }

  #seeConstants({ signer, status }: SignedStatus, kind: 'listed' | 'unlisted'): void {
    const digest = constantsDigest(status.constants)
    if (digest === this.#digest || !this.#isFirst(kind, `${signer} ${digest}`)) return
    this.#components.counters.add('gp_other_constants_total')
    this.#components.logger.warn(
      `${signer} runs this network with other constants; all nodes must have the same: ${differences(this.#own.constants, status.constants).join('; ')}`,
      { peer: status.peerId, agent: status.agent },
    )
  }

  #isFirst(kind: keyof typeof SAID_LIMITS, what: string): boolean {
    const said = this.#said[kind]
    if (said.has(what) || said.size >= SAID_LIMITS[kind]) return false
    said.add(what)
    return true
  }
}
