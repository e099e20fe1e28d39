import type { Address } from '../core/address.ts'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { Secp256k1 } from '../core/signature.ts'
import { findSigningKey, loadSigningKey } from '../keys/signing-key.ts'
import { NodeDiskError } from '../store/node-disk-error.ts'
import { NodeDisk } from '../store/node-disk.ts'

export interface ProvisionComponents {
  readonly curve: Secp256k1
  readonly clock: Clock
  readonly logger: Logger
}

/**
 * Makes what a signing node needs in its data directory before its first start, unless it is there: a key, and with it
 * the memory of what the key has signed. Made together, they let the node sign at once; a key found without a memory
 * has to wait for a full round. A node that runs has both, and is left alone.
 *
 * @returns the signer's address
 */
export async function provisionSigner(
  components: ProvisionComponents,
  { directory }: { readonly directory: string },
): Promise<Address> {
  try {
    return await makeSigner(components, directory)
  } catch (error) {
    const runs = error instanceof NodeDiskError && error.code === 'in-use'
    const key = runs ? await findSigningKey(components, { kind: 'data-dir', directory }) : undefined
    if (key === undefined) throw error
    return key.address
  }
}

async function makeSigner(components: ProvisionComponents, directory: string): Promise<Address> {
  const disk = new NodeDisk(components, { directory })
  try {
    const { address, madeNow } = await loadSigningKey(components, { kind: 'data-dir', directory })
    disk.signOnceMemory(address, { madeNow })
    return address
  } finally {
    disk.close()
  }
}
