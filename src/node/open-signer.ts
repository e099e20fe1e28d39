import type { Config } from '../config.ts'
import { Signer } from '../consensus/signer.ts'
import { nobleSecp256k1 } from '../core/noble-secp256k1.ts'
import type { SignOnceMemory } from '../core/sign-once.ts'
import { loadSigningKey } from '../keys/signing-key.ts'
import type { NodeDisk } from '../store/node-disk.ts'
import type { NodeComponents } from './running-node.ts'

/** The signing key of a node, and the memory of what it has signed. */
export async function openSigner(
  { clock, logger }: Pick<NodeComponents, 'clock' | 'logger'>,
  { config, disk }: { readonly config: Config; readonly disk: NodeDisk },
): Promise<{ readonly signer: Signer; readonly memory: SignOnceMemory }> {
  const curve = nobleSecp256k1
  const key = await loadSigningKey({ curve, logger: logger.child('keys') }, config.keySource)
  const memory = disk.signOnceMemory(key.address, { madeNow: key.madeNow })
  const signer = new Signer(
    { curve, memory, clock, logger: logger.child('signer') },
    { key, intervalMs: config.constants.intervalMs },
  )
  return { signer, memory }
}
