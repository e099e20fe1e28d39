import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { generateKeyPair, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import { type TransportKeyErrorCode, TransportKeyError, loadTransportKey } from '../../src/gossip/transport-key.ts'
import { RecordingLogger } from '../helpers/recorders.ts'

describe('transport key', () => {
  let dataDir = ''
  let logger = new RecordingLogger()

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'transport-key-'))
    logger = new RecordingLogger()
  })
  afterEach(() => rm(dataDir, { recursive: true }))

  const refuses = (code: TransportKeyErrorCode, advice: RegExp) => {
    return assert.rejects(loadTransportKey({ logger }, { dataDir }), (error: unknown) => {
      assert.ok(error instanceof TransportKeyError)
      assert.equal(error.code, code)
      assert.match(error.message, /peer-key/)
      assert.match(error.message, advice)
      return true
    })
  }

  it('is made once and is the same at every later start', async () => {
    const first = await loadTransportKey({ logger }, { dataDir })
    const second = await loadTransportKey({ logger }, { dataDir })
    assert.ok(second.equals(first))
    assert.deepEqual(logger.lines, [])
  })

  it('is made in a directory that is not there yet', async () => {
    await loadTransportKey({ logger }, { dataDir: join(dataDir, 'a', 'b') })
    assert.deepEqual(await readdir(join(dataDir, 'a', 'b')), ['peer-key'])
  })

  it('is for the eyes of its owner alone', async () => {
    await loadTransportKey({ logger }, { dataDir })
    assert.equal((await stat(join(dataDir, 'peer-key'))).mode & 0o777, 0o600)
  })

  it('draws a warning when others can read it', async () => {
    await loadTransportKey({ logger }, { dataDir })
    await chmod(join(dataDir, 'peer-key'), 0o644)
    await loadTransportKey({ logger }, { dataDir })
    assert.equal(logger.at('warn').length, 1)
    assert.match(logger.at('warn')[0] ?? '', /chmod 600 .*peer-key$/)
  })

  it('a file that is no key is refused with a way out, and left as it is', async () => {
    for (const bytes of [Buffer.from('not a key'), Buffer.alloc(0), Buffer.alloc(68, 0xff)]) {
      await writeFile(join(dataDir, 'peer-key'), bytes)
      await refuses('corrupt', /restore it from a backup, or delete it/)
      assert.deepEqual(await readFile(join(dataDir, 'peer-key')), bytes)
    }
  })

  it('a key of another type is refused', async () => {
    await writeFile(join(dataDir, 'peer-key'), privateKeyToProtobuf(await generateKeyPair('secp256k1')))
    await refuses('corrupt', /secp256k1, not Ed25519/)
  })

  it('what cannot be read or written is told with a way out', async () => {
    await mkdir(join(dataDir, 'peer-key'))
    await refuses('unreadable', /GP_DATADIR/)
    await rm(join(dataDir, 'peer-key'), { recursive: true })
    await mkdir(join(dataDir, 'peer-key.new'))
    await refuses('not-writable', /GP_DATADIR/)
  })
})
