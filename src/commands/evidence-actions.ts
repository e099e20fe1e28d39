import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { requireVariables } from '../config.ts'
import { surroundings } from '../config/surroundings.ts'
import { checksumAddress } from '../core/address.ts'
import { type Equivocation, type EquivocationFault, equivocationFault, isByProposer } from '../core/equivocation.ts'
import { nobleSecp256k1 } from '../core/noble-secp256k1.ts'
import { formatPrice } from '../core/price.ts'
import { createDigest } from '../core/typed-data.ts'
import { codeOf } from '../files/whole-file.ts'
import { EXIT } from '../node/exit-code.ts'
import { EvidenceFormatError, parseEvidence } from '../store/evidence-file.ts'
import { evidenceDirectory, evidenceNames, readEvidence } from '../store/evidence-folder.ts'
import type { EvidenceFlags } from './evidence.ts'
import { CommandError } from './failure.ts'

const FAULTS: Readonly<Record<EquivocationFault, string>> = {
  'same-statement': 'both statements are the same',
  'other-slot': 'a statement is not of the slot',
  'wrong-id': 'an id is not the digest of its statement',
  'bad-signature': 'a signature is none that anybody can have made',
  'other-signer': 'a signature is by somebody else',
}

/** What became of looking at a file. */
interface Finding {
  /** Undefined when it is no evidence at all. */
  readonly claim: Equivocation | undefined
  /** Why it proves nothing. */
  readonly fault: string | undefined
}

export async function listEvidence(flags: EvidenceFlags): Promise<void> {
  const directory = directoryOf(flags)
  const names = await evidenceNames(directory)
  if (names.length === 0) process.stderr.write(`no evidence in ${directory}: nobody was seen to equivocate\n`)
  for (const name of names) {
    const { claim, fault } = read((await readEvidence(join(directory, name))) ?? '')
    const sentence = claim === undefined ? `damaged: ${fault}` : describe(claim)
    report({ name, ...factsOf(claim), ...(claim === undefined && { fault }) }, { flags, text: `${name}  ${sentence}` })
  }
}

export async function showEvidence(file: string, flags: EvidenceFlags & { readonly out?: string }): Promise<void> {
  const text = await textOf(file, flags)
  if (flags.out === undefined) {
    process.stdout.write(text)
    return
  }
  const { out } = flags
  await writeFile(out, text, { flag: 'wx' }).catch((cause: unknown) => {
    const code = codeOf(cause)
    const what = code === 'EEXIST' ? 'is there already and is not overwritten' : `cannot be written (${code})`
    throw new CommandError(`${out} ${what}: choose another file with --out`, { cause })
  })
}

export async function checkEvidence(files: readonly string[], flags: EvidenceFlags): Promise<void> {
  for (const file of files) {
    const { claim, fault } = prove(read(await textOf(file, flags)))
    const isTrue = fault === undefined
    if (!isTrue) process.exitCode = EXIT.failed
    const sentence = isTrue && claim !== undefined ? `true: ${describe(claim)}` : `proves nothing: ${fault}`
    report(
      { file, true: isTrue, ...factsOf(claim), ...(!isTrue && { fault }) },
      { flags, text: `${file}: ${sentence}` },
    )
  }
}

/** Everything is computed again from the statements and the signatures. */
function prove({ claim, fault }: Finding): Finding {
  if (claim === undefined) return { claim, fault }
  const found = equivocationFault({ curve: nobleSecp256k1, digest: createDigest() }, claim)
  return { claim, fault: found && FAULTS[found] }
}

function read(text: string): Finding {
  try {
    return { claim: parseEvidence(text), fault: undefined }
  } catch (error) {
    if (!(error instanceof EvidenceFormatError)) throw error
    return { claim: undefined, fault: error.message }
  }
}

function describe(claim: Equivocation): string {
  const { signer, slot, statements } = claim
  const [first, second] = statements.map(({ statement }) => formatPrice(statement.price))
  const did = isByProposer(claim)
    ? 'made and signed two statements'
    : `signed two statements by ${checksumAddress(slot.proposer)}`
  return `${checksumAddress(signer)} ${did} of ${slot.pair} in round ${slot.round} of ${slot.network}: ${first} and ${second}`
}

function factsOf(claim: Equivocation | undefined): object {
  if (claim === undefined) return {}
  const { signer, slot, statements } = claim
  return { signer, ...slot, ids: statements.map(({ id }) => id) }
}

function report(facts: object, { flags, text }: { readonly flags: EvidenceFlags; readonly text: string }): void {
  process.stdout.write(`${flags.json === true ? JSON.stringify(facts) : text}\n`)
}

async function textOf(file: string, flags: EvidenceFlags): Promise<string> {
  const direct = await readEvidence(file)
  if (direct !== undefined) return direct
  const directory = directoryOf(flags)
  const named = await readEvidence(join(directory, file.endsWith('.json') ? file : `${file}.json`))
  if (named !== undefined) return named
  throw new CommandError(`there is no ${file}, neither here nor in ${directory}: see gossip-price evidence list`)
}

function directoryOf({ dir }: EvidenceFlags): string {
  return dir ?? evidenceDirectory(requireVariables(surroundings(), ['dataDir']).dataDir)
}
