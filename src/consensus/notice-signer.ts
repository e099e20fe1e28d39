import type { Address } from '../core/address.ts'
import { type Hex, fromHex } from '../core/hex.ts'
import type { Refusal, SignedRefusal } from '../core/refusal.ts'
import type { Secp256k1 } from '../core/signature.ts'
import type { Signature } from '../core/statement.ts'
import type { NodeStatus, SignedStatus } from '../core/status.ts'
import { createRefusalDigest, createStatusDigest } from '../core/typed-data.ts'
import type { SigningKey } from './signer.ts'

/**
 * Signs what a node says of itself and of what it refuses: no statement, which only a `Signer` does and remembers. It
 * takes no digest from anybody, so nothing else can be had from it.
 */
export class NoticeSigner {
  readonly address: Address
  readonly #curve: Secp256k1
  readonly #key: SigningKey
  readonly #digestOfStatus = createStatusDigest()
  readonly #digestOfRefusal = createRefusalDigest()

  constructor({ curve, key }: { readonly curve: Secp256k1; readonly key: SigningKey }) {
    this.#curve = curve
    this.#key = key
    this.address = key.address
  }

  signStatus(status: NodeStatus): SignedStatus {
    return { status, signer: this.address, signature: this.#sign(this.#digestOfStatus(status)) }
  }

  signRefusal(refusal: Refusal): SignedRefusal {
    return { refusal, signer: this.address, signature: this.#sign(this.#digestOfRefusal(refusal)) }
  }

  #sign(digest: Hex): Signature {
    return this.#curve.sign(fromHex(digest), this.#key.privateKey.reveal())
  }
}
