import { randomBytes } from 'node:crypto'
import type { ApiServer } from '../api/api-server.ts'
import type { NodeView } from '../api/node-view.ts'
import type { Config } from '../config.ts'
import type { PriceReader } from '../core/price-reader.ts'
import { VERSION } from '../version.ts'
import type { NodeComponents } from './running-node.ts'

/** How many ports are tried where any will do. */
const PORTS_TO_TRY = 200

/**
 * An address that was asked for must be free.
 *
 * @throws {HttpAddressError} when it is not: nothing has been opened then
 */
export async function requireHttpAddress(address: Config['httpAddress']): Promise<void> {
  if (address.kind !== 'exact') return
  const { requireAddress } = await import('../api/listening.ts')
  await requireAddress(address)
}

/** The HTTP server at the configured address, which is logged; undefined when there is to be none. */
export async function startHttpServer(
  components: NodeComponents,
  {
    address,
    view,
    prices,
  }: { readonly address: Config['httpAddress']; readonly view: NodeView; readonly prices?: PriceReader | undefined },
): Promise<ApiServer | undefined> {
  if (address.kind === 'off') return undefined
  const { host, port } = address
  const tries = address.kind === 'first-free' ? PORTS_TO_TRY : 1
  const logger = components.logger.child('http')
  // Loaded where it is wanted: it takes its time and memory.
  const [{ startApiServer }, { loadAssets }] = await Promise.all([
    import('../api/api-server.ts'),
    import('../web/assets.ts'),
  ])
  const server = await startApiServer(
    { ...components, logger, view, prices, readiness: () => view.readiness(), files: await loadAssets() },
    { address: { host, port, tries }, version: VERSION, boot: randomBytes(6).toString('hex') },
  )
  logger.info(`dashboard at ${server.url}, health at ${server.url}/readyz`)
  return server
}
