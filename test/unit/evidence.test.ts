import assert from 'node:assert/strict'
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, describe, it } from 'node:test'
import { type Hex, type TypedDataDefinition, hashTypedData, recoverTypedDataAddress } from 'viem'
import { createEquivocation, equivocationFault } from '../../src/core/equivocation.ts'
import { nobleSecp256k1 } from '../../src/core/noble-secp256k1.ts'
import { EvidenceFormatError, evidenceName, formatEvidence, parseEvidence } from '../../src/store/evidence-file.ts'
import { EVIDENCE_FILES_LIMIT, EvidenceFolder, evidenceNames } from '../../src/store/evidence-folder.ts'
import { RecordingCounters, RecordingLogger } from '../helpers/recorders.ts'
import { runCli } from '../helpers/run-cli.ts'
import { attest, bob, digest, price, statement } from '../helpers/statements.ts'
import { temporaryDirectory } from '../helpers/temporary-directory.ts'

/** Bob's two signatures over alice's prices of one slot. */
function equivocationOver(...prices: readonly [string, string]) {
  const [first, second] = prices.map((text) => {
    const { id, statement: signed, signatures } = attest(statement({ price: price(text) }), bob)
    const signature = signatures.get(bob.address)
    assert.ok(signature)
    return { id, statement: signed, signature }
  })
  assert.ok(first && second)
  return createEquivocation(bob.address, [first, second])
}

const equivocation = equivocationOver('3021.455', '3021.456')
const text = formatEvidence(equivocation)
const name = evidenceName(equivocation)

describe('a file of evidence', () => {
  it('is proved by a wallet library from nothing but itself', async () => {
    const evidence = JSON.parse(text) as {
      signer: Hex
      statements: { id: Hex; typedData: TypedDataDefinition; signature: Hex }[]
    }
    for (const { id, typedData, signature } of evidence.statements) {
      assert.equal(hashTypedData(typedData), id)
      const recovered = await recoverTypedDataAddress({ ...typedData, signature })
      assert.equal(recovered.toLowerCase(), evidence.signer)
    }
    const [first, second] = evidence.statements
    assert.notEqual(first?.id, second?.id)
    const slots = evidence.statements.map(({ typedData: { message } }) => [
      message.pair,
      message.round,
      message.proposer,
    ])
    assert.deepEqual(slots[0], slots[1])
  })

  it('is read as it was written', () => {
    assert.deepEqual(parseEvidence(text), equivocation)
    assert.equal(equivocationFault({ curve: nobleSecp256k1, digest }, parseEvidence(text)), undefined)
  })

  it('writes integers as decimal text, which no reader rounds', () => {
    const { message } = JSON.parse(text).statements[0].typedData
    assert.deepEqual(
      [typeof message.price, typeof message.round, typeof message.observedAt],
      ['string', 'string', 'string'],
    )
  })

  it('has a name that says round, pair, proposer and signer, another one for other statements', () => {
    const { round, proposer } = equivocation.slot
    const start = `${round}-ETH-USD-${proposer.slice(2, 10)}-${bob.address.slice(2, 10)}-`
    assert.match(name, new RegExp(`^${start}[0-9a-f]{8}\\.json$`))
    assert.notEqual(evidenceName(equivocationOver('3021.455', '3000')), name)
  })

  type Evidence = Record<string, unknown>
  const damages: Record<string, (evidence: Evidence) => unknown> = {
    'another kind': (evidence) => ({ ...evidence, kind: 'alibi' }),
    'another version': (evidence) => ({ ...evidence, version: 2 }),
    'a domain of another network': (evidence) => ({ ...evidence, network: 'another' }),
    'no signer': (evidence) => ({ ...evidence, signer: undefined }),
    'one statement': (evidence) => ({ ...evidence, statements: [(evidence['statements'] as unknown[])[0]] }),
    'no object': () => [],
    null: () => null,
  }
  for (const [what, damage] of Object.entries(damages)) {
    it(`with ${what} is none`, () => {
      const damaged = JSON.stringify(damage(JSON.parse(text) as Evidence))
      assert.throws(() => parseEvidence(damaged), EvidenceFormatError)
    })
  }

  const textual: Record<string, readonly [string, string]> = {
    'other types': ['"uint256"', '"uint128"'],
    'another primary type': ['"primaryType": "Price"', '"primaryType": "Prize"'],
    'a number that is not decimal': ['"price": "3', '"price": "0x3'],
    'a number above 2^53': ['"observedAt": "', '"observedAt": "9999999'],
    'a price of 0': [`"price": "${price('3021.455')}"`, '"price": "0"'],
    'a short signature': ['"signature": "0x', '"signature": "0x" , "was": "0x'],
    'half a file': [text.slice(100), ''],
  }
  for (const [what, [before, after]] of Object.entries(textual)) {
    it(`with ${what} is none`, () => {
      assert.ok(text.includes(before))
      assert.throws(() => parseEvidence(text.replace(before, after)), EvidenceFormatError)
    })
  }
})

