import { isIPv6 } from 'node:net'
import axios from 'axios'
import { requireVariables } from '../config.ts'
import { surroundings } from '../config/surroundings.ts'
import { EXIT } from '../node/exit-code.ts'
import { CommandError } from './failure.ts'

const PATIENCE_MS = 4_000

/** Prints what a node answers to `/readyz`, or to the path of `url`; the exit code says whether it is ready. */
export async function askHealth({ url }: { readonly url?: string }): Promise<void> {
  const asked = new URL(url ?? addressFromEnvironment())
  if (asked.pathname === '/') asked.pathname = '/readyz'
  const response = await axios
    .get<string>(asked.href, {
      timeout: PATIENCE_MS,
      responseType: 'text',
      validateStatus: () => true,
    })
    .catch((cause: unknown) => {
      throw new CommandError(`nobody answers at ${asked.href}: start it, or look at its log`, { cause })
    })
  process.stdout.write(response.data)
  if (response.status !== 200) process.exitCode = EXIT.failed
}

function addressFromEnvironment(): string {
  const { httpAddress } = requireVariables(surroundings(), ['httpAddress'])
  if (httpAddress.kind === 'off')
    throw new CommandError('GP_HTTPADDR is empty, so the node serves no health: set it, or use --url')
  const { host, port } = httpAddress
  // A node that listens on all addresses is asked at the nearest.
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return `http://${isIPv6(reachable) ? `[${reachable}]` : reachable}:${port}`
}
