import axios from 'axios'
import { EXIT } from '../node/exit-code.ts'
import { nodeUrl } from './ask-node.ts'
import { CommandError } from './failure.ts'

const PATIENCE_MS = 4_000

/** Prints what a node answers to `/readyz`, or to the path of `url`; the exit code says whether it is ready. */
export async function askHealth({ url }: { readonly url?: string }): Promise<void> {
  const asked = new URL(url ?? nodeUrl())
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
