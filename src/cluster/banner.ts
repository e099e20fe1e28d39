import pc from 'picocolors'
import { DEFAULT_DATA_DIR } from './cluster-plan.ts'
import type { Cluster } from './cluster.ts'

/** What a person wants to know when the cluster stands: whether prices are real, where the rows are, how to stop. */
export function banner(
  cluster: Pick<Cluster, 'network' | 'databaseUrl' | 'dashboardUrl' | 'simulated'>,
  { colour, nodes, dataDir }: { readonly colour: boolean; readonly nodes: number; readonly dataDir: string },
): string {
  const paint = pc.createColors(colour)
  const { network, databaseUrl, dashboardUrl, simulated } = cluster
  const where = dataDir === DEFAULT_DATA_DIR ? '' : ` --data-dir ${dataDir}`
  const lines = [
    `${paint.bold(network)}: ${nodes} signing nodes and a bootstrap node`,
    '',
    ...(dashboardUrl === undefined
      ? []
      : [`  dashboard  ${paint.bold(dashboardUrl)}`, `  terminal   npm run gossip-price -- status${where}`]),
    `  newest     npm run prices${where === '' ? '' : ` --${where}`}`,
    `  database   psql ${databaseUrl}`,
    `  stop       Ctrl-C`,
  ]
  const warning =
    simulated === undefined
      ? []
      : [
          ...(simulated === 'asked for' ? [] : [`COINBASE CANNOT BE REACHED: ${simulated.unreachable}`]),
          'PRICES ARE SIMULATED. They are signed as such, in a network of their own, and are worth nothing.',
          '',
        ]
  return framed([...warning.map((line) => paint.yellow(line)), ...lines])
}

function framed(lines: readonly string[]): string {
  const rule = '─'.repeat(78)
  return `\n${rule}\n${lines.map((line) => (line === '' ? '' : ` ${line}`)).join('\n')}\n${rule}\n\n`
}
