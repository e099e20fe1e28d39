import assert from 'node:assert/strict'
import { createCipheriv, scryptSync } from 'node:crypto'
import { chmod, mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, describe, it } from 'node:test'
import { inspect } from 'node:util'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { privFromLegacyKeystore } from 'micro-eth-signer/keystore.js'
import { privateKeyToAddress } from 'viem/accounts'
import { checksumAddress } from '../../src/core/address.ts'
import { toHex } from '../../src/core/hex.ts'
import { nobleSecp256k1 } from '../../src/core/noble-secp256k1.ts'
import { SecretValue } from '../../src/core/secret-value.ts'
import { KeyError, type KeyErrorCode } from '../../src/keys/key-error.ts'
import { type KeyFiles, keyFilesIn, openKeyFiles, writeKeyFiles } from '../../src/keys/key-files.ts'
import { openKeystore, sealKeystore } from '../../src/keys/keystore.ts'
import { findSigningKey, loadSigningKey, makePrivateKey } from '../../src/keys/signing-key.ts'
import { RecordingLogger } from '../helpers/recorders.ts'
import { temporaryDirectory } from '../helpers/temporary-directory.ts'

/** The example of the Web3 Secret Storage specification, with its pbkdf2 and scrypt keystores. */
const SPECIFIED = {
  password: new SecretValue('testpassword'),
  privateKey: '0x7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d',
  pbkdf2: {
    crypto: {
      cipher: 'aes-128-ctr',
      cipherparams: { iv: '6087dab2f9fdbbfaddc31a909735c1e6' },
      ciphertext: '5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46',
      kdf: 'pbkdf2',
      kdfparams: {
        c: 262144,
        dklen: 32,
        prf: 'hmac-sha256',
        salt: 'ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd',
      },
      mac: '517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2',
    },
    id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
    version: 3,
  },
}

function components() {
  return { curve: nobleSecp256k1, logger: new RecordingLogger() }
}

function isKeyError(code: KeyErrorCode, sentence?: RegExp) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof KeyError, String(error))
    assert.equal(error.code, code, error.message)
    if (sentence !== undefined) assert.match(error.message, sentence)
    return true
  }
}

async function written(test: TestContext): Promise<KeyFiles & { readonly privateKey: SecretValue<Uint8Array> }> {
  const directory = await temporaryDirectory(test)
  const files = { file: join(directory, 'key.json'), passwordFile: join(directory, 'key.password') }
  const { privateKey } = makePrivateKey(components())
  await writeKeyFiles(components(), { ...files, privateKey, cost: 'light' })
  return { ...files, privateKey }
}

async function sealed(): Promise<Record<string, unknown>> {
  const { privateKey } = makePrivateKey(components())
  return JSON.parse(await sealKeystore(privateKey, { password: new SecretValue('right'), cost: 'light' }))
}

function open(keystore: unknown, password = 'right') {
  const text = typeof keystore === 'string' ? keystore : JSON.stringify(keystore)
  return openKeystore(components(), { text, password: new SecretValue(password), file: 'key.json' })
}

describe('a private key', () => {
  it('has the address that another library computes for it', () => {
    const { address, privateKey } = makePrivateKey(components())
    assert.equal(checksumAddress(address), privateKeyToAddress(toHex(privateKey.reveal())))
  })

  it('is a new one every time', () => {
    assert.notEqual(makePrivateKey(components()).address, makePrivateKey(components()).address)
  })

  it('prints as [redacted], however it is printed', () => {
    const { privateKey } = makePrivateKey(components())
    const printed = [String(privateKey), JSON.stringify({ privateKey }), inspect({ privateKey }, { showHidden: true })]
    assert.deepEqual(printed, ['[redacted]', '{"privateKey":"[redacted]"}', '{ privateKey: [redacted] }'])
  })
})