async function createFolder(test: TestContext) {
  const dataDir = await temporaryDirectory(test)
  const directory = join(dataDir, 'evidence')
  const logger = new RecordingLogger()
  const counters = new RecordingCounters()
  return { dataDir, directory, logger, counters, folder: new EvidenceFolder({ logger, counters }, { directory }) }
}

describe('the folder of evidence', () => {
  it('keeps a file for each equivocation, once, and nothing else', async (test) => {
    const { directory, folder } = await createFolder(test)
    const other = equivocationOver('3021.455', '3000')
    await Promise.all([folder.keep(equivocation), folder.keep(other), folder.keep(equivocation)])
    assert.deepEqual((await readdir(directory)).toSorted(), [name, evidenceName(other)].toSorted())
    assert.equal(await readFile(join(directory, name), 'utf8'), text)
  })

  it('leaves a file that is there as it is', async (test) => {
    const { directory, folder } = await createFolder(test)
    await mkdir(directory)
    await writeFile(join(directory, name), 'mine')
    await folder.keep(equivocation)
    assert.equal(await readFile(join(directory, name), 'utf8'), 'mine')
  })

  it('does not show half a file, and overwrites what a crash left of one', async (test) => {
    const { directory, folder } = await createFolder(test)
    await mkdir(directory)
    await writeFile(join(directory, `${name}.new`), 'half')
    assert.deepEqual(await evidenceNames(directory), [])
    await folder.keep(equivocation)
    assert.deepEqual(await readdir(directory), [name])
  })

  it('takes 1,000 files; what is more is counted, and said once', async (test) => {
    const { directory, folder, counters, logger } = await createFolder(test)
    await mkdir(directory)
    const files = Array.from({ length: EVIDENCE_FILES_LIMIT - 1 }, (_, index) => join(directory, `${index}.json`))
    await Promise.all(files.map((file) => writeFile(file, '')))
    await folder.keep(equivocation)
    assert.equal((await evidenceNames(directory)).length, 1_000)
    await folder.keep(equivocationOver('1', '2'))
    await folder.keep(equivocationOver('1', '3'))
    await folder.keep(equivocation)
    assert.equal((await evidenceNames(directory)).length, 1_000)
    assert.equal(counters.count('gp_evidence_dropped_total'), 2)
    assert.match(logger.at('warn').join('\n'), /^\S+evidence holds 1000 proofs [^\n]+ move some elsewhere$/)
  })

  it('says so when the disk does not take a file, and takes the next', async (test) => {
    const { dataDir, directory, folder } = await createFolder(test)
    await writeFile(join(dataDir, 'evidence'), 'in the way')
    await assert.rejects(folder.keep(equivocation))
    await rm(directory)
    await folder.keep(equivocation)
    assert.deepEqual(await evidenceNames(directory), [name])
  })

  it('that is not there holds nothing', async (test) => {
    const { directory } = await createFolder(test)
    assert.deepEqual(await evidenceNames(directory), [])
  })
})

