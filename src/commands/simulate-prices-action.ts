import { requireVariables } from '../config.ts'
import { parseHttpAddress } from '../config/parse-address.ts'
import { surroundings, systemFiles } from '../config/surroundings.ts'
import { systemClock } from '../node/system-clock.ts'
import { startSimulatedPriceServer } from '../price/simulated-feed-server.ts'
import { createLogger, wantsColour } from '../telemetry/logger.ts'
import { CommandError } from './failure.ts'
import { runUntilStopped } from './run-until-stopped.ts'

const STOP_DEADLINE_MS = 10_000

/** Serves simulated prices until it is told to stop. */
export async function servePrices({ listen, seed }: { readonly listen: string; readonly seed: string }): Promise<void> {
  const address = parseHttpAddress(listen, systemFiles)
  if (!('value' in address) || address.value.kind === 'off') {
    throw new CommandError(`--listen ${listen}: expected HOST:PORT, as 127.0.0.1:8090`)
  }
  const { host, port } = address.value
  const { logLevel, logFormat } = requireVariables(surroundings(), ['logLevel', 'logFormat'])
  const logger = createLogger(
    { stream: process.stdout, clock: systemClock },
    { level: logLevel, format: logFormat, colour: wantsColour(process.stdout, process.env) },
  )
  const start = async () => {
    const server = await startSimulatedPriceServer({ clock: systemClock, logger }, { seed, host, port })
    logger.info(`Simulated prices are served at ${server.url}`, { url: server.url, seed })
    return { stop: () => server.close() }
  }
  await runUntilStopped({ logger, start }, { deadlineMs: STOP_DEADLINE_MS })
}
