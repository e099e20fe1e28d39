import { nobleSecp256k1 } from '../src/core/noble-secp256k1.ts'
import { SecretValue } from '../src/core/secret-value.ts'
import { KeyError } from '../src/keys/key-error.ts'
import { openKeystore } from '../src/keys/keystore.ts'
import { type Target, bytesOf, rule, textOf } from './target.ts'

const PASSWORD = 'correct horse battery staple'

/** One key in keystores of the least cost there is, so that many can be opened. */
const KEYSTORES = [
  {
    version: 3,
    id: '76816408-a976-4279-b066-172b968e91a7',
    address: '4a62316623ad457f02cdc5d997ded67a383ec569',
    crypto: {
      ciphertext: 'e0ce0abbc47fb12b7200f687c3067f85bde39f8986096385d21929310df09d72',
      cipherparams: { iv: '164b1b3e02cd3b798cfc63d0b559a6af' },
      cipher: 'aes-128-ctr',
      kdf: 'scrypt',
      kdfparams: {
        dklen: 32,
        salt: '6d0ee72fa962ff248cf05e3ebef584f355cc2189be352810d9f2371f6a700cdc',
        n: 2,
        r: 1,
        p: 1,
      },
      mac: 'b527fe26d422418b3010a868e0621e69ebd8900f010112b6131fa50579cc1b7d',
    },
  },
  {
    version: 3,
    id: 'ee8716c3-3386-4a63-bf64-026e696e5997',
    address: '0x4A62316623AD457F02CDC5D997DED67A383EC569',
    Crypto: {
      ciphertext: 'b01051c199bd95a0c118d661639e47346587a27915117a25f52f7d3c93afad8b',
      cipherparams: { iv: '7e3f557949519c83376b473516df3131' },
      cipher: 'aes-128-ctr',
      kdf: 'pbkdf2',
      kdfparams: {
        dklen: 32,
        salt: '12a637a2c96aabeb8377f9906d3408dc748d2712873d7e7e44987982146a1e0c',
        c: 1,
        prf: 'hmac-sha256',
      },
      mac: '166539ab5ae748ddcd10aea54d3b4c1e60cfb933ade73e1e96ad9f327392e5fe',
    },
  },
]

/** Above the first, a derivation takes long; above the second, it must be refused at once. */
const CHEAP = 64
const DEAREST = 2 ** 22

/** Keystores: Web3 Secret Storage, version 3. */
export const keystore: Target = {
  name: 'keystore',
  about: 'keystores, and such as ask for more memory than there is',
  share: 4,
  form: 'json',
  words: [
    '"scrypt"',
    '"pbkdf2"',
    '"aes-128-cbc"',
    '"n"',
    '"r"',
    '"p"',
    '"c"',
    'dklen',
    'prf',
    'mac',
    'kdfparams',
    'version',
    '64',
    '4194305',
    '1073741824',
    '9007199254740992',
    '1e300',
    '-2',
    '2.5',
    '33',
    '16',
    '[[2]]',
    '{"n":2}',
  ],
  seeds: () => KEYSTORES.map((one) => bytesOf(JSON.stringify(one))),
  open: () => async (input) => {
    const text = textOf(input)
    if (isDear(text)) return 'too dear to try'
    try {
      const components = { curve: nobleSecp256k1 }
      const sealed = { text, password: new SecretValue(PASSWORD), file: 'key.json' }
      const { address, privateKey } = await openKeystore(components, sealed)
      rule(nobleSecp256k1.addressOf(privateKey.reveal()) === address, 'a key comes with its own address')
      return 'a key'
    } catch (error) {
      if (!(error instanceof KeyError)) throw error
      rule(!error.message.includes(PASSWORD), 'no message holds the password')
      return error.code
    }
  },
}

/** Whether there is a number in it that might be a cost, and a lawful one. */
function isDear(text: string): boolean {
  let isDearNumber = false
  try {
    JSON.parse(text, (_, value: unknown) => {
      if (typeof value === 'number' && value > CHEAP && value <= DEAREST) isDearNumber = true
    })
  } catch {
    // It costs nothing then.
  }
  return isDearNumber
}
