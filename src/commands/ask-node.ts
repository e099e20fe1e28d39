import { isIPv6 } from 'node:net'
import axios, { AxiosError, type AxiosResponse } from 'axios'
import type { ParameterFault } from '../api/problem.ts'
import { DEFAULT_DATA_DIR } from '../cluster/cluster-plan.ts'
import { requireVariables } from '../config.ts'
import { surroundings } from '../config/surroundings.ts'
import { CommandError } from './failure.ts'
import { findHttpNotes } from './http-note.ts'
import type { NodeFlags } from './node-flags.ts'

/** Health checks of containers give up after five seconds. */
const PATIENCE_MS = 4_000
/** The largest answer is a page of 500 prices. */
const LARGEST_BYTES = 4_000_000

/** Asks the HTTP API of a running node. It waits for {@link PATIENCE_MS} at most. */
export interface NodeApi {
  /** Where it is. */
  readonly url: string
  /** @throws {CommandError} when there is no answer, or one that says why there is none, or `signal` is aborted */
  get<T>(path: string, signal?: AbortSignal): Promise<T>
  /** The answer to any path, whatever it is. @throws {CommandError} when there is none */
  text(path: string): Promise<{ readonly status: number; readonly text: string }>
}

/**
 * The node that `flags` or the environment name; else the one that was started last here and still answers.
 *
 * @throws {CommandError} when none is named, or there are several and nobody answers
 */
export async function findNode(flags: NodeFlags): Promise<NodeApi> {
  const urls = await urlsOf(flags)
  const [only = '', ...others] = urls
  if (others.length === 0) return nodeAt(only)
  const failures: unknown[] = []
  for (const url of urls) {
    try {
      await ask(url, '/livez')
      return nodeAt(url)
    } catch (error) {
      failures.push(error)
    }
  }
  throw failures[0]
}

/** Where a node may be, the likeliest first; at least one. */
async function urlsOf({ url, dataDir }: NodeFlags): Promise<readonly string[]> {
  if (url !== undefined) return [url]
  if (dataDir !== undefined) {
    const found = await findHttpNotes([dataDir])
    if (found.length > 0) return found
    throw new CommandError(`no node of ${dataDir} serves HTTP: start it, or name a node with --url URL`)
  }
  const { httpAddress, dataDir: own } = requireVariables(surroundings(), ['httpAddress', 'dataDir'])
  if (httpAddress.kind === 'off') {
    throw new CommandError('GP_HTTPADDR is empty, so the node serves no HTTP: set it, or name a node with --url URL')
  }
  const configured = reachableUrl(httpAddress)
  if (httpAddress.kind === 'exact') return [configured]
  return [...new Set([...(await findHttpNotes([own, DEFAULT_DATA_DIR])), configured])]
}

/** A node that listens on all addresses is asked at the nearest. */
function reachableUrl({ host, port }: { readonly host: string; readonly port: number }): string {
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `http://${isIPv6(reachable) ? `[${reachable}]` : reachable}:${port}`
}

function nodeAt(url: string): NodeApi {
  return {
    url: new URL(url).href.replace(/\/$/, ''),
    async get<T>(path: string, signal?: AbortSignal): Promise<T> {
      const { data: text, status } = await ask(url, path, signal)
      const data = parsed(text)
      if (status === 200 && data !== undefined) return data as T
      throw new CommandError(
        problemIn(data) ??
          `${new URL(path, url).href} answers with status ${status}, and not as a node does: see that the URL is that of one`,
      )
    },
    async text(path) {
      const { data, status } = await ask(url, path)
      return { status, text: data }
    },
  }
}

async function ask(url: string, path: string, signal?: AbortSignal): Promise<AxiosResponse<string>> {
  const { href } = new URL(path, url)
  return axios
    .get<string>(href, {
      timeout: PATIENCE_MS,
      ...(signal && { signal }),
      maxContentLength: LARGEST_BYTES,
      maxRedirects: 0,
      proxy: false,
      responseType: 'text',
      validateStatus: () => true,
    })
    .catch((cause: unknown) => {
      const why = cause instanceof AxiosError && cause.code !== undefined ? ` (${cause.code})` : ''
      throw new CommandError(`nobody answers at ${href}${why}: start the node, or name another with --url URL`, {
        cause,
      })
    })
}

/** The object that a text of JSON holds. */
function parsed(text: string): object | undefined {
  try {
    const data: unknown = JSON.parse(text)
    return typeof data === 'object' && data !== null ? data : undefined
  } catch {
    return undefined
  }
}

/** What a problem document says, with what it says of each parameter; undefined when the answer is none. */
function problemIn(data: object | undefined): string | undefined {
  const { detail, errors } = (data ?? {}) as { readonly detail?: unknown; readonly errors?: unknown }
  if (typeof detail !== 'string') return undefined
  const faults = (Array.isArray(errors) ? errors : []).flatMap((fault: Partial<ParameterFault> | null) =>
    typeof fault?.detail !== 'string' || detail.includes(fault.detail) ? [] : `${fault.parameter}: ${fault.detail}.`,
  )
  return printed([detail, ...faults].join(' '))
}

/** Text of somebody else, so that it moves no cursor. */
export function printed(text: string): string {
  return text.replaceAll(/\p{Cc}|\p{Cf}/gu, '�')
}
