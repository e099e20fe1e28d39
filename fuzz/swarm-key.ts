import { isDeepStrictEqual } from 'node:util'
import { parseNetworkKey } from '../src/config/parse-secret.ts'
import { swarmKey as writeSwarmKey } from '../src/gossip/swarm-key.ts'
import { type Target, bytesOf, rule, textOf } from './target.ts'

const KEY = '2cdfb3c20a8491bc756c54956d5071e21f2ee1a8b4a3fe7660f7f9949b367188'

/** Files with the key of a private network. */
export const swarmKey: Target = {
  name: 'swarm-key',
  about: 'files with the key of a private network',
  share: 6,
  form: 'text',
  words: ['/key/swarm/psk/1.0.0/', '/base16/', '/base64/', '/bin/', '\n', '\r\n', '0x', KEY, KEY.toUpperCase()],
  seeds: () => [KEY, `0x${KEY}\n`, `/key/swarm/psk/1.0.0/\n/base16/\n${KEY}\n`].map(bytesOf),
  open: () => (input) => {
    const key = read(textOf(input))
    if (key === undefined) return 'refused'
    rule(key.length === 32, 'a key has 32 bytes')
    const again = read(textOf(writeSwarmKey(key)))
    rule(isDeepStrictEqual(again, key), 'a key is written so that it is read the same')
    return 'a key'
  },
}

function read(text: string): Uint8Array | undefined {
  const parsed = parseNetworkKey('@swarm.key', { read: () => ({ text }) })
  if ('value' in parsed) return parsed.value.reveal()
  const digits = text.replace(/\s/g, '')
  for (const { expected } of parsed.faults) {
    rule(digits.length < 16 || !expected.includes(digits), 'no fault holds what is in the file')
  }
  return undefined
}
