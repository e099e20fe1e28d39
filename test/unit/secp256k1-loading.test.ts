import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { arch, platform } from 'node:os'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { getPublicKey, recoverPublicKey, sign } from '@noble/secp256k1'
import { fromHex } from '../../src/core/hex.ts'
import { type Secp256k1Fault, loadSecp256k1 } from '../../src/core/load-secp256k1.ts'
import { type Libsecp256k1, createNativeSecp256k1 } from '../../src/core/native-secp256k1.ts'
import { nobleSecp256k1 } from '../../src/core/noble-secp256k1.ts'
import { bytes32, signatureOf } from '../helpers/secp256k1-numbers.ts'
import { temporaryDirectory } from '../helpers/temporary-directory.ts'

const run = promisify(execFile)

const LOADER = new URL('../../src/core/load-secp256k1.ts', import.meta.url).href

interface Loaded {
  readonly implementation: string
  readonly fault?: Secp256k1Fault
}

/** What the package has binaries for. */
const isBuiltForThis = ['linux-x64', 'darwin-arm64', 'win32-x64'].includes(`${platform()}-${arch()}`)

const POINT = Uint8Array.of(4, ...new Uint8Array(64).fill(7))
const REFUSAL = 'Public key could not be recover'

/** Behaves as the library does, on machines that it does not run on too. */
const honest: Libsecp256k1 = {
  ecdsaSign: (digest, key) => signed(digest, key),
  ecdsaRecover(signature, recid, digest) {
    try {
      const recovered = Uint8Array.of(recid, ...signature)
      return recoverPublicKey(recovered, digest, { prehash: false, isCompressed: false })
    } catch {
      throw new Error(REFUSAL)
    }
  },
  publicKeyCreate: (key, compressed) => getPublicKey(key, compressed),
}

function signed(digest: Uint8Array, key: Uint8Array, entropy?: Uint8Array): ReturnType<Libsecp256k1['ecdsaSign']> {
  const options = { prehash: false, lowS: true, format: 'recovered' } as const
  const bytes = sign(digest, key, entropy === undefined ? options : { ...options, extraEntropy: entropy })
  return { signature: bytes.slice(1), recid: bytes[0] ?? 0 }
}

function fails(message: string): () => never {
  return () => {
    throw new Error(message)
  }
}

/** As honest as can be, but where it ought to refuse. */
function recoverOr(refuse: () => Uint8Array): Libsecp256k1['ecdsaRecover'] {
  return (...args) => {
    try {
      return honest.ecdsaRecover(...args)
    } catch {
      return refuse()
    }
  }
}

describe('loading the curve', () => {
  it('gives libsecp256k1 wherever there is a binary for it', { skip: !isBuiltForThis }, () => {
    const { curve, fault } = loadSecp256k1()
    assert.equal(fault, undefined)
    assert.equal(curve.implementation, 'libsecp256k1')
  })

  it('gives the portable one, not the slow one inside the package, when its binary is missing', async (t) => {
    const program = `
      import { loadSecp256k1 } from ${JSON.stringify(LOADER)}
      const { curve, fault } = loadSecp256k1()
      console.log(JSON.stringify({ implementation: curve.implementation, fault }))`
    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program], {
      env: { ...process.env, SECP256K1_PREBUILD: await temporaryDirectory(t) },
    })
    const { implementation, fault } = JSON.parse(stdout) as Loaded
    assert.equal(implementation, '@noble/secp256k1')
    assert.equal(fault?.code, 'not-loaded')
    assert.match(fault.reason, /^No native build was found for [^\n]+$/)
  })

  it('gives the portable one when no binary loads, with the first line of the reason', () => {
    const load = fails('No native build was found for platform=plan9\n    loaded from: somewhere\n')
    assert.deepEqual(loadSecp256k1({ load }), {
      curve: nobleSecp256k1,
      fault: { code: 'not-loaded', reason: 'No native build was found for platform=plan9' },
    })
  })

  for (const thing of [undefined, null, 'text', {}, { ecdsaSign: 1, ecdsaRecover: 2, publicKeyCreate: 3 }]) {
    it(`gives the portable one when what loads is no library but ${JSON.stringify(thing)}`, () => {
      const { curve, fault } = loadSecp256k1({ load: () => thing })
      assert.equal(curve, nobleSecp256k1)
      assert.equal(fault?.code, 'wrong-answers')
      assert.match(fault.reason, /publicKeyCreate/)
    })
  }

  it('gives what loads when all its answers are right', () => {
    const { curve, fault } = loadSecp256k1({ load: () => honest })
    assert.equal(fault, undefined)
    assert.equal(curve.implementation, 'libsecp256k1')
  })
})

