import { fileURLToPath } from 'node:url'
import { NodeProcess } from '../src/cluster/node-process.ts'
import { findPorts } from '../src/cluster/ports.ts'
import type { Environment } from '../src/config/read-variables.ts'
import { type LogRecord, parseRecord } from '../src/telemetry/log-format.ts'
import type { PreparedNetwork } from './network-plan.ts'
import { type Workbench, waitUntil } from './workbench.ts'

/** A network as people run it: every node a process of its own. */
export interface ProcessNetwork {
  readonly bootstrap: NodeProcess
  readonly nodes: readonly NodeProcess[]
  /**
   * Waits until every node says at /readyz that it can do its work.
   *
   * @throws when that takes a minute, or one of the processes cannot run
   */
  readonly untilReady: () => Promise<void>
  readonly stop: () => Promise<void>
}

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const HOST = '127.0.0.1'
/** Below the ports that the system hands out by itself, away from those that nodes use by default. */
const FIRST_PORT = 18_000
const JOIN_TIMEOUT_MS = 60_000
const POLL_MS = 50

/** @param options.onRecord - told of every log line of the signing nodes; those of level debug are written for it alone */
export async function startProcessNetwork(
  workbench: Workbench,
  options: { readonly prepared: PreparedNetwork; readonly onRecord?: (record: LogRecord) => void },
): Promise<ProcessNetwork> {
  const { clock, logger } = workbench
  const { prepared, onRecord } = options
  const processes: NodeProcess[] = []
  let stopped: Promise<unknown> | undefined
  const stop = async (): Promise<void> => {
    await (stopped ??= Promise.all(processes.map((process) => process.stop())))
  }
  workbench.releases.add('processes', stop)
  const broken = new AbortController()

  function start(name: string, env: Environment, listener: (record: LogRecord) => void = () => undefined): NodeProcess {
    const onLine = (line: string): void => {
      const record = parseRecord(line)
      if (record === undefined || record.level === 'error') logger.error(`${name}: ${record?.msg ?? line}`, record)
      if (record !== undefined) listener(record)
    }
    const onFatal = (error: Error): void => {
      logger.error(error.message)
      broken.abort(error)
    }
    const process = new NodeProcess(
      { clock, logger, onLine, onFatal },
      { name, args: [MAIN, 'node'], env: { ...inherited(), ...env } },
    )
    processes.push(process)
    process.start()
    return process
  }

  const port = await findPorts(prepared.nodes.length + 1, undefined, FIRST_PORT)
  const httpAddresses = prepared.nodes.map((_, index) => `${HOST}:${port + 1 + index}`)
  const bootstrap = start('bootstrap', { ...prepared.bootstrap, GP_CONNECTIONADDR: `/ip4/${HOST}/tcp/${port}` })
  const nodes = prepared.nodes.map((env, index) => {
    const own = {
      GP_CONNECTIONADDR: `/ip4/${HOST}/tcp/0`,
      GP_BOOTSTRAPADDR: `/ip4/${HOST}/tcp/${port}`,
      GP_HTTPADDR: httpAddresses[index],
      GP_LOGLEVEL: onRecord === undefined ? '' : 'debug',
    }
    return start(`node${index + 1}`, { ...env, ...own }, onRecord)
  })

  async function untilReady(): Promise<void> {
    const signal = AbortSignal.any([workbench.signal, broken.signal])
    const allReady = (): Promise<boolean> => areReady(httpAddresses, signal)
    if (await waitUntil({ clock, signal }, allReady, { timeoutMs: JOIN_TIMEOUT_MS, pollMs: POLL_MS })) return
    throw new Error(`the processes did not come together in ${JOIN_TIMEOUT_MS / 1_000} s`)
  }

  return { bootstrap, nodes, untilReady, stop }
}

async function areReady(httpAddresses: readonly string[], signal: AbortSignal): Promise<boolean> {
  const asked = await Promise.allSettled(
    httpAddresses.map((address) => fetch(`http://${address}/readyz`, { method: 'HEAD', signal })),
  )
  return asked.every((answer) => answer.status === 'fulfilled' && answer.value.ok)
}

/** What a process needs of the surroundings to run at all; GP_* variables of whoever runs this stay out. */
function inherited(): Environment {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GP_')))
}
