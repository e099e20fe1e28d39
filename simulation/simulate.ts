import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { wantsColour } from '../src/telemetry/logger.ts'
import { runCommand } from './command.ts'
import { createProgress } from './progress.ts'
import { Threads } from './threads.ts'

process.exitCode = await runCommand(
  {
    write: (text) => process.stdout.write(text),
    complain: (text) => process.stderr.write(text),
    progress: createProgress(process.stderr, {
      terminal: process.stderr.isTTY,
      colour: wantsColour(process.stderr, process.env),
    }),
    colour: wantsColour(process.stdout, process.env),
    nowMs: () => performance.now(),
    makeSeed: () => randomBytes(4).readUInt32BE(),
    cores: availableParallelism(),
    openThreads: (count, copy) => new Threads({ count, root: copy?.root }),
    async runThere(root, args) {
      const command = [...process.execArgv, join(root, 'simulation', 'simulate.ts'), ...args]
      const [exitCode] = await once(spawn(process.execPath, command, { stdio: 'inherit' }), 'exit')
      return Number(exitCode ?? 1)
    },
  },
  process.argv.slice(2),
)