describe('the portable curve is used in place of a library that', () => {
  const liars: readonly { readonly name: string; readonly lie: Partial<Libsecp256k1>; readonly reason: RegExp }[] = [
    { name: 'derives another key', lie: { publicKeyCreate: () => POINT }, reason: /another address/ },
    {
      name: 'signs soundly, but not with the nonce of RFC 6979',
      lie: { ecdsaSign: (digest, key) => signed(digest, key, new Uint8Array(32).fill(7)) },
      reason: /has other bytes/,
    },
    {
      name: 'gives one recovery id alone',
      lie: { ecdsaSign: (digest, key) => ({ ...signed(digest, key), recid: 0 }) },
      reason: /has other bytes/,
    },
    { name: 'recovers another key', lie: { ecdsaRecover: () => POINT }, reason: /another signer/ },
    {
      name: 'takes every recovery id for 0',
      lie: { ecdsaRecover: (signature, _, digest) => honest.ecdsaRecover(signature, 0, digest, false) },
      reason: /another signer/,
    },
    { name: 'recovers nothing', lie: { ecdsaRecover: fails(REFUSAL) }, reason: /another signer/ },
    { name: 'recovers a key of nobody', lie: { ecdsaRecover: recoverOr(() => POINT) }, reason: /no key can make/ },
    {
      name: 'refuses in words that are not known',
      lie: { ecdsaRecover: recoverOr(fails('Signature of nobody\n')) },
      reason: /^Signature of nobody$/,
    },
  ]
  for (const { name, lie, reason } of liars) {
    it(name, () => {
      const { curve, fault } = loadSecp256k1({ load: () => ({ ...honest, ...lie }) })
      assert.equal(curve, nobleSecp256k1)
      assert.equal(fault?.code, 'wrong-answers')
      assert.match(fault.reason, reason)
    })
  }
})

describe('libsecp256k1 behind the port', () => {
  const digest = bytes32(1n)
  const key = bytes32(2n)

  for (const recid of [2, 3]) {
    it(`does not give out a signature with recovery id ${recid}, which no v says`, () => {
      const library = { ...honest, ecdsaSign: () => ({ ...signed(digest, key), recid }) }
      assert.throws(() => createNativeSecp256k1(library).sign(digest, key), RangeError)
    })
  }

  it('throws on a fault of the library, rather than take it for a signature of nobody', () => {
    const broken = fails('out of memory')
    const curve = createNativeSecp256k1({ ...honest, ecdsaRecover: broken, publicKeyCreate: broken })
    assert.throws(() => curve.recover(digest, signatureOf({ r: 1n, s: 1n, v: 27 })), /out of memory/)
    assert.throws(() => curve.addressOf(key), /out of memory/)
  })

  it('shows the library a digest modulo the group order alone', () => {
    const seen: Uint8Array[] = []
    const ecdsaSign: Libsecp256k1['ecdsaSign'] = (each) => {
      seen.push(each)
      return signed(each, key)
    }
    const curve = createNativeSecp256k1({ ...honest, ecdsaSign })
    curve.sign(new Uint8Array(32).fill(0xff), key)
    curve.sign(digest, key)
    assert.deepEqual(seen, [fromHex('0x000000000000000000000000000000014551231950b75fc4402da1732fc9bebe'), digest])
  })
})
