import { isDeepStrictEqual } from 'node:util'
import { parseSigners } from '../src/config/parse-signers.ts'
import { formatSigner, largestSize, parseSigner } from '../src/core/signer-set.ts'
import { NO_FILES } from './addresses.ts'
import { type Target, bytesOf, rule, textOf } from './target.ts'

const A = '0x1d443Bd1e3cd585b0908270c5e6397eE811Ef489'
const B = '0x5f56845ac0e839e5ab8c17a82afa8b11296caac6'

/** Entries of a signer set, from a variable or a file. */
export const signers: Target = {
  name: 'signers',
  about: 'entries of a signer set, as ADDRESS or ADDRESS@FROM-TO',
  share: 7,
  form: 'text',
  words: ['@', '-', ',', '#', '\n', '0x', '0X', A, B, A.toUpperCase(), '@0-', '@-0', '@5-4', '999999999999999'],
  seeds: () =>
    [A, `${A}, ${B}`, `${A}@10-20`, `${A}@-9,${A}@10-,${B}@5-5`, `# ours\n${A}\n${B}@7- # new\n`].map(bytesOf),
  open: () => (input) => {
    const text = textOf(input)
    const one = parseSigner(text.trim())
    if ('address' in one)
      rule(isDeepStrictEqual(parseSigner(formatSigner(one)), one), 'an entry is written so that it is read the same')
    else rule(one.expected !== '', 'a fault says what is expected')

    const inVariable = parseSigners(text.trim() || '-', NO_FILES)
    const inFile = parseSigners('@file', { read: () => ({ text }) })
    for (const parsed of [inVariable, inFile]) {
      if (!('value' in parsed)) continue
      rule(!parsed.value.open && parsed.value.entries.length > 0, 'nothing that is written opens a network')
      rule(largestSize(parsed.value) >= 1, 'somebody may sign at some time')
      for (const { address, fromRound, toRound } of parsed.value.entries) {
        rule(parsed.value.allows(address, fromRound ?? toRound ?? (0 as never)), 'whoever is named may sign')
      }
    }
    if ('value' in inVariable) return 'signers'
    return 'value' in inFile ? 'signers in a file' : 'faults'
  },
}
