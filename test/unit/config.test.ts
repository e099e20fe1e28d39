import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Config, loadConfig, requireConfig, requireVariables } from '../../src/config.ts'
import { ConfigError, formatProblem } from '../../src/config/problem.ts'
import type { Environment } from '../../src/config/read-variables.ts'
import { redact } from '../../src/config/redact.ts'
import { VARIABLES, VARIABLE_NAMES } from '../../src/config/variables.ts'
import { toHex } from '../../src/core/hex.ts'
import type { Round } from '../../src/core/statement.ts'
import { surroundingsOf } from '../helpers/config-surroundings.ts'

const PEER = '12D3KooWKnDdG3iXw9eTFijk3EWSunZcFi54Zka4wmtqtt6rPxc8'
const A = '0x00000000000000000000000000000000000000aa'
const B = '0x00000000000000000000000000000000000000bb'
const KEY = `0x${'1'.repeat(64)}`
const FILES = { 'key.json': '{}', 'key.password': 'secret', 'empty.txt': '# nobody\n\n', 'swarm.key': swarmKey() }

function swarmKey(): string {
  return `/key/swarm/psk/1.0.0/\n/base16/\n${'ab'.repeat(32)}\n`
}

function configOf(env: Environment, files: Readonly<Record<string, string>> = FILES): Config {
  return requireConfig(surroundingsOf(env, files))
}

function problemsOf(env: Environment, files: Readonly<Record<string, string>> = FILES): readonly string[] {
  const loaded = loadConfig(surroundingsOf(env, files))
  return 'problems' in loaded ? loaded.problems.map(formatProblem) : []
}

describe('the configuration of an empty environment', () => {
  it('is the one that the documents promise', () => {
    const { constants, ...config } = configOf({})
    const { signers, ...numbers } = constants
    assert.deepEqual(numbers, {
      network: 'gossip-price',
      pairs: ['ETH-USD'],
      source: 'coinbase',
      intervalMs: 600_000,
      quietPeriodMs: 30_000,
      minimumSigners: 3,
      maximumSigners: 16,
      maxDeviation: 10_000_000n,
    })
    assert.equal(signers.open, true)
    assert.deepEqual(config, {
      bootstrap: false,
      databaseUrl: undefined,
      listenAddresses: ['/ip4/0.0.0.0/tcp/8000'],
      dialAddresses: [],
      priceUrl: new URL('https://api.coinbase.com/v2/exchange-rates'),
      dataDir: '.gossip-price/node',
      keySource: { kind: 'data-dir', directory: '.gossip-price/node' },
      networkKey: undefined,
      allowedPeers: [],
      httpAddress: { kind: 'first-free', host: '127.0.0.1', port: 8080 },
      syncIntervalMs: 20_000,
      historyMs: Infinity,
      logLevel: 'info',
      logFormat: 'auto',
    })
  })

  it('is the same when every variable but GP_HTTPADDR is empty', () => {
    const empty = Object.fromEntries(VARIABLE_NAMES.map((name) => [name, ' ']))
    assert.deepEqual(comparable(configOf({ ...empty, GP_HTTPADDR: undefined })), comparable(configOf({})))
  })

  it('has no HTTP when GP_HTTPADDR is set and empty', () => {
    assert.deepEqual(configOf({ GP_HTTPADDR: '' }).httpAddress, { kind: 'off' })
  })

  it('ignores variables of other programs', () => {
    assert.deepEqual(problemsOf({ POSTGRES_PASSWORD: 'x', COMPOSE_PROFILES: 'simulate', GPU: '1' }), [])
  })

  for (const variable of Object.values(VARIABLES)) {
    it(`the default of ${variable.name} that documents show is the one that holds`, () => {
      const text = typeof variable.default === 'string' ? variable.default : undefined
      assert.deepEqual(comparable(configOf({ [variable.name]: text })), comparable(configOf({})))
    })
  }
})

