import { createSignerSet } from '../core/signer-set.ts'
import type { LogLevel } from '../telemetry/log-format.ts'
import type { LogFormat } from '../telemetry/logger.ts'
import {
  type HttpAddress,
  parseDialAddresses,
  parseHttpAddress,
  parseListenAddresses,
  parsePeerIds,
  parseUrl,
} from './parse-address.ts'
import { parseDatabaseUrl, parseNetworkKey, parsePrivateKey } from './parse-secret.ts'
import { parseSigners } from './parse-signers.ts'
import {
  type Parse,
  parseBoolean,
  parseFile,
  parseHistory,
  parseInteger,
  parseName,
  parseOneOf,
  parsePairs,
  parsePath,
  parsePercent,
  parseSeconds,
  parseWholeSeconds,
} from './parse.ts'
import type { Secrecy } from './redact.ts'

/** One variable of the environment. Everything that is known about it stands here, and nowhere else. */
export interface Variable<T> {
  readonly name: `GP_${string}`
  /** The text that has the effect of leaving it out; where no text has, the value, and words for it. */
  readonly default: string | { readonly words: string; readonly value: T }
  /** What an empty text stands for; as good as unset when left out. */
  readonly empty?: T
  readonly description: string
  readonly parse: Parse<T>
  readonly secrecy?: Secrecy
  readonly appliesTo: 'every node' | 'gossip nodes'
}

export const COINBASE = 'coinbase'
const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const satisfies readonly LogLevel[]
const LOG_FORMATS = ['auto', 'text', 'json'] as const satisfies readonly LogFormat[]
/** More signatures than this would not fit into one message. */
const SIGNATURES_LIMIT = 64

const FIRST_FREE: HttpAddress = { kind: 'first-free', host: '127.0.0.1', port: 8080 }

const none = { words: 'none', value: undefined } as const
const define = <T>(variable: Variable<T>): Variable<T> => variable
const optional = <T>(variable: Variable<T | undefined>): Variable<T | undefined> => variable

