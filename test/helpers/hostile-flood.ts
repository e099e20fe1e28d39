import { randomBytes } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Attestation } from '../../src/core/statement.ts'
import { priceToBytes, wireAttestation } from '../../src/gossip/attestation-shape.ts'
import { MESSAGE_BYTES_LIMIT, type WireAttestation } from '../../src/gossip/wire.ts'
import { message } from './inbox-at-work.ts'
import type { RawPeer } from './raw-peer.ts'
import { price } from './statements.ts'

/** Messages said before anybody else has a turn. */
const AT_ONCE = 64
/** Far more than anybody may say. */
const MOST = 20_000

let made = 0

/** Ever new messages of a statement that nobody has seen, as sound as `one` but for its signatures: they are of another. */
export function distinct(one: Attestation): Uint8Array {
  made += 1
  const wire = wireAttestation(one)
  return message([{ ...wire, price: priceToBytes(price(`${3_000 + made}.25`)) }])
}

/** Ever new messages of nothing: no software that means well sends one. */
export function emptyMessage(): Uint8Array {
  made += 1
  return message([], { attempt: made })
}

/** As long as a message may be, of so many statements that nobody has seen. */
export function longDistinct(one: Attestation): Uint8Array {
  const wire = wireAttestation(one)
  const size = message([wire, wire]).length - message([wire]).length
  const count = Math.min(250, Math.floor(MESSAGE_BYTES_LIMIT / (size + 16)))
  return message(
    Array.from({ length: count }, () => {
      made += 1
      return { ...wire, price: priceToBytes(price(`${3_000 + made}.25`)) }
    }),
  )
}

/** What was said, with so many more signatures on each statement, all of them sound and of nobody. */
export function withStrangers(said: readonly Attestation[], signatures: number): Uint8Array {
  return message(
    said.map((one): WireAttestation => {
      const wire = wireAttestation(one)
      const [first = new Uint8Array()] = wire.signatures
      return { ...wire, signatures: [first, ...Array.from({ length: signatures }, () => ofNobody(first))] }
    }),
  )
}

/** Says what `next` gives as fast as it can until no node has it connected any more. */
export async function floodUntilGone(peer: RawPeer, next: () => Uint8Array): Promise<void> {
  let said = 0
  while (peer.connected() > 0) {
    if (said > MOST) throw new Error(`${said} messages were said, and somebody still listens`)
    for (let count = 0; count < AT_ONCE; count++) await peer.say(next())
    said += AT_ONCE
    await nextTurn()
  }
}

/** Memory in use after all garbage is gone, bytes. */
export function memoryInUse(): number {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  if (typeof collect !== 'function') throw new Error('this engine does not collect garbage when it is told to')
  for (let time = 0; time < 2; time++) collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** Every s is good beside an r that is: somebody can be recovered from it. */
function ofNobody(genuine: Uint8Array): Uint8Array {
  const signature = Uint8Array.from(genuine)
  signature.set(randomBytes(31), 33)
  // Below half of the order.
  signature[32] = 1
  return signature
}
