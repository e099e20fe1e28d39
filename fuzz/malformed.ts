import { MalformedMessageError } from '../src/gossip/wire.ts'

/** What `read` reads; undefined when it refuses, as it should, what is no message. */
export function readOrRefuse<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof MalformedMessageError) return undefined
    throw error
  }
}