/** All of them, in the order in which documents list them. */
export const VARIABLES = {
  bootstrap: define({
    name: 'GP_BOOTSTRAP',
    default: 'false',
    description:
      'whether this is a bootstrap node, through which others find each other; it needs no key and no database',
    parse: parseBoolean,
    appliesTo: 'every node',
  }),
  databaseUrl: optional({
    name: 'GP_DATABASEURL',
    default: { words: 'embedded', value: undefined },
    description:
      'URL of the Postgres database (15 or newer) for rows; without one, the node runs a Postgres of its own',
    parse: parseDatabaseUrl,
    secrecy: 'url-password',
    appliesTo: 'gossip nodes',
  }),
  listenAddresses: define({
    name: 'GP_CONNECTIONADDR',
    default: '/ip4/0.0.0.0/tcp/8000',
    description: 'multiaddrs to listen on, comma-separated; port 0 is any free port',
    parse: parseListenAddresses,
    appliesTo: 'every node',
  }),
  dialAddresses: define({
    name: 'GP_BOOTSTRAPADDR',
    default: { words: 'none', value: [] },
    description: 'multiaddrs to join by, of a bootstrap or any other node, comma-separated, with or without /p2p/ID',
    parse: parseDialAddresses,
    appliesTo: 'every node',
  }),
  minimumSigners: define({
    name: 'GP_MINIMUMSIGNERCOUNT',
    default: '3',
    description: 'distinct signers that make a quorum',
    parse: parseInteger({ from: 1, to: SIGNATURES_LIMIT }),
    appliesTo: 'every node',
  }),
  intervalMs: define({
    name: 'GP_FETCHPRICEINTERVAL',
    default: '600',
    description: 'seconds between fetches, a whole number; also the length of a round',
    parse: parseWholeSeconds,
    appliesTo: 'every node',
  }),
  network: define({
    name: 'GP_NETWORK',
    default: 'gossip-price',
    description: 'name of the network; signatures made in one network are void in any other',
    parse: parseName,
    appliesTo: 'every node',
  }),
  pairs: define({
    name: 'GP_PAIRS',
    default: 'ETH-USD',
    description: 'prices to sign, BASE-QUOTE, comma-separated',
    parse: parsePairs,
    appliesTo: 'every node',
  }),
  source: define({
    name: 'GP_SOURCE',
    default: COINBASE,
    description: 'name of the price source, as it is signed; any but coinbase needs GP_PRICEURL',
    parse: parseName,
    appliesTo: 'every node',
  }),
  priceUrl: define({
    name: 'GP_PRICEURL',
    default: 'https://api.coinbase.com/v2/exchange-rates',
    description: "where to ask for prices, in the format of Coinbase's exchange rates; ?currency=BASE is added",
    parse: parseUrl(['http', 'https']),
    secrecy: 'url-password',
    appliesTo: 'gossip nodes',
  }),
  quietPeriodMs: define({
    name: 'GP_QUIETPERIOD',
    default: '30',
    description: 'seconds without a new signature before a quorum is written',
    parse: parseSeconds,
    appliesTo: 'every node',
  }),
  maximumSigners: define({
    name: 'GP_MAXIMUMSIGNERCOUNT',
    default: '16',
    description: 'signatures at which a statement takes no more',
    parse: parseInteger({ from: 1, to: SIGNATURES_LIMIT }),
    appliesTo: 'every node',
  }),
  signers: define({
    name: 'GP_SIGNERS',
    default: { words: 'anyone', value: createSignerSet([]) },
    description:
      'addresses whose signatures count, comma-separated or @FILE; ADDRESS@FROM-TO limits one to a range of rounds',
    parse: parseSigners,
    appliesTo: 'every node',
  }),
  maxDeviation: define({
    name: 'GP_MAXDEVIATION',
    default: '1',
    description: 'percent by which a price may differ from what this node sees and still be co-signed',
    parse: parsePercent,
    appliesTo: 'every node',
  }),
  dataDir: define({
    name: 'GP_DATADIR',
    default: '.gossip-price/node',
    description: 'directory of what the node must remember: keys, outbox, known peers, its own Postgres',
    parse: parsePath,
    appliesTo: 'every node',
  }),
  privateKey: optional({
    name: 'GP_PRIVATEKEY',
    default: none,
    description: 'signing key, 0x and 64 hexadecimal digits; with no key configured, one is made in GP_DATADIR',
    parse: parsePrivateKey,
    secrecy: 'whole',
    appliesTo: 'gossip nodes',
  }),
  keyFile: optional({
    name: 'GP_KEYFILE',
    default: none,
    description: 'signing key in a keystore file, as geth and other wallets write it (Web3 Secret Storage, version 3)',
    parse: parseFile,
    appliesTo: 'gossip nodes',
  }),
  keyPasswordFile: optional({
    name: 'GP_KEYPASSWORDFILE',
    default: none,
    description: 'file with the password of GP_KEYFILE in its first line',
    parse: parseFile,
    appliesTo: 'gossip nodes',
  }),
  networkKey: optional({
    name: 'GP_NETWORKKEY',
    default: none,
    description:
      'key of a private libp2p network, 64 hexadecimal digits, or @FILE (a swarm.key); others cannot connect',
    parse: parseNetworkKey,
    secrecy: 'whole',
    appliesTo: 'every node',
  }),
  allowedPeers: define({
    name: 'GP_ALLOWPEERS',
    default: { words: 'anyone', value: [] },
    description: 'peer ids that may connect, comma-separated',
    parse: parsePeerIds,
    appliesTo: 'every node',
  }),
  httpAddress: define({
    name: 'GP_HTTPADDR',
    default: { words: 'first free port from 127.0.0.1:8080', value: FIRST_FREE },
    empty: { kind: 'off' },
    description: 'HOST:PORT of the HTTP API, which must then be free; set but empty, there is none',
    parse: parseHttpAddress,
    appliesTo: 'every node',
  }),
  syncIntervalMs: define({
    name: 'GP_SYNCINTERVAL',
    default: '20',
    description: 'seconds between asking a peer, any of those that are connected, for what was missed',
    parse: parseSeconds,
    appliesTo: 'gossip nodes',
  }),
  historyMs: define({
    name: 'GP_HISTORY',
    default: 'all',
    description:
      'committed history to take over from nodes with another database: off, all, or a number of days; none in an open network',
    parse: parseHistory,
    appliesTo: 'gossip nodes',
  }),
  logLevel: define({
    name: 'GP_LOGLEVEL',
    default: 'info',
    description: 'least important lines to log: debug, info, warn or error',
    parse: parseOneOf(LOG_LEVELS),
    appliesTo: 'every node',
  }),
  logFormat: define({
    name: 'GP_LOGFORMAT',
    default: 'auto',
    description: 'text for people, json for machines; auto: text on a terminal and json otherwise',
    parse: parseOneOf(LOG_FORMATS),
    appliesTo: 'every node',
  }),
}

export type VariableKey = keyof typeof VARIABLES

/** The parsed values by key; times in milliseconds. */
export type Values = {
  readonly [Key in VariableKey]: (typeof VARIABLES)[Key] extends Variable<infer T> ? T : never
}

export const VARIABLE_NAMES: readonly string[] = Object.values(VARIABLES).map(({ name }) => name)
