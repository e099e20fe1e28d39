import { setTimeout as sleep } from 'node:timers/promises'
import { wantsColour } from '../telemetry/logger.ts'
import { createNodeApi } from './ask-node.ts'
import { describeFailure } from './failure.ts'
import type { StatusFlags } from './status.ts'
import { type NetworkStatus, statusText } from './status-listing.ts'

const EVERY_MS = 2_000
const HOME_AND_CLEAR = '\u001b[H\u001b[2J'

/** Prints the network; on a terminal in place of what was there before, for as long as nobody ends it. */
export async function showStatus({ api: url, json, once }: StatusFlags): Promise<void> {
  const api = createNodeApi(url)
  const ask = (): Promise<NetworkStatus> => api.get<NetworkStatus>('/v1/network')
  if (json === true) {
    process.stdout.write(`${JSON.stringify(await ask())}\n`)
    return
  }
  const colour = wantsColour(process.stdout, process.env)
  let text = statusText(await ask(), { colour })
  if (once === true || !process.stdout.isTTY) {
    process.stdout.write(text)
    return
  }
  for (;;) {
    process.stdout.write(`${HOME_AND_CLEAR}${text}`)
    await sleep(EVERY_MS)
    // A node that is started again is there again.
    text = await ask().then(
      (status) => statusText(status, { colour }),
      (error: unknown) => describeFailure(error, { stack: false }),
    )
  }
}
