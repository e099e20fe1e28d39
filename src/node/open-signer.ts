import type { Config } from '../config.ts'
import { NoticeSigner } from '../consensus/notice-signer.ts'
import { Signer } from '../consensus/signer.ts'
import type { SignOnceMemory } from '../core/sign-once.ts'
import type { Secp256k1 } from '../core/signature.ts'
import { loadSigningKey } from '../keys/signing-key.ts'
import type { NodeDisk } from '../store/node-disk.ts'
import type { NodeComponents } from './running-node.ts'

/** What signs for a node: its statements with a memory of what it has signed, and its notices. */
export interface Signers {
  readonly signer: Signer
  readonly noticeSigner: NoticeSigner
  readonly memory: SignOnceMemory
}

/** The signing key of a node, and the memory of what it has signed. */
export async function openSigner(
  { clock, logger, curve }: Pick<NodeComponents, 'clock' | 'logger'> & { readonly curve: Secp256k1 },
  { config, disk }: { readonly config: Config; readonly disk: NodeDisk },
): Promise<Signers> {
  const key = await loadSigningKey({ curve, logger: logger.child('keys') }, config.keySource)
  const memory = disk.signOnceMemory(key.address, { madeNow: key.madeNow })
  const signer = new Signer(
    { curve, memory, clock, logger: logger.child('signer') },
    { key, intervalMs: config.constants.intervalMs },
  )
  return { signer, noticeSigner: new NoticeSigner({ curve, key }), memory }
}
