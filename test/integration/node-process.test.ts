import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { NodeProcess } from '../../src/cluster/node-process.ts'
import { systemClock } from '../../src/node/system-clock.ts'
import { RecordingLogger } from '../helpers/recorders.ts'
import { temporaryDirectory } from '../helpers/temporary-directory.ts'

describe('the process of a node', () => {
  it('holds nothing that strips types once its modules have been stripped: it takes 17 MB', async (t) => {
    const script = join(await temporaryDirectory(t), 'main.ts')
    const ask = `process.stdout.write(process.moduleLoadList.some((name: string) => name.includes('amaro')) + '\\n')`
    await writeFile(script, `${ask}\n// ${script}\n`)
    const first = await run(t, script)
    const second = await run(t, script)
    assert.deepEqual([first, second], ['true', 'false'])
  })
})

/** The one line that a script prints. */
async function run(t: TestContext, script: string): Promise<string> {
  const line = Promise.withResolvers<string>()
  const node = new NodeProcess(
    { clock: systemClock, logger: new RecordingLogger(), onLine: line.resolve, onFatal: line.reject },
    { name: 'script', args: [script], env: process.env },
  )
  node.ready.catch(() => undefined)
  node.start()
  t.after(() => node.stop())
  await line.promise
  // Ended by itself it has put into the cache what it made.
  await node.ready.catch(() => undefined)
  return line.promise
}
