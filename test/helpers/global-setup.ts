import process from 'node:process'
import { SERVER_URL, startTestServer, type TestServer } from './postgres-server.ts'

let server: TestServer | undefined

/** One Postgres for the whole test run; `node --test --test-global-setup` calls this before the first file. */
export async function globalSetup(): Promise<void> {
  server = await startTestServer()
  process.env[SERVER_URL] = server.url
}

export async function globalTeardown(): Promise<void> {
  await server?.stop()
}