/** A keystore that no library would make, with the password of {@link open}. */
function sealedByHand(bytes: Uint8Array): object {
  const [salt, iv] = [Buffer.alloc(32, 1), Buffer.alloc(16, 2)]
  const derived = scryptSync('right', salt, 32, { N: 2, r: 8, p: 1 })
  const cipher = createCipheriv('aes-128-ctr', derived.subarray(0, 16), iv)
  const ciphertext = Buffer.concat([cipher.update(bytes), cipher.final()])
  const mac = Buffer.from(keccak_256(Buffer.concat([derived.subarray(16), ciphertext])))
  return {
    version: 3,
    id: SPECIFIED.pbkdf2.id,
    crypto: {
      cipher: 'aes-128-ctr',
      cipherparams: { iv: iv.toString('hex') },
      ciphertext: ciphertext.toString('hex'),
      kdf: 'scrypt',
      kdfparams: { dklen: 32, n: 2, r: 8, p: 1, salt: salt.toString('hex') },
      mac: mac.toString('hex'),
    },
  }
}

describe('a keystore', () => {
  it('of the specification opens, though it names no address', async () => {
    const { password, pbkdf2, privateKey } = SPECIFIED
    const opened = await openKeystore(components(), { text: JSON.stringify(pbkdf2), password, file: 'x' })
    assert.equal(toHex(opened.privateKey.reveal()), privateKey)
  })

  it('opens when its members are spelled with capital letters', async () => {
    const { password, pbkdf2, privateKey } = SPECIFIED
    const text = JSON.stringify({ Version: undefined, version: 3, Crypto: pbkdf2.crypto })
    const opened = await openKeystore(components(), { text, password, file: 'x' })
    assert.equal(toHex(opened.privateKey.reveal()), privateKey)
  })

  it('that we write is opened by a wallet library, with scrypt parameters of geth', async () => {
    const { address, privateKey } = makePrivateKey(components())
    const text = await sealKeystore(privateKey, { password: new SecretValue('pässwörd'), cost: 'light' })
    const keystore = JSON.parse(text)
    assert.equal(`0x${keystore.address}`, address)
    assert.deepEqual([keystore.version, keystore.crypto.kdfparams.n, keystore.crypto.kdfparams.p], [3, 4096, 6])
    assert.deepEqual(await privFromLegacyKeystore(keystore, 'pässwörd'), privateKey.reveal())
  })

  it('costs more to guess when it is not light', async () => {
    const { privateKey } = makePrivateKey(components())
    const text = await sealKeystore(privateKey, { password: new SecretValue('x'), cost: 'standard' })
    assert.equal(JSON.parse(text).crypto.kdfparams.n, 131_072)
    assert.deepEqual(
      (await openKeystore(components(), { text, password: new SecretValue('x'), file: 'x' })).privateKey.reveal(),
      privateKey.reveal(),
    )
  })

  it('does not open with another password, and says so without either of them', async () => {
    const keystore = await sealed()
    await assert.rejects(open(keystore, 'wr0ng'), (error) => {
      assert.ok(isKeyError('wrong-password', /does not open key\.json/)(error))
      return !inspect(error).includes('wr0ng')
    })
  })

  for (const [title, text] of [
    ['random bytes', '\u0000\u0001'],
    ['nothing', ''],
    ['null', 'null'],
    ['a keystore of another kind', '{"version":4}'],
    ['a list', '[]'],
  ] as const) {
    it(`is not ${title}`, async () => {
      await assert.rejects(open(text), isKeyError('not-a-keystore', /key\.json is no keystore/))
    })
  }

  it('without its ciphertext is damaged', async () => {
    await assert.rejects(open({ version: 3 }), isKeyError('damaged'))
    await assert.rejects(open({ version: 3, crypto: { kdf: 'rot13' } }), isKeyError('damaged'))
  })

  it('that names another address than its key has is damaged', async () => {
    const keystore = await sealed()
    await assert.rejects(open({ ...keystore, address: '0'.repeat(40) }), isKeyError('damaged', /names the address/))
    const forged = '\u001b[2J'
    const ours = { ...sealedByHand(new Uint8Array(32).fill(1)), address: forged }
    await assert.rejects(open(ours), (error) => {
      assert.ok(isKeyError('damaged', /names what is no address/)(error))
      return !inspect(error).includes(forged)
    })
  })

  it('may spell its address as wallets do, with 0x, with capital letters', async () => {
    const keystore = sealedByHand(new Uint8Array(32).fill(1))
    const address = checksumAddress((await open(keystore)).address)
    const swapped = address.replaceAll(/[a-f]/gi, (digit) => (digit < 'a' ? digit.toLowerCase() : digit.toUpperCase()))
    for (const spelled of [address, address.slice(2), address.toUpperCase(), swapped.slice(2)]) {
      assert.equal(checksumAddress((await open({ ...keystore, address: spelled })).address), address)
    }
  })

  it('of what is no private key is damaged', async () => {
    for (const bytes of [new Uint8Array(32), new Uint8Array(32).fill(0xff)]) {
      await assert.rejects(open(sealedByHand(bytes)), isKeyError('damaged'))
    }
  })
})

