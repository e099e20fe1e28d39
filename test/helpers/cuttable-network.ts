import type { TestContext } from 'node:test'
import { openNamespaces } from './network-namespaces.ts'
import { openPeerProxies } from './peer-proxies.ts'
import type { NodePlace } from './process-cluster.ts'

/** Where nodes have places from which they can be cut off. */
export interface CuttableNetwork {
  /** What cutting off means here, in words. */
  readonly how: string
  readonly places: readonly NodePlace[]
  /** Nothing comes or goes between the node of this number, from 0, and the others; no connection is closed by it. */
  cut(number: number): Promise<void>
  heal(number: number): Promise<void>
}

export interface CuttableNetworkOptions {
  readonly nodes: number
  /** Ports of the loopback address that the nodes must reach. */
  readonly services: readonly number[]
}

/** Network namespaces where the machine gives them to us, otherwise connections that can be paused. */
export async function openCuttableNetwork(t: TestContext, options: CuttableNetworkOptions): Promise<CuttableNetwork> {
  const network = await openNamespaces(t, options).catch((error: unknown) => {
    t.diagnostic(`no network namespaces: ${String(error)}`)
    return openPeerProxies(t, options)
  })
  t.diagnostic(`cut off by ${network.how}`)
  return network
}
