// Loaded into a node before everything else: connections to the ports named in the environment go to others instead.
import net from 'node:net'
import process from 'node:process'

/** Names a JSON object, from a port that somebody listens on to that of the proxy that leads there. */
export const ROUTES = 'TEST_ROUTES'

const routes = JSON.parse(process.env[ROUTES] ?? '{}') as Readonly<Record<string, number>>
const direct = net.connect

function connect(...args: unknown[]): net.Socket {
  const [options, ...rest] = args
  const port =
    typeof options === 'object' && options !== null && 'port' in options ? routes[String(options.port)] : undefined
  const routed = port === undefined ? options : { ...(options as object), port }
  return (direct as (...all: unknown[]) => net.Socket)(routed, ...rest)
}

if (Object.keys(routes).length > 0) net.connect = connect
