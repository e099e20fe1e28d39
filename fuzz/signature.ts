import { fromHex, toHex } from '../src/core/hex.ts'
import { loadSecp256k1 } from '../src/core/load-secp256k1.ts'
import { nobleSecp256k1 } from '../src/core/noble-secp256k1.ts'
import { SIGNATURE_BYTES, recoverSigner, signatureFault } from '../src/core/signature.ts'
import { attest, statement, testSigners } from '../test/helpers/statements.ts'
import { type Target, rule } from './target.ts'

const DIGEST_BYTES = 32
/** The portable curve takes 2 ms for a recovery. */
const PORTABLE_ONCE_IN = 64

const { curve, fault } = loadSecp256k1()

/** A digest of 32 bytes, and what should be a signature over it. */
export const signature: Target = {
  name: 'signature',
  about: `signatures over digests, recovered by ${fault === undefined ? 'both curves' : 'the portable curve'}`,
  share: 6,
  form: 'bytes',
  seeds: () =>
    testSigners(6).map((signer, index) => {
      const { id, signatures } = attest(statement({ observedAt: 1_000 * index }), signer)
      return Uint8Array.of(...fromHex(id), ...(signatures.get(signer.address) ?? []))
    }),
  open: () => (input) => {
    const digest = new Uint8Array(DIGEST_BYTES)
    digest.set(input.subarray(0, DIGEST_BYTES))
    const bytes = input.slice(DIGEST_BYTES)
    const found = signatureFault(bytes)
    if (found !== undefined) return found
    rule(bytes.length === SIGNATURE_BYTES, 'a signature has 65 bytes')
    const isPortablesTurn = digest.reduce((sum, byte) => sum + byte, 0) % PORTABLE_ONCE_IN === 0
    if (fault !== undefined && !isPortablesTurn) return 'in shape'
    const signed = { id: toHex(digest), signature: bytes }
    const recovered = recoverSigner(curve, signed)
    if (isPortablesTurn) {
      const portable = recoverSigner(nobleSecp256k1, signed)
      rule(JSON.stringify(recovered) === JSON.stringify(portable), 'both curves say the same')
    }
    return 'fault' in recovered ? recovered.fault : 'a signer'
  },
}
