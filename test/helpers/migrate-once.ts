// Migrates the database whose URL it is given, and prints the names of the migrations that it applied.
import process from 'node:process'
import { migrate } from '../../src/store/migrations.ts'
import { RecordingLogger } from './recorders.ts'

const applied = await migrate({ logger: new RecordingLogger() }, { url: process.argv[2] ?? '' })
process.stdout.write(JSON.stringify(applied))
