import { CommandError, describeFailure } from './failure.ts'

/**
 * Makes an exit code of output that cannot be written: half of a listing must not look like all of it. Whoever reads may
 * stop reading (`| head`), which is no fault, and no reason to end a node.
 *
 * @param exitCode - unless there is a reason for another one already
 */
export function watchOutput(exitCode: number): void {
  let isSaid = false
  process.stderr.on('error', () => undefined)
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE' || isSaid) return
    isSaid = true
    process.exitCode ??= exitCode
    const failure = new CommandError(`the output cannot be written: ${error.message}`, { cause: error })
    process.stderr.write(describeFailure(failure, { stack: false }))
  })
}
