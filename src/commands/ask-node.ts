import { isIPv6 } from 'node:net'
import axios from 'axios'
import { requireVariables } from '../config.ts'
import { surroundings } from '../config/surroundings.ts'
import { CommandError } from './failure.ts'

const PATIENCE_MS = 10_000
/** The largest answer is a page of 500 prices. */
const LARGEST_BYTES = 4_000_000

/** Where the node of this environment serves HTTP: GP_HTTPADDR, or where a node listens that is not told otherwise. */
export function nodeUrl(): string {
  const { httpAddress } = requireVariables(surroundings(), ['httpAddress'])
  if (httpAddress.kind === 'off') {
    throw new CommandError('GP_HTTPADDR is empty, so the node serves no HTTP: set it, or name a node by its URL')
  }
  const { host, port } = httpAddress
  // A node that listens on all addresses is asked at the nearest.
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `http://${isIPv6(reachable) ? `[${reachable}]` : reachable}:${port}`
}

/** Asks the HTTP API of a running node. */
export interface NodeApi {
  /** @throws {CommandError} when there is no answer, or one that says why there is none */
  get<T>(path: string): Promise<T>
}

/** @param url - of the node. @default that of this environment */
export function createNodeApi(url = nodeUrl()): NodeApi {
  return {
    async get<T>(path: string): Promise<T> {
      const { href } = new URL(path, url)
      const { data, status } = await axios
        .get<T | { readonly detail?: string }>(href, {
          timeout: PATIENCE_MS,
          maxContentLength: LARGEST_BYTES,
          maxRedirects: 0,
          proxy: false,
          validateStatus: () => true,
        })
        .catch((cause: unknown) => {
          throw new CommandError(`nobody answers at ${href}: start the node, or name another with --api URL`, { cause })
        })
      if (status === 200 && typeof data === 'object') return data as T
      const { detail } = (typeof data === 'object' ? (data ?? {}) : {}) as { readonly detail?: unknown }
      throw new CommandError(
        typeof detail === 'string'
          ? printed(detail)
          : `${href} answers with status ${status}, and not as a node does: see that the URL is that of one`,
      )
    },
  }
}

/** Text of somebody else, so that it moves no cursor. */
export function printed(text: string): string {
  return text.replaceAll(/\p{Cc}|\p{Cf}/gu, '�')
}
