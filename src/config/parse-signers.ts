import { type SignerEntry, type SignerSet, createSignerSet, overlap, parseSigner } from '../core/signer-set.ts'
import { type Fault, NO_EMPTY_ITEM, type Parse, contentOf, fault } from './parse.ts'

/**
 * Signers, separated by commas, or `@FILE` with one or more on a line and comments from # to the end of a line.
 */
export const parseSigners: Parse<SignerSet> = (text, files) => {
  const content = contentOf(text, files)
  if ('faults' in content) return content
  const faults: Fault[] = []
  const entries: SignerEntry[] = []
  for (const { item, label } of itemsOf(content.value, text)) {
    const entry = item === '' ? { expected: NO_EMPTY_ITEM } : parseSigner(item)
    if ('expected' in entry) faults.push({ item: label, expected: entry.expected })
    else if (entries.some((other) => overlap(other, entry))) {
      faults.push({ item: label, expected: 'every address once, or in rounds that do not overlap' })
    } else entries.push(entry)
  }
  if (entries.length === 0 && faults.length === 0) {
    // An empty file must not open a network that somebody meant to close.
    return fault('at least one address, or an empty GP_SIGNERS for an open network')
  }
  return faults.length === 0 ? { value: createSignerSet(entries) } : { faults }
}

/** The items of a list and how a problem names them: out of a file by line, so that its content is not shown. */
function itemsOf(content: string, text: string): readonly { readonly item: string; readonly label: string }[] {
  const inFile = text.startsWith('@')
  return content.split('\n').flatMap((line, index) => {
    const items = (inFile ? line.replace(/#.*/, '') : line).split(',').map((item) => item.trim())
    const kept = inFile ? items.filter((item) => item !== '') : items
    return kept.map((item) => ({ item, label: inFile ? `${text} line ${index + 1}` : item }))
  })
}
