import { writeSync } from 'node:fs'
import { systemClock } from '../../src/node/system-clock.ts'
import { NodeDisk } from '../../src/store/node-disk.ts'
import { RecordingLogger } from './recorders.ts'
import { alice, attest, bob, statement } from './statements.ts'

// A process of its own for tests that kill it: remembers one statement on the disk given, says so, and waits.
const [, , directory = ''] = process.argv
const disk = new NodeDisk({ clock: systemClock, logger: new RecordingLogger() }, { directory })
disk.signOnceMemory(bob.address, { madeNow: true }).remember([attest(statement(), alice, bob)])
writeSync(process.stdout.fd, 'remembered\n')
process.stdin.resume()
