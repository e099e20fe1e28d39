import { checksumAddress } from '../core/address.ts'
import { nobleSecp256k1 } from '../core/noble-secp256k1.ts'
import { writeWhole } from '../files/whole-file.ts'
import { provisionSigner } from '../node/provision.ts'
import { systemClock } from '../node/system-clock.ts'
import { createCommandLogger } from './command-logger.ts'
import type { JsonOption } from './keys.ts'

/** Makes the signing identities of several nodes, and the file that lists them. */
export async function provision(
  directories: readonly string[],
  { signers: file, json }: JsonOption & { readonly signers?: string },
): Promise<void> {
  const logger = createCommandLogger()
  const made: { readonly address: string; readonly directory: string }[] = []
  for (const directory of directories) {
    const address = await provisionSigner({ curve: nobleSecp256k1, clock: systemClock, logger }, { directory })
    made.push({ address: checksumAddress(address), directory })
  }
  const list = made.map(({ address, directory }) => `${address}  # ${directory}\n`).join('')
  process.stdout.write(json === true ? made.map((each) => `${JSON.stringify(each)}\n`).join('') : list)
  if (file !== undefined) await writeWhole(file, list)
}