async function cliWithEvidence(test: TestContext) {
  const { dataDir, directory, folder } = await createFolder(test)
  await folder.keep(equivocation)
  const cli = (...args: string[]) => runCli(['evidence', ...args], { directory: dataDir, env: { GP_DATADIR: dataDir } })
  return { dataDir, directory, cli }
}

describe('gossip-price evidence', () => {
  it('lists what a node found, for people and for programs', async (test) => {
    const { cli } = await cliWithEvidence(test)
    const { stdout, exitCode } = await cli('list')
    assert.match(stdout, new RegExp(`^${name}  0x\\w+ signed two statements by 0x\\w+ of ETH-USD [^\\n]+\\n$`))
    assert.equal(exitCode, 0)
    const { network, pair, round, proposer } = equivocation.slot
    assert.deepEqual(JSON.parse((await cli('list', '--json')).stdout), {
      name,
      signer: bob.address,
      network,
      pair,
      round,
      proposer,
      ids: equivocation.statements.map(({ id }) => id),
    })
  })

  it('lists the files of the directory that it is told, damaged ones too', async (test) => {
    const { dataDir, cli } = await cliWithEvidence(test)
    await writeFile(join(dataDir, '7-x.json'), '{}')
    assert.equal((await cli('list', '--dir', dataDir)).stdout, '7-x.json  damaged: kind should be "equivocation"\n')
    const { stdout, stderr, exitCode } = await cli('list', '--dir', join(dataDir, 'none'))
    assert.deepEqual([stdout, exitCode], ['', 0])
    assert.match(stderr, /^no evidence in /)
  })

  it('shows a file by its name or path, as it is, and writes it where it is told, over nothing', async (test) => {
    const { dataDir, directory, cli } = await cliWithEvidence(test)
    for (const file of [name, name.replace('.json', ''), join(directory, name)]) {
      assert.equal((await cli('show', file)).stdout, text)
    }
    const out = join(dataDir, 'proof.json')
    assert.equal((await cli('show', name, '--out', out)).exitCode, 0)
    assert.equal(await readFile(out, 'utf8'), text)
    const { exitCode, stderr } = await cli('show', name, '--out', out)
    assert.equal(exitCode, 1)
    assert.match(stderr, /is there already and is not overwritten/)
    assert.match((await cli('show', 'nothing')).stderr, /^gossip-price: there is no nothing, .* evidence list\n$/)
  })

  it('checks that files are true: exit code 0, one sentence each', async (test) => {
    const { directory, cli } = await cliWithEvidence(test)
    const { stdout, exitCode } = await cli('check', join(directory, name), name)
    assert.equal(exitCode, 0)
    assert.match(stdout, /^(\S+: true: 0x\w+ signed two statements [^\n]+: 3021\.45\d and 3021\.45\d\n){2}$/)
  })

  it('checks that files are false: exit code 1, and why', async (test) => {
    const { dataDir, cli } = await cliWithEvidence(test)
    const forged = join(dataDir, 'forged.json')
    await writeFile(forged, text.replaceAll(bob.address, equivocation.slot.proposer))
    const damaged = join(dataDir, 'damaged.json')
    await writeFile(damaged, text.slice(0, 50))
    const { stdout, exitCode } = await cli('check', name, forged, damaged)
    assert.equal(exitCode, 1)
    const [first, second, third] = stdout.split('\n')
    assert.match(first ?? '', /: true: /)
    assert.equal(second, `${forged}: proves nothing: a signature is by somebody else`)
    assert.equal(third, `${damaged}: proves nothing: it is not JSON`)
    const json = await cli('check', '--json', forged)
    const { true: isTrue, fault } = JSON.parse(json.stdout)
    assert.deepEqual([json.exitCode, isTrue, fault], [1, false, 'a signature is by somebody else'])
  })
})
