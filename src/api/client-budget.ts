import { isIPv6 } from 'node:net'
import type { Clock } from '../core/clock.ts'
import { RecentMap } from '../core/recent-map.ts'
import type { ApiLimits } from './limits.ts'

/** What each client may ask for: so much at once, and so much a second. */
export class ClientBudget {
  readonly #clock: Clock
  readonly #limits: Pick<ApiLimits, 'burst' | 'costPerSecond'>
  readonly #clients: RecentMap<string, { readonly left: number; readonly atMs: number }>

  constructor({ clock }: { readonly clock: Clock }, limits: Pick<ApiLimits, 'burst' | 'costPerSecond' | 'clients'>) {
    this.#clock = clock
    this.#limits = limits
    this.#clients = new RecentMap({ limit: limits.clients })
  }

  /**
   * Spends `cost` of what `client` has.
   *
   * @returns 0, or how many seconds there is not enough for it; nothing is spent then
   */
  spend(client: string, cost: number): number {
    const { burst, costPerSecond } = this.#limits
    const nowMs = this.#clock.now().monoMs
    const known = this.#clients.get(client)
    const left =
      known === undefined ? burst : Math.min(burst, known.left + ((nowMs - known.atMs) * costPerSecond) / 1_000)
    const isEnough = left >= cost
    this.#clients.set(client, { left: isEnough ? left - cost : left, atMs: nowMs })
    return isEnough ? 0 : Math.ceil((cost - left) / costPerSecond)
  }
}

/** Whose a request is: an address, or the /64 around it, which one household or server has to itself. */
export function clientOf(remoteAddress: string | undefined): string {
  if (remoteAddress === undefined) return 'unknown'
  const address = remoteAddress.replace(/^::ffff:(?=\d+\.)/, '')
  if (!isIPv6(address)) return address
  const [head = '', tail] = address.split('%', 1)[0]?.split('::') ?? []
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros =
    tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0')
  return `${[...before, ...zeros, ...after].slice(0, 4).join(':')}::/64`
}