/** A configuration without the functions of its signer set, of which no two are alike. */
function comparable({ constants, ...config }: Config): unknown {
  return { ...config, constants: { ...constants, signers: constants.signers.entries } }
}

describe('a sound value', () => {
  for (const [text, expected] of Object.entries({
    true: true,
    FALSE: false,
    1: true,
    0: false,
    Yes: true,
    no: false,
  })) {
    it(`GP_BOOTSTRAP=${text} is ${expected}`, () => {
      assert.equal(configOf({ GP_BOOTSTRAP: text }).bootstrap, expected)
    })
  }

  it('half a second is a quiet period', () => {
    assert.equal(configOf({ GP_QUIETPERIOD: '0.5' }).constants.quietPeriodMs, 500)
    assert.equal(configOf({ GP_QUIETPERIOD: '1.005' }).constants.quietPeriodMs, 1005)
  })

  it('a deviation is exact, whatever a floating-point number makes of it', () => {
    assert.equal(configOf({ GP_MAXDEVIATION: '0.1' }).constants.maxDeviation, 1_000_000n)
    assert.equal(configOf({ GP_MAXDEVIATION: '0.0000001' }).constants.maxDeviation, 1n)
    assert.equal(configOf({ GP_MAXDEVIATION: '100' }).constants.maxDeviation, 1_000_000_000n)
    assert.equal(configOf({ GP_MAXDEVIATION: '0' }).constants.maxDeviation, 0n)
  })

  it('lists may have spaces around their commas', () => {
    assert.deepEqual(configOf({ GP_PAIRS: 'ETH-USD, BTC-USD' }).constants.pairs, ['ETH-USD', 'BTC-USD'])
  })

  it('addresses to dial may have a peer id or not, and a host name or an IP address', () => {
    const GP_BOOTSTRAPADDR = `/dns4/bootstrap/tcp/8000,/ip6/::1/tcp/1/p2p/${PEER}`
    assert.deepEqual(configOf({ GP_BOOTSTRAPADDR }).dialAddresses, GP_BOOTSTRAPADDR.split(','))
  })

  it('a database URL may name a socket directory instead of a host, and reads back as it was written', () => {
    const GP_DATABASEURL = 'postgresql:///prices?host=/var/run/postgresql'
    assert.equal(configOf({ GP_DATABASEURL }).databaseUrl?.reveal(), GP_DATABASEURL)
  })

  for (const [text, host, port] of [
    ['0.0.0.0:80', '0.0.0.0', 80],
    ['[::1]:8080', '::1', 8080],
    ['localhost:0', 'localhost', 0],
    [':9000', '::', 9000],
  ] as const) {
    it(`GP_HTTPADDR=${text} is exactly there`, () => {
      assert.deepEqual(configOf({ GP_HTTPADDR: text }).httpAddress, { kind: 'exact', host, port })
    })
  }

  for (const [text, expected] of [
    ['all', Infinity],
    ['off', 0],
    ['7', 604_800_000],
  ] as const) {
    it(`GP_HISTORY=${text} is ${expected} ms`, () => {
      assert.equal(configOf({ GP_HISTORY: text }).historyMs, expected)
    })
  }

  it('a private key may lack its 0x', () => {
    for (const GP_PRIVATEKEY of [KEY, KEY.slice(2)]) {
      const { keySource } = configOf({ GP_PRIVATEKEY })
      assert.ok(keySource.kind === 'private-key')
      assert.equal(toHex(keySource.privateKey.reveal()), KEY)
    }
  })

  it('a key file comes with its password file', () => {
    assert.deepEqual(configOf({ GP_KEYFILE: 'key.json', GP_KEYPASSWORDFILE: 'key.password' }).keySource, {
      kind: 'key-file',
      file: 'key.json',
      passwordFile: 'key.password',
    })
  })

  it('a network key is hexadecimal, or in a file, or in the file that libp2p writes', () => {
    for (const GP_NETWORKKEY of ['ab'.repeat(32), '@hex', '@swarm.key']) {
      const { networkKey } = configOf({ GP_NETWORKKEY }, { ...FILES, hex: `0x${'AB'.repeat(32)}\n` })
      assert.equal(networkKey && toHex(networkKey.reveal()), `0x${'ab'.repeat(32)}`)
    }
  })

  it('signers may stand in a file, with comments, and be limited to rounds', () => {
    const text = `# the first two\n${A}, ${B}@5-7 # gone since\r\n\n`
    const { signers } = configOf({ GP_SIGNERS: '@signers', GP_MINIMUMSIGNERCOUNT: '2' }, { signers: text }).constants
    assert.deepEqual(
      [4, 5, 7, 8].map((round) => signers.sizeAt(round as Round)),
      [1, 2, 2, 1],
    )
  })

  it('simulated prices have a network of their own', () => {
    const env = { GP_SOURCE: 'simulated', GP_NETWORK: 'x-simulated', GP_PRICEURL: 'http://127.0.0.1:1/' }
    assert.equal(configOf(env).constants.source, 'simulated')
  })

  it('a bootstrap node of a simulated network need not know where prices come from', () => {
    assert.deepEqual(problemsOf({ GP_BOOTSTRAP: 'true', GP_NETWORK: 'x-simulated' }), [])
    assert.deepEqual(problemsOf({ GP_BOOTSTRAP: 'true', GP_NETWORK: 'x-simulated', GP_SOURCE: 'simulated' }), [])
    assert.equal(configOf({ GP_BOOTSTRAP: 'true', GP_NETWORK: 'x-simulated' }).constants.source, 'simulated')
  })
})