describe('key files', () => {
  it('hold the key that was written, and the password in a file of its own', async (test) => {
    const { privateKey, ...files } = await written(test)
    const opened = await openKeyFiles(components(), files)
    assert.deepEqual(opened?.privateKey.reveal(), privateKey.reveal())
    assert.match(await readFile(files.passwordFile, 'utf8'), /^[0-9a-f]{48}\n$/)
  })

  it('can be read by their owner only, and nothing else is left in the directory', async (test) => {
    const { file, passwordFile } = await written(test)
    for (const each of [file, passwordFile]) assert.equal((await stat(each)).mode & 0o777, 0o600)
    assert.deepEqual((await readdir(join(file, '..'))).toSorted(), ['key.json', 'key.password'])
  })

  it('are never overwritten', async (test) => {
    const { file, passwordFile } = await written(test)
    const before = await readFile(file, 'utf8')
    const { privateKey } = makePrivateKey(components())
    const again = writeKeyFiles(components(), { file, passwordFile, privateKey, cost: 'light' })
    await assert.rejects(again, isKeyError('exists'))
    assert.equal(await readFile(file, 'utf8'), before)
  })

  it('that exist keep a password from being made beside them', async (test) => {
    const { file, passwordFile, privateKey } = await written(test)
    await rm(passwordFile)
    await assert.rejects(writeKeyFiles(components(), { file, passwordFile, privateKey, cost: 'light' }))
    await assert.rejects(stat(passwordFile), { code: 'ENOENT' })
  })

  it('take the password of a file that is there: its first line, however that ends', async (test) => {
    const { file, passwordFile, privateKey } = await written(test)
    await rm(file)
    await writeFile(passwordFile, 'hunter2\r\nnot this\n', { mode: 0o600 })
    await writeKeyFiles(components(), { file, passwordFile, privateKey, cost: 'light' })
    assert.deepEqual(
      await privFromLegacyKeystore(JSON.parse(await readFile(file, 'utf8')), 'hunter2'),
      privateKey.reveal(),
    )
  })

  it('cannot have an empty password', async (test) => {
    const { file, passwordFile } = await written(test)
    await writeFile(passwordFile, '\nhunter2\n')
    await assert.rejects(
      openKeyFiles(components(), { file, passwordFile }),
      isKeyError('no-password', /first line .* is empty/),
    )
  })

  it('without a password file are no use, and the sentence says where the password goes', async (test) => {
    const { file, passwordFile } = await written(test)
    await rm(passwordFile)
    await assert.rejects(
      openKeyFiles(components(), { file, passwordFile }),
      isKeyError('no-password', /key\.password does not exist: put/),
    )
  })

  it('that others can read are used with a warning that says what to do', async (test) => {
    const { file, passwordFile } = await written(test)
    const quiet = components()
    await openKeyFiles(quiet, { file, passwordFile })
    assert.deepEqual(quiet.logger.at('warn'), [])
    await chmod(file, 0o640)
    const warned = components()
    await openKeyFiles(warned, { file, passwordFile })
    assert.deepEqual(warned.logger.at('warn'), [`other users of this machine can read ${file}: run chmod 600 ${file}`])
  })

  it('that cannot be read are told by a sentence', async (test) => {
    const directory = await temporaryDirectory(test)
    const files = { file: directory, passwordFile: directory }
    await assert.rejects(openKeyFiles(components(), files), isKeyError('unreadable', /cannot read .* \(EISDIR\)/))
  })

  it('that cannot be written are told by a sentence', async (test) => {
    const { file, passwordFile, privateKey } = await written(test)
    const impossible = { file: join(file, 'below', 'key.json'), passwordFile, privateKey, cost: 'light' } as const
    await assert.rejects(
      writeKeyFiles(components(), impossible),
      isKeyError('unwritable', /cannot write .* \(ENOTDIR\)/),
    )
  })
})

