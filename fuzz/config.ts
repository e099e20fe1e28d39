import { loadConfig } from '../src/config.ts'
import type { Files } from '../src/config/parse.ts'
import { formatProblem } from '../src/config/problem.ts'
import type { Environment } from '../src/config/read-variables.ts'
import { renderConfig } from '../src/config/render.ts'
import { VARIABLE_NAMES } from '../src/config/variables.ts'
import { REDACTED } from '../src/core/secret-value.ts'
import { ADDRESS, PEER_ID } from './addresses.ts'
import { type Target, bytesOf, rule, textOf } from './target.ts'

/** Between the entries of an environment, in which it cannot occur. */
const NUL = '\u0000'
const PASSWORD = 'Tr0ub4dor-and-3'
const KEY = '2cdfb3c20a8491bc756c54956d5071e21f2ee1a8b4a3fe7660f7f9949b367188'
const SIGNER = '0x1d443Bd1e3cd585b0908270c5e6397eE811Ef489'

/** Environments; what begins with @ is a file and its content. */
const SEEDS: readonly Readonly<Record<string, string>>[] = [
  {},
  { GP_BOOTSTRAP: 'true', GP_CONNECTIONADDR: '/ip4/0.0.0.0/tcp/8000,/ip6/::/tcp/0', GP_ALLOWPEERS: PEER_ID },
  { GP_DATABASEURL: `postgres://node:${PASSWORD}@db.example:5432/prices?sslmode=require`, GP_QUIETPERIOD: '0.5' },
  { GP_BOOTSTRAPADDR: ADDRESS, GP_NETWORK: 'test', GP_FETCHPRICEINTERVAL: '600', GP_PAIRS: 'ETH-USD, BTC-EUR' },
  { GP_PRIVATEKEY: `0x${KEY}`, GP_SIGNERS: SIGNER, GP_MINIMUMSIGNERCOUNT: '1', GP_MAXIMUMSIGNERCOUNT: '3' },
  { GP_SIGNERS: '@signers', '@signers': `# ours\n${SIGNER}@1-9, ${SIGNER}@10-\n`, GP_MINIMUMSIGNERCOUNT: '1' },
  { GP_KEYFILE: 'key.json', GP_KEYPASSWORDFILE: 'password', '@key.json': '{}', '@password': PASSWORD },
  { GP_NETWORKKEY: '@swarm.key', '@swarm.key': `/key/swarm/psk/1.0.0/\n/base16/\n${KEY}\n`, GP_HTTPADDR: '' },
  { GP_NETWORKKEY: KEY, GP_HTTPADDR: '[::1]:8080', GP_HISTORY: 'all', GP_SYNCINTERVAL: '20', GP_LOGLEVEL: 'debug' },
  {
    GP_SOURCE: 'simulated',
    GP_NETWORK: 'a-simulated',
    GP_PRICEURL: `http://u:${PASSWORD}@h/?key=v`,
    GP_LOGFORMAT: 'json',
  },
  { GP_PRIVKEY: KEY, GP_MINIMUMSIGNERS: '3', GP_MAXDEVIATION: '101', GP_PAIRS: 'eth/usd,', GP_DATADIR: '/data' },
]

/** Whole environments, with files beside them. */
export const config: Target = {
  name: 'config',
  about: 'environments of GP_* variables, and the files that they name',
  share: 4,
  form: 'text',
  longest: 2_000,
  words: [
    ...VARIABLE_NAMES.map((name) => `${NUL}${name}=`),
    NUL,
    '=',
    ',',
    '@',
    '/p2p/',
    PEER_ID,
    ADDRESS,
    SIGNER,
    KEY,
    PASSWORD,
    'ETH-USD',
    '@signers',
    '@1-',
    '65536',
    '/ip4/127.0.0.1/tcp/1',
    'postgres://',
    'http://',
    'simulated',
    '-simulated',
    'true',
    '101',
    '604801',
    '0.001',
  ],
  seeds: () => SEEDS.map(writeEnvironment),
  open: () => (input) => {
    const { env, files } = readEnvironment(input)
    const loaded = loadConfig({ env, files: filesOf(files) })
    const printed = renderConfig(env)
    const secrets = secretsOf([...Object.values(env), ...Object.values(files)], Object.keys(env))
    for (const secret of secrets) rule(!printed.includes(secret), 'no key is printed')
    if ('config' in loaded) return 'a configuration'
    rule(loaded.problems.length > 0, 'what is no configuration has problems')
    for (const { variable, value } of loaded.problems) {
      const isUnknown = variable.startsWith('GP_') && Object.hasOwn(env, variable)
      rule(VARIABLE_NAMES.includes(variable) || isUnknown, 'every problem names its variable')
      const isSecret = variable === 'GP_PRIVATEKEY' || variable === 'GP_NETWORKKEY'
      rule(
        !isSecret || value === undefined || value === '' || value === REDACTED,
        'what is secret as a whole is not shown',
      )
      const isUrl = variable === 'GP_DATABASEURL' || variable === 'GP_PRICEURL'
      rule(!isUrl || !hasPassword(env[variable]) || value?.includes(PASSWORD) !== true, 'no password of a URL is shown')
    }
    const lines = loaded.problems.map(formatProblem)
    for (const line of lines) rule(!/[\p{Cc}\p{Zl}\p{Zp}]/u.test(line), 'every problem is one line')
    for (const secret of secrets) rule(!lines.join('\n').includes(secret), 'no problem holds a key')
    return lines.length === 1 ? '1 problem' : 'problems'
  },
}

/** What looks like a key in the values; in a name it is his own fault who chose it. */
function secretsOf(values: readonly (string | undefined)[], names: readonly string[]): readonly string[] {
  const found = values.flatMap((value) => value?.match(/[0-9a-fA-F]{64,}/g) ?? [])
  return found.filter((secret) => !names.some((text) => text.includes(secret)))
}

/** Whether the password stands once in a text, and where URLs have theirs: between the first colon and the last @. */
function hasPassword(url: string = ''): boolean {
  const [, user = '', inside = '', host = ''] = /^\s*([a-z][a-z0-9+.-]*:\/\/[^@/?#:]*):([^]*)@([^@]*)$/i.exec(url) ?? []
  return inside.includes(PASSWORD) && !user.includes(PASSWORD) && !host.includes(PASSWORD)
}

function writeEnvironment(entries: Readonly<Record<string, string>>): Uint8Array {
  return bytesOf(
    Object.entries(entries)
      .map(([name, value]) => `${name}=${value}`)
      .join(NUL),
  )
}

function readEnvironment(input: Uint8Array): { readonly env: Environment; readonly files: Environment } {
  const entries = textOf(input)
    .split(NUL)
    .map((entry) => [entry.replace(/=[^]*/, ''), entry.replace(/^[^=]*=?/, '')] as const)
  return {
    env: Object.fromEntries(entries.filter(([name]) => !name.startsWith('@'))),
    files: Object.fromEntries(entries.filter(([name]) => name.startsWith('@'))),
  }
}

function filesOf(texts: Environment): Files {
  return {
    read(path) {
      const text = Object.hasOwn(texts, `@${path}`) ? texts[`@${path}`] : undefined
      return text === undefined ? { reason: 'there is none' } : { text }
    },
  }
}
