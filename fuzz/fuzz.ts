import { randomBytes } from 'node:crypto'
import process from 'node:process'
import { wantsColour } from '../src/telemetry/logger.ts'
import { runCommand } from './command.ts'
import { createProgress } from './progress.ts'
import { TARGETS } from './targets.ts'

process.exitCode = await runCommand(
  {
    targets: TARGETS,
    write: (text) => process.stdout.write(text),
    complain: (text) => process.stderr.write(text),
    progress: createProgress(process.stderr, {
      terminal: process.stderr.isTTY,
      colour: wantsColour(process.stderr, process.env),
    }),
    colour: wantsColour(process.stdout, process.env),
    makeSeed: () => randomBytes(4).readUInt32BE(),
  },
  process.argv.slice(2),
)
