import type { Command } from 'commander'

/** `gossip-price config`: what can be configured, and what is. */
export function registerConfig(program: Command): void {
  const config = program.command('config').description('show what can be configured, and what is')

  config
    .command('print')
    .description('print the effective configuration, without secrets; fails when there is something wrong with it')
    .option('--json', 'one JSON object: the value of each variable, and whether it is the default')
    .action(async ({ json }: { readonly json?: boolean }) => {
      const { requireConfig } = await import('../config.ts')
      const { configFacts, renderConfig } = await import('../config/render.ts')
      const { surroundings } = await import('../config/surroundings.ts')
      const around = surroundings()
      requireConfig(around)
      process.stdout.write(json === true ? `${JSON.stringify(configFacts(around.env))}\n` : renderConfig(around.env))
    })

  config
    .command('example')
    .description('print the file .env.example: every variable, explained')
    .action(async () => {
      const { renderEnvExample } = await import('../config/render.ts')
      process.stdout.write(renderEnvExample())
    })

  config
    .command('table')
    .description('print a table of all variables in Markdown')
    .option('--json', 'one JSON object a line and variable')
    .action(async ({ json }: { readonly json?: boolean }) => {
      const { renderVariablesTable, variableFacts } = await import('../config/render.ts')
      const lines = (): string[] => variableFacts().map((each) => `${JSON.stringify(each)}\n`)
      process.stdout.write(json === true ? lines().join('') : renderVariablesTable())
    })
}
