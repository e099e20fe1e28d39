import { Command } from 'commander'
import { EXIT } from '../node/exit-code.ts'
import { VERSION } from '../version.ts'
import { registerCluster } from './cluster.ts'
import { registerConfig } from './config.ts'
import { registerEvidence } from './evidence.ts'
import { describeFailure, exitCodeOf } from './failure.ts'
import { registerHealth } from './health.ts'
import { registerKeys } from './keys.ts'
import { watchOutput } from './lost-output.ts'
import { registerMigrate } from './migrate.ts'
import { registerNode } from './node.ts'
import { registerPrices } from './prices.ts'
import { registerProve } from './prove.ts'
import { registerResync } from './resync.ts'
import { registerSimulatePrices } from './simulate-prices.ts'
import { registerStatus } from './status.ts'
import { registerVerify } from './verify.ts'
import { registerWhy } from './why.ts'

/**
 * Runs the command that `argv` names. Whatever goes wrong ends the process with one sentence and an exit code other
 * than 0.
 *
 * @param argv - as `process.argv`: the interpreter and the script come first
 */
export async function run(argv: readonly string[]): Promise<void> {
  // That a row is false is nothing that a full disk may say.
  watchOutput(argv[2] === 'verify' ? EXIT.unjudged : EXIT.failed)
  process.on('uncaughtException', failAndExit)
  process.on('unhandledRejection', failAndExit)
  try {
    await createProgram().parseAsync(argv)
  } catch (error) {
    fail(error)
  }
}

/** The command line. Commands import what they need when they run, so that help is quick. */
export function createProgram(): Command {
  const program = new Command('gossip-price')
    .description('A libp2p gossip network of price-signing nodes. Nodes are configured by GP_* variables.')
    .version(VERSION)
    .showHelpAfterError('(--help shows what there is)')
  registerCluster(program)
  registerNode(program)
  registerPrices(program)
  registerResync(program)
  registerStatus(program)
  registerWhy(program)
  registerVerify(program)
  registerProve(program)
  registerKeys(program)
  registerEvidence(program)
  registerConfig(program)
  registerMigrate(program)
  registerHealth(program)
  registerSimulatePrices(program)
  return program
}

function fail(error: unknown): void {
  process.stderr.write(describeFailure(error, { stack: process.env['GP_LOGLEVEL'] === 'debug' }))
  process.exitCode = exitCodeOf(error)
}

function failAndExit(error: unknown): void {
  fail(error)
  process.exit()
}
