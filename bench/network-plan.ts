import { join } from 'node:path'
import type { Environment } from '../src/config/read-variables.ts'
import { VARIABLE_NAMES } from '../src/config/variables.ts'
import { nobleSecp256k1 } from '../src/core/noble-secp256k1.ts'
import { provisionSigner } from '../src/node/provision.ts'
import { type OpeningHours, type PriceServer, startPriceServer } from './price-server.ts'
import type { Workbench } from './workbench.ts'

/** Signing nodes in every network that is measured, beside a bootstrap node. */
export const NODES = 5

export interface NetworkPlan {
  readonly pairs: readonly string[]
  readonly intervalSeconds: number
  readonly quietPeriodSeconds: number
  readonly minimumSigners: number
  /** When there are prices. */
  readonly hours: OpeningHours
}

/** All that a network needs before its nodes start. */
export interface PreparedNetwork {
  readonly name: string
  readonly prices: PriceServer
  /** All but where to listen. */
  readonly bootstrap: Environment
  /** All but where to listen and whom to join. */
  readonly nodes: readonly Environment[]
}

/** `count` pairs of one base currency. */
export function madeUpPairs(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `BENCH-Q${index + 1}`)
}

/** Makes directories, keys and a price server for a network of its own: closed signer set, one Postgres for all. */
export async function prepareNetwork(workbench: Workbench, plan: NetworkPlan): Promise<PreparedNetwork> {
  const { clock, logger, releases } = workbench
  const directory = await workbench.newDirectory()
  const directories = Array.from({ length: NODES }, (_, index) => join(directory, `node${index + 1}`))
  const signers: string[] = []
  for (const each of directories) {
    signers.push(await provisionSigner({ curve: nobleSecp256k1, clock, logger }, { directory: each }))
  }
  const prices = await startPriceServer({ clock }, plan)
  releases.add('price server', () => prices.close())
  const name = directory.slice(directory.lastIndexOf('network-'))
  const common: Environment = {
    // Set but empty is unset: nothing comes from a .env of whoever runs this.
    ...Object.fromEntries(VARIABLE_NAMES.map((variable) => [variable, ''])),
    GP_NETWORK: name,
    GP_LOGFORMAT: 'json',
  }
  const signing: Environment = {
    ...common,
    GP_SOURCE: 'bench',
    GP_PRICEURL: prices.url,
    GP_PAIRS: plan.pairs.join(','),
    GP_FETCHPRICEINTERVAL: String(plan.intervalSeconds),
    GP_QUIETPERIOD: String(plan.quietPeriodSeconds),
    GP_MINIMUMSIGNERCOUNT: String(plan.minimumSigners),
    GP_SIGNERS: signers.join(','),
    GP_DATABASEURL: await workbench.databaseUrl(),
  }
  const nodes: Environment[] = []
  for (const own of directories) nodes.push({ ...signing, GP_DATADIR: own })
  return {
    name,
    prices,
    bootstrap: { ...common, GP_BOOTSTRAP: 'true', GP_DATADIR: join(directory, 'bootstrap') },
    nodes,
  }
}

/** When the next round begins that is at least `marginMs` away. Wall clock, milliseconds since the Unix epoch. */
export function nextRoundAt(
  { clock }: Pick<Workbench, 'clock'>,
  { intervalSeconds, marginMs }: { readonly intervalSeconds: number; readonly marginMs: number },
): number {
  const intervalMs = intervalSeconds * 1_000
  return Math.ceil((clock.now().wallMs + marginMs) / intervalMs) * intervalMs
}