const WEEK = 604_800

/** Environment, and how the one line about it begins or what it must match. */
const BAD: readonly (readonly [Environment, RegExp])[] = [
  [{ GP_BOOTSTRAP: 'maybe' }, /^GP_BOOTSTRAP="maybe": expected true or false$/],
  [{ GP_BOOTSTRAP: 'ture' }, /did you mean true\?$/],
  [{ GP_BOOTSTRAP: 'constructor' }, /^GP_BOOTSTRAP="constructor": expected true or false$/],
  [
    { GP_DATABASEURL: 'mysql://h/d' },
    /^GP_DATABASEURL="mysql:\/\/h\/d": expected a URL that begins with postgres:\/\/ or/,
  ],
  [
    { GP_DATABASEURL: 'postgre://u:pw@h/d' },
    /^GP_DATABASEURL="postgre:\/\/u:\[redacted\]@h\/d": .* did you mean postgres\?$/,
  ],
  [{ GP_DATABASEURL: 'h:5432' }, /^GP_DATABASEURL="\[redacted\]": expected a URL/],
  [{ GP_DATABASEURL: 'postgres://' }, /and then a host$/],
  [{ GP_DATABASEURL: 'postgres://u:p/w@h/d' }, /^GP_DATABASEURL="postgres:\/\/u:\[redacted\]@h\/d": .*%2F/],
  [{ GP_DATABASEURL: 'postgres://h/d#x' }, /without #/],
  [{ GP_CONNECTIONADDR: '0.0.0.0:8000' }, /did you mean \/ip4\/0\.0\.0\.0\/tcp\/8000\?$/],
  [{ GP_CONNECTIONADDR: '/ip4/0.0.0.0/udp/8000' }, /expected a multiaddr to listen on, as/],
  [{ GP_CONNECTIONADDR: '/ip4/0.0.0.0/tcp/65536' }, /expected a multiaddr to listen on, as/],
  [{ GP_CONNECTIONADDR: '/ip4/0.0.0/tcp/1' }, /Invalid IPv4 address/],
  [{ GP_CONNECTIONADDR: '/dns4/localhost/tcp/1' }, /expected a multiaddr to listen on/],
  [{ GP_CONNECTIONADDR: '/ip4/0.0.0.0/tcp/1/ws' }, /expected a multiaddr to listen on/],
  [{ GP_CONNECTIONADDR: '/ip4/0.0.0.0/tcp/1,/ip4/0.0.0.0/tcp/1' }, /expected every item once/],
  [{ GP_BOOTSTRAPADDR: 'bootstrap:8000' }, /did you mean \/dns4\/bootstrap\/tcp\/8000\?$/],
  [{ GP_BOOTSTRAPADDR: '/ip4/192.0.2.1/tcp/0' }, /port 0 cannot be dialled/],
  [{ GP_BOOTSTRAPADDR: '/ip4/192.0.2.1/tcp/1/p2p/nobody' }, /no such peer id/],
  [{ GP_BOOTSTRAPADDR: '/dns4/a b/tcp/1' }, /no such host name/],
  [{ GP_BOOTSTRAPADDR: '/ip4/192.0.2.1/tcp/1,' }, /^GP_BOOTSTRAPADDR="": expected no empty item/],
  [{ GP_MINIMUMSIGNERCOUNT: '0' }, /^GP_MINIMUMSIGNERCOUNT="0": expected a whole number from 1 to 64$/],
  [{ GP_MINIMUMSIGNERCOUNT: '2.5' }, /a whole number/],
  [{ GP_MINIMUMSIGNERCOUNT: '-3' }, /a whole number/],
  [{ GP_MINIMUMSIGNERCOUNT: '0x3' }, /a whole number/],
  [{ GP_MINIMUMSIGNERCOUNT: 'three' }, /a whole number/],
  [
    { GP_MINIMUMSIGNERCOUNT: '17' },
    /^GP_MINIMUMSIGNERCOUNT="17": expected at most GP_MAXIMUMSIGNERCOUNT, which is 16$/,
  ],
  [{ GP_MAXIMUMSIGNERCOUNT: '65' }, /a whole number from 1 to 64/],
  [{ GP_MAXIMUMSIGNERCOUNT: '2' }, /^GP_MINIMUMSIGNERCOUNT="3": expected at most GP_MAXIMUMSIGNERCOUNT, which is 2$/],
  [{ GP_FETCHPRICEINTERVAL: '0' }, new RegExp(`a whole number of seconds from 1 to ${WEEK}`)],
  [{ GP_FETCHPRICEINTERVAL: '0.5' }, /a whole number of seconds/],
  [{ GP_FETCHPRICEINTERVAL: '-600' }, /a whole number of seconds/],
  [{ GP_FETCHPRICEINTERVAL: '10m' }, /a whole number of seconds/],
  [{ GP_FETCHPRICEINTERVAL: '1e3' }, /a whole number of seconds/],
  [{ GP_FETCHPRICEINTERVAL: `${WEEK + 1}` }, /a whole number of seconds/],
  [{ GP_NETWORK: 'two words' }, /1 to 64 letters/],
  [{ GP_NETWORK: 'x'.repeat(65) }, /1 to 64 letters/],
  [{ GP_NETWORK: 'net-simulated' }, /^GP_SOURCE="coinbase": expected simulated, since GP_NETWORK ends in -simulated$/],
  [{ GP_PAIRS: 'ETHUSD' }, /BASE-QUOTE in capital letters/],
  [{ GP_PAIRS: 'eth/usd' }, /did you mean ETH-USD\?$/],
  [{ GP_PAIRS: 'ETH-USD,BTC-USD,ETH-USD' }, /^GP_PAIRS="ETH-USD": expected every item once$/],
  [{ GP_SOURCE: 'coinbsae' }, /^GP_SOURCE="coinbsae": expected coinbase, or GP_PRICEURL .* did you mean coinbase\?$/],
  [{ GP_SOURCE: 'a b', GP_PRICEURL: 'http://h' }, /1 to 64 letters/],
  [
    { GP_SOURCE: 'simulated', GP_PRICEURL: 'http://h' },
    /^GP_NETWORK="gossip-price": .* did you mean gossip-price-simulated\?$/,
  ],
  [{ GP_PRICEURL: 'api.coinbase.com' }, /a URL that begins with http:\/\/ or https:\/\//],
  [{ GP_PRICEURL: 'ftp://h/' }, /a URL that begins with http:\/\/ or https:\/\//],
  [{ GP_PRICEURL: 'http://' }, /a URL that begins with/],
  [{ GP_QUIETPERIOD: '0' }, /a number of seconds above 0/],
  [{ GP_QUIETPERIOD: '-1' }, /a number of seconds above 0/],
  [{ GP_QUIETPERIOD: '0.0001' }, /with at most 3 decimals/],
  [{ GP_QUIETPERIOD: '.5' }, /a number of seconds above 0/],
  [{ GP_SIGNERS: '0x12' }, /^GP_SIGNERS="0x12": expected an address: 0x and 40 hexadecimal digits$/],
  [{ GP_SIGNERS: '0x52908400098527886E0F7030069857D2E4169Ee7' }, /EIP-55 checksum/],
  [{ GP_SIGNERS: '@nowhere' }, /^GP_SIGNERS="@nowhere": expected @ and a file that can be read \(there is none\)$/],
  [{ GP_SIGNERS: '@empty.txt' }, /expected at least one address/],
  [{ GP_SIGNERS: `${A},${B}`, GP_MINIMUMSIGNERCOUNT: '3' }, /expected at most the number of addresses .*, which is 2$/],
  [{ GP_SIGNERS: `${A}@1-4,${B}@5-`, GP_MINIMUMSIGNERCOUNT: '2' }, /allows at a time, which is 1$/],
  [{ GP_SIGNERS: `${A},${A}`, GP_MINIMUMSIGNERCOUNT: '1' }, /every address once/],
  [{ GP_SIGNERS: `${A},`, GP_MINIMUMSIGNERCOUNT: '1' }, /no empty item/],
  [{ GP_SIGNERS: `${A}@7-5`, GP_MINIMUMSIGNERCOUNT: '1' }, /FROM not to be after TO/],
  [{ GP_SIGNERS: `${A}@-`, GP_MINIMUMSIGNERCOUNT: '1' }, /a round on at least one side/],
  [{ GP_SIGNERS: `${A}@5`, GP_MINIMUMSIGNERCOUNT: '1' }, /ADDRESS or ADDRESS@FROM-TO/],
  [{ GP_MAXDEVIATION: '101' }, /a percentage from 0 to 100/],
  [{ GP_MAXDEVIATION: '-1' }, /a percentage/],
  [{ GP_MAXDEVIATION: '1%' }, /a percentage/],
  [{ GP_MAXDEVIATION: '0.00000001' }, /at most 7 decimals/],
  [{ GP_PRIVATEKEY: '0x1234' }, /^GP_PRIVATEKEY="\[redacted\]": expected 0x and 64 hexadecimal digits$/],
  [{ GP_PRIVATEKEY: `0x${'0'.repeat(64)}` }, /above 0 and below the group order/],
  [{ GP_PRIVATEKEY: `0x${'f'.repeat(64)}` }, /above 0 and below the group order/],
  [
    { GP_PRIVATEKEY: KEY, GP_KEYFILE: 'key.json', GP_KEYPASSWORDFILE: 'key.password' },
    /either this or GP_KEYFILE, not both/,
  ],
  [{ GP_KEYFILE: 'key.json' }, /^GP_KEYPASSWORDFILE is unset: expected the file with the password of GP_KEYFILE$/],
  [{ GP_KEYPASSWORDFILE: 'key.password' }, /^GP_KEYFILE is unset: expected the keystore/],
  [{ GP_KEYFILE: 'gone', GP_KEYPASSWORDFILE: 'key.password' }, /^GP_KEYFILE="gone": .* \(there is none\)$/],
  [{ GP_KEYFILE: 'key.json', GP_KEYPASSWORDFILE: 'gone' }, /^GP_KEYPASSWORDFILE="gone": .* \(there is none\)$/],
  [{ GP_NETWORKKEY: 'abcd' }, /^GP_NETWORKKEY="\[redacted\]": expected 64 hexadecimal digits/],
  [{ GP_NETWORKKEY: '@key.json' }, /^GP_NETWORKKEY="\[redacted\]": expected 64 hexadecimal digits/],
  [{ GP_ALLOWPEERS: `${PEER},somebody` }, /^GP_ALLOWPEERS="somebody": expected a peer id/],
  [{ GP_HTTPADDR: '8080' }, /HOST:PORT, as 127\.0\.0\.1:8080/],
  [{ GP_HTTPADDR: 'localhost:99999' }, /HOST:PORT/],
  [{ GP_HTTPADDR: 'http://localhost:80' }, /HOST:PORT/],
  [{ GP_SYNCINTERVAL: '0' }, /a number of seconds above 0/],
  [{ GP_HISTORY: 'some' }, /off, all, or a whole number of days/],
  [{ GP_LOGLEVEL: 'inof' }, /^GP_LOGLEVEL="inof": expected one of debug, info, warn, error; did you mean info\?$/],
  [{ GP_LOGFORMAT: 'xml' }, /expected one of auto, text, json$/],
  [
    { GP_BOOTSTRP: 'true' },
    /^GP_BOOTSTRP="true": expected the name of a known variable .*; did you mean GP_BOOTSTRAP\?$/,
  ],
  [
    { GP_DATABASE_URL: 'postgres://u:pw@h/d' },
    /^GP_DATABASE_URL="postgres:\/\/u:\[redacted\]@h\/d": .* GP_DATABASEURL\?$/,
  ],
  [{ GP_PRIVATKEY: KEY }, /^GP_PRIVATKEY="\[redacted\]": .* did you mean GP_PRIVATEKEY\?$/],
  [{ GP_FLUX_CAPACITOR: '1' }, /^GP_FLUX_CAPACITOR="\[redacted\]": expected the name of a known variable[^;]*$/],
]

describe('a bad value gets one line: variable, what it holds, what is expected', () => {
  for (const [env, line] of BAD) {
    const title = Object.entries(env).map(([name, value]) => `${name}=${value}`)
    it(title.join(' '), () => {
      const problems = problemsOf(env)
      assert.equal(problems.length, 1, problems.join('\n'))
      assert.match(problems[0] ?? '', line)
    })
  }

  it('at most 64 pairs, as a status may hold', () => {
    const pairs = Array.from({ length: 65 }, (_, index) => `P${index}-USD`)
    assert.equal(configOf({ GP_PAIRS: pairs.slice(0, 64).join() }).constants.pairs.length, 64)
    const [problem = '', ...more] = problemsOf({ GP_PAIRS: pairs.join() })
    assert.match(problem, /: expected at most 64 pairs$/)
    assert.deepEqual(more, [])
  })

  it('an address or a peer id that is far too long, unread: reading it would take minutes', () => {
    const long = `12D3KooW${'x'.repeat(200_000)}`
    assert.match(problemsOf({ GP_ALLOWPEERS: long })[0] ?? '', /: expected a peer id/)
    const [problem = ''] = problemsOf({ GP_BOOTSTRAPADDR: `/ip4/192.0.2.7/tcp/8000/p2p/${long}` })
    assert.match(problem, /\(longer than 1000 characters\)$/)
  })

  it('in which what was probably meant does not repeat a key that stands in the wrong place', () => {
    const GP_NETWORK = KEY.slice(2)
    const [problem = ''] = problemsOf({ GP_NETWORK, GP_SOURCE: 'simulated', GP_PRICEURL: 'http://h' })
    assert.match(problem, /^GP_NETWORK="\[redacted\]": .* did you mean \[redacted\]-simulated\?$/)
  })

  it('even when it holds line ends and escape sequences', () => {
    const [problem] = problemsOf({ GP_CONNECTIONADDR: '/ip4/1.2.3\n\u001b[31m/tcp/1', GP_BOOTSTRAP: 'true' })
    assert.ok(problem)
    assert.doesNotMatch(problem, /\p{Cc}/u)
  })
})

describe('what is shown of a variable', () => {
  const key = 'aB'.repeat(32)

  it('has no key in it, wherever one stands, however long it is, however many there are', () => {
    for (const secrecy of [undefined, 'url-password'] as const) {
      assert.equal(
        redact(`http://h/${key}/${key}?x=${key}cdef`, secrecy),
        'http://h/[redacted]/[redacted]?x=[redacted]',
      )
    }
    assert.equal(redact(`x${key.slice(1)}`, undefined), `x${key.slice(1)}`, 'a hash of another length is no key')
  })

  it('has no password in it, wherever a URL stands', () => {
    assert.equal(redact('postgres://u:pw@h/d', undefined), 'postgres://u:[redacted]@h/d')
    assert.equal(
      redact('postgres://u:p@w@h/d?sslpassword=a&x=1&Password=b&sslkey=c', 'url-password'),
      'postgres://u:[redacted]@h/d?sslpassword=[redacted]&x=1&Password=[redacted]&sslkey=[redacted]',
    )
    assert.equal(redact('http://[pass', 'url-password'), 'http://[redacted]')
  })
})

describe('problems', () => {
  const env = {
    GP_BOOTSTRAP: 'maybe',
    GP_PAIRS: 'x,y',
    GP_QUIETPERIOD: '0',
    GP_MINIMUMSIGNERCOUNT: '9',
    GP_MAXIMUMSIGNERCOUNT: '8',
    GP_NOPE: '',
  }

  it('are told all at once', () => {
    const named = problemsOf(env).map((line) => /^GP_[A-Z]+/.exec(line)?.[0])
    assert.deepEqual(named, [
      'GP_BOOTSTRAP',
      'GP_PAIRS',
      'GP_PAIRS',
      'GP_QUIETPERIOD',
      'GP_MINIMUMSIGNERCOUNT',
      'GP_NOPE',
    ])
  })

  it('are the message of the error that a command ends with', () => {
    assert.throws(
      () => configOf(env),
      (error) => error instanceof ConfigError && error.message === problemsOf(env).join('\n'),
    )
  })

  it('of variables that a bootstrap node does not need are told all the same', () => {
    assert.equal(problemsOf({ GP_BOOTSTRAP: 'true', GP_DATABASEURL: 'x', GP_SIGNERS: 'y' }).length, 2)
  })

  it('in a file of signers are told by line, without what the file holds', () => {
    const problems = problemsOf({ GP_SIGNERS: '@list', GP_MINIMUMSIGNERCOUNT: '1' }, { list: `${A}\nhunter2 # ?\n` })
    assert.deepEqual(problems, ['GP_SIGNERS="@list line 2": expected an address: 0x and 40 hexadecimal digits'])
  })

  it('of other variables do not keep a command from what it needs', () => {
    const around = surroundingsOf({ GP_PAIRS: 'x', GP_DATADIR: 'here', GP_KEYFILE: 'gone' })
    assert.deepEqual(requireVariables(around, ['dataDir']), { dataDir: 'here' })
    assert.throws(() => requireVariables(around, ['dataDir', 'pairs']), ConfigError)
    assert.throws(() => requireVariables(surroundingsOf({ GP_DATADIRR: 'x' }), ['dataDir']), ConfigError)
  })
})