describe('the signing key', () => {
  it('from the environment is used as it is', async () => {
    const { address, privateKey } = makePrivateKey(components())
    const key = await loadSigningKey(components(), { kind: 'private-key', privateKey })
    assert.deepEqual([key.address, key.madeNow, key.file], [address, false, undefined])
  })

  it('from a key file is the key in it', async (test) => {
    const { privateKey, ...files } = await written(test)
    const key = await loadSigningKey(components(), { kind: 'key-file', ...files })
    assert.deepEqual([key.privateKey.reveal(), key.madeNow, key.file], [privateKey.reveal(), false, files.file])
  })

  it('is not made where a key file is configured and missing', async (test) => {
    const { file, passwordFile } = await written(test)
    await rm(file)
    const source = { kind: 'key-file', file, passwordFile } as const
    await assert.rejects(
      loadSigningKey(components(), source),
      isKeyError('unreadable', /keys new --out .*key\.json makes one/),
    )
    await assert.rejects(stat(file), { code: 'ENOENT' })
  })

  it('is made in the data directory at the first start, and found there at every other', async (test) => {
    const source = { kind: 'data-dir', directory: join(await temporaryDirectory(test), 'new', 'node') } as const
    assert.equal(await findSigningKey(components(), source), undefined)
    const made = await loadSigningKey(components(), source)
    const found = await loadSigningKey(components(), source)
    assert.deepEqual([made.madeNow, found.madeNow, found.address], [true, false, made.address])
    assert.deepEqual(found.privateKey.reveal(), made.privateKey.reveal())
    assert.deepEqual((await readdir(source.directory)).toSorted(), ['signing-key.json', 'signing-key.password'])
  })

  it('is one, however many processes start at the same time', async (test) => {
    const source = { kind: 'data-dir', directory: await temporaryDirectory(test) } as const
    const keys = await Promise.all(Array.from({ length: 5 }, () => loadSigningKey(components(), source)))
    assert.equal(new Set(keys.map(({ address }) => address)).size, 1)
    assert.equal(keys.filter(({ madeNow }) => madeNow).length, 1)
  })

  it('is made with the password that a start which did not finish left behind', async (test) => {
    const directory = await temporaryDirectory(test)
    const { passwordFile } = keyFilesIn(directory)
    await writeFile(passwordFile, 'left behind\n', { mode: 0o600 })
    const made = await loadSigningKey(components(), { kind: 'data-dir', directory })
    assert.equal(made.madeNow, true)
    assert.equal(await readFile(passwordFile, 'utf8'), 'left behind\n')
    assert.equal((await loadSigningKey(components(), { kind: 'data-dir', directory })).address, made.address)
  })

  it('is not made anew when there is one that cannot be opened', async (test) => {
    const directory = await temporaryDirectory(test)
    await mkdir(directory, { recursive: true })
    await writeFile(keyFilesIn(directory).file, 'not a keystore', { mode: 0o600 })
    await writeFile(keyFilesIn(directory).passwordFile, 'x', { mode: 0o600 })
    await assert.rejects(loadSigningKey(components(), { kind: 'data-dir', directory }), isKeyError('not-a-keystore'))
  })

  it('is told by its address when it is made, and by nothing else', async (test) => {
    const parts = components()
    const key = await loadSigningKey(parts, { kind: 'data-dir', directory: await temporaryDirectory(test) })
    const printed = inspect([parts.logger.lines, key], { depth: 9 })
    assert.ok(printed.includes(key.address))
    assert.ok(!printed.includes(toHex(key.privateKey.reveal()).slice(2)))
  })
})
