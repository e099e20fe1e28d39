import assert from 'node:assert/strict'
import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, describe, it } from 'node:test'
import type { Command } from 'commander'
import { privateKeyToAddress } from 'viem/accounts'
import { createProgram } from '../../src/commands/program.ts'
import { systemClock } from '../../src/node/system-clock.ts'
import { NodeDisk } from '../../src/store/node-disk.ts'
import { VERSION } from '../../src/version.ts'
import { RecordingLogger } from '../helpers/recorders.ts'
import { type CliResult, type CliSurroundings, runCli } from '../helpers/run-cli.ts'
import { temporaryDirectory } from '../helpers/temporary-directory.ts'

const KEY = `0x${'1'.repeat(63)}2`
const ADDRESS = privateKeyToAddress(KEY as `0x${string}`)

/** A command line in a new directory of its own. */
async function cliIn(test: TestContext) {
  const directory = await temporaryDirectory(test)
  const cli = (args: string, around: Partial<CliSurroundings> = {}): Promise<CliResult> =>
    runCli(args.split(' '), { directory, ...around })
  return { directory, cli }
}

function succeeded({ exitCode, stdout, stderr }: CliResult): string {
  assert.deepEqual({ exitCode, stderr }, { exitCode: 0, stderr: '' })
  return stdout
}

describe('the command line', () => {
  it('has the commands that documents name, and --help for each', () => {
    const names = new Set(createProgram().commands.map((command) => command.name()))
    for (const name of [
      'cluster',
      'node',
      'prices',
      'verify',
      'prove',
      'resync',
      'status',
      'why',
      'keys',
      'config',
      'migrate',
    ])
      assert.ok(names.has(name), name)
    for (const command of createProgram().commands) assert.match(command.helpInformation(), /Usage: gossip-price /)
  })

  it('prints help and version', async (test) => {
    const { cli } = await cliIn(test)
    assert.match(succeeded(await cli('--help')), /keys .*\n[\s\S]*migrate/)
    assert.equal(succeeded(await cli('--version')), `${VERSION}\n`)
    assert.match(succeeded(await cli('keys --help')), /export/)
    for (const command of ['verify', 'cluster', 'why']) {
      const tooLong = succeeded(await cli(`${command} --help`))
        .split('\n')
        .filter((line) => line.length > 80)
      assert.deepEqual(tooLong, [], 'as wide as terminals usually are')
    }
  })

  it('answers an unknown command or option with a sentence and an exit code', async (test) => {
    const { cli } = await cliIn(test)
    for (const args of ['noed', 'node --colour', 'prices --limit 0']) {
      const { exitCode, stderr } = await cli(args)
      assert.equal(exitCode, 1)
      assert.match(stderr, /^error: /)
    }
    assert.match((await cli('noed')).stderr, /Did you mean node\?/)
    assert.match((await cli('status --jsn')).stderr, /Did you mean --json\?/)
  })

  it('says in one sentence that Node is too old, instead of a stack', async (test) => {
    const { directory, cli } = await cliIn(test)
    const preload = join(directory, 'old-node.mjs')
    await writeFile(
      preload,
      `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '20.19.0' } })\n` +
        `Object.defineProperty(process, 'version', { value: 'v20.19.0' })\n`,
    )
    const { exitCode, stdout, stderr } = await cli('--help', { nodeArguments: ['--import', preload] })
    assert.deepEqual([exitCode, stdout], [1, ''])
    assert.match(stderr, /^gossip-price needs Node 24 or newer, and this is v20\.19\.0: [^\n]*\n$/)
  })

  it('has nothing before that check that an older Node could stumble over', async () => {
    const main = await readFile(new URL('../../src/main.ts', import.meta.url), 'utf8')
    assert.match(main, /^#!\/usr\/bin\/env node\n/)
    assert.doesNotMatch(main, /^import /m)
  })
})

describe('a bad configuration', () => {
  const env = { GP_BOOTSTRAP: 'maybe', GP_DATABASE_URL: 'postgres://u:hunter2@h/d', GP_QUIETPERIOD: '-1' }

  for (const command of ['node', 'cluster', 'config print']) {
    it(`ends ${command} with all problems and exit code 78`, async (test) => {
      const { cli } = await cliIn(test)
      const { exitCode, stdout, stderr } = await cli(command, { env })
      assert.deepEqual([exitCode, stdout], [78, ''])
      assert.ok(!stderr.includes('hunter2'), stderr)
      if (command === 'cluster') return
      assert.deepEqual(
        stderr
          .trimEnd()
          .split('\n')
          .map((line) => line.trim().replace(/:? .*/, '')),
        [
          'gossip-price',
          'GP_BOOTSTRAP="maybe"',
          'GP_QUIETPERIOD="-1"',
          'GP_DATABASE_URL="postgres://u:[redacted]@h/d"',
        ],
      )
    })
  }

  it('shows no stack, but at log level debug another failure does', async (test) => {
    const { cli } = await cliIn(test)
    assert.doesNotMatch((await cli('keys show')).stderr, /\n {4}at /)
    assert.match((await cli('keys show', { env: { GP_LOGLEVEL: 'debug' } })).stderr, /\n {4}at /)
  })
})

describe('the file .env of the working directory', () => {
  it('configures, and the environment wins', async (test) => {
    const { directory, cli } = await cliIn(test)
    await writeFile(join(directory, '.env'), '# mine\nGP_PAIRS=BTC-USD\nGP_NETWORK="from-file"\nPOSTGRES_PASSWORD=x\n')
    const printed = succeeded(await cli('config print', { env: { GP_NETWORK: 'from-environment' } }))
    assert.match(printed, /^GP_PAIRS=BTC-USD$/m)
    assert.match(printed, /^GP_NETWORK=from-environment$/m)
  })

  it('is checked like the environment', async (test) => {
    const { directory, cli } = await cliIn(test)
    await writeFile(join(directory, '.env'), 'GP_PAIR=BTC-USD\n')
    const { exitCode, stderr } = await cli('config print')
    assert.equal(exitCode, 78)
    assert.match(stderr, /GP_PAIR="BTC-USD": .*did you mean GP_PAIRS\?/)
  })
})

describe('gossip-price config', () => {
  it('prints what holds, without secrets', async (test) => {
    const { cli } = await cliIn(test)
    const env = { GP_PRIVATEKEY: KEY, GP_DATABASEURL: 'postgres://u:hunter2@h/d', GP_HTTPADDR: '' }
    const printed = succeeded(await cli('config print', { env }))
    assert.match(printed, /^GP_PRIVATEKEY=\[redacted\]$/m)
    assert.match(printed, /^GP_DATABASEURL=postgres:\/\/u:\[redacted\]@h\/d$/m)
    assert.match(printed, /^GP_HTTPADDR=$/m)
    assert.match(printed, /^GP_QUIETPERIOD=30 +# default$/m)
  })
})

describe('gossip-price keys', () => {
  it('new makes a key where the node looks for it, and show shows its address', async (test) => {
    const { directory, cli } = await cliIn(test)
    const made = succeeded(await cli('keys new --light'))
    const keystore = join(directory, '.gossip-price/node/signing-key.json')
    const { address } = JSON.parse(await readFile(keystore, 'utf8'))
    assert.match(made, new RegExp(`^address   0x${address}\n`, 'i'))
    assert.match(succeeded(await cli('keys show --address-only')), new RegExp(`^0x${address}\n$`, 'i'))
  })

  it('new overwrites nothing, and with --if-missing shows what is there', async (test) => {
    const { cli } = await cliIn(test)
    const made = succeeded(await cli('keys new --light --out key.json'))
    const again = await cli('keys new --light --out key.json')
    assert.equal(again.exitCode, 1)
    assert.match(again.stderr, /key\.json exists already and is not overwritten/)
    assert.equal(succeeded(await cli('keys new --light --out key.json --if-missing')), made)
  })

  it('show takes the key that a node would use, GP_PRIVATEKEY first', async (test) => {
    const { cli } = await cliIn(test)
    assert.equal(
      succeeded(await cli('keys show', { env: { GP_PRIVATEKEY: KEY } })),
      `address   ${ADDRESS}\nfrom      GP_PRIVATEKEY\n`,
    )
    const nothing = await cli('keys show')
    assert.equal(nothing.exitCode, 1)
    assert.match(nothing.stderr, /there is no .*signing-key\.json: gossip-price keys new makes one/)
  })

  it('import takes a key from standard input, export copies it, import takes it from there, and it is the same', async (test) => {
    const { directory, cli } = await cliIn(test)
    await writeFile(join(directory, 'mine.password'), 'correct horse\n', { mode: 0o600 })
    const shown = [
      succeeded(await cli('keys import --light --out a.json', { stdin: `${KEY.slice(2)}\n` })),
      succeeded(await cli('keys export --light --key-file a.json --out b.json --password-file mine.password')),
      succeeded(await cli('keys import b.json --key-password-file mine.password --light --out c.json')),
      succeeded(await cli('keys show --key-file c.json')),
    ]
    for (const text of shown) assert.match(text, new RegExp(`^address   ${ADDRESS}\n`))
    assert.ok(!shown.join('').includes(KEY.slice(2)))
    assert.equal((await stat(join(directory, 'b.json'))).mode & 0o777, 0o600)
    assert.equal(succeeded(await cli('keys export --raw --key-file c.json')), `${KEY}\n`)
  })

  it('export without --out or --raw writes nothing and says so', async (test) => {
    const { cli } = await cliIn(test)
    const { exitCode, stdout, stderr } = await cli('keys export', { env: { GP_PRIVATEKEY: KEY } })
    assert.deepEqual([exitCode, stdout], [1, ''])
    assert.match(stderr, /--out FILE/)
  })

  it('import refuses what is no private key, and does not repeat it', async (test) => {
    const { cli } = await cliIn(test)
    const { exitCode, stderr } = await cli('keys import --out a.json', { stdin: `0x${'f'.repeat(64)}` })
    assert.equal(exitCode, 78)
    assert.match(stderr, /standard input holds no private key: expected a private key above 0/)
    assert.doesNotMatch(stderr, /fff/)
  })

  it('a wrong password is a sentence', async (test) => {
    const { directory, cli } = await cliIn(test)
    succeeded(await cli('keys new --light --out a.json'))
    await chmod(join(directory, 'a.password'), 0o600)
    await writeFile(join(directory, 'a.password'), 'hunter2\n')
    const { exitCode, stderr } = await cli('keys show --key-file a.json')
    assert.equal(exitCode, 78)
    assert.equal(stderr, 'gossip-price: the password does not open a.json, or the file is damaged\n')
  })

  it('provision makes each node a key of its own, once, and a file for GP_SIGNERS', async (test) => {
    const { directory, cli } = await cliIn(test)
    const first = succeeded(await cli('keys provision one two three --signers signers.txt'))
    assert.equal(succeeded(await cli('keys provision one two three --signers signers.txt')), first)
    assert.equal(await readFile(join(directory, 'signers.txt'), 'utf8'), first)
    assert.equal(new Set(first.match(/0x\w{40}/g)).size, 3)
    succeeded(await cli('config print', { env: { GP_SIGNERS: '@signers.txt' } }))
    assert.match(succeeded(await cli('keys show', { env: { GP_DATADIR: 'two' } })), /from {6}two\/signing-key\.json/)
  })
})

describe('gossip-price prices', () => {
  it('says what to do when there is no database', async (test) => {
    const { cli } = await cliIn(test)
    const { exitCode, stdout, stderr } = await cli('prices')
    assert.deepEqual([exitCode, stdout], [1, ''])
    assert.match(stderr, /no database is running .* npm start/)
  })

  it('says so when the database of the directory has gone, without its password', async (test) => {
    const { directory, cli } = await cliIn(test)
    await writeFile(join(directory, 'connection.json'), '{"url":"postgres://u:hunter2@127.0.0.1:1/prices"}')
    const { exitCode, stderr } = await cli('prices --data-dir .')
    assert.equal(exitCode, 1)
    assert.match(stderr, /the database of connection\.json does not run any more/)
    assert.ok(!stderr.includes('hunter2'))
  })

  it('refuses a database that is no Postgres, without its password', async (test) => {
    const { cli } = await cliIn(test)
    const { exitCode, stderr } = await cli('prices --database mysql://u:hunter2@h/d')
    assert.equal(exitCode, 78)
    assert.match(stderr, /--database="mysql:\/\/u:\[redacted\]@h\/d": expected a URL/)
  })
})

describe('gossip-price resync', () => {
  const signers = { GP_SIGNERS: `${ADDRESS},0x${'2'.repeat(40)},0x${'3'.repeat(40)}` }

  it('has nothing to do where there is no history, and says what to do', async (test) => {
    const { cli } = await cliIn(test)
    const cases = [
      { env: {}, words: /is an open network, where anybody could make a history: name its signers in GP_SIGNERS/ },
      { env: { GP_BOOTSTRAP: 'true' }, words: /a bootstrap node has no database to fill/ },
      { env: { ...signers, GP_HISTORY: 'off' }, words: /GP_HISTORY is off: say with --from DATE how far back/ },
    ]
    for (const { env, words } of cases) {
      const { exitCode, stdout, stderr } = await cli('resync', { env })
      assert.deepEqual([exitCode, stdout], [1, ''])
      assert.match(stderr, words)
    }
  })

  it('tells that a running node catches up by itself', async (test) => {
    const { directory, cli } = await cliIn(test)
    const disk = new NodeDisk({ clock: systemClock, logger: new RecordingLogger() }, { directory })
    const env = { ...signers, GP_DATADIR: directory, GP_SYNCINTERVAL: '7' }
    const { exitCode, stderr } = await cli('resync', { env })
    disk.close()
    assert.equal(exitCode, 1)
    assert.match(stderr, /is running, and catches up with its peers by itself, with one of them every 7 s \(GP_SYNC/)
  })

  it('refuses what is no day, and one that lies ahead', async (test) => {
    const { cli } = await cliIn(test)
    for (const day of ['yesterday', '2025-02-30', '2025-1-1']) {
      const { exitCode, stderr } = await cli(`resync --from ${day}`)
      assert.equal(exitCode, 1)
      assert.match(stderr, /It should be a day, as 2025-01-31/)
    }
    assert.match((await cli('resync --from 9999-01-01')).stderr, /lies ahead/)
  })
})

describe('gossip-price prices', () => {
  it('refuses what is no time, an empty range, and a range of rows that are to come', async (test) => {
    const { cli } = await cliIn(test)
    for (const [args, words] of [
      [
        'prices --from 31.1.2026',
        /^error: .+ It should be a day in UTC, as 2026-01-31, or a time, as 2026-01-31T12:00:00Z\.\n/,
      ],
      [
        'prices --from 2025-01-02 --to 2025-01-01',
        /^gossip-price: --from is not before --to: no row can lie between them\n$/,
      ],
      ['prices --from 2025-01-02 --follow', /^gossip-price: --from and --to .+: leave one out\n$/],
    ] as const) {
      const { exitCode, stdout, stderr } = await cli(args)
      assert.deepEqual([exitCode, stdout], [1, ''], args)
      assert.match(stderr, words)
    }
  })
})

describe('gossip-price verify', () => {
  it('refuses what is no time, no set of signers and no quorum, and an empty range', async (test) => {
    const { cli } = await cliIn(test)
    const bad = [
      'verify --from yesterday',
      'verify --from 2025-02-30',
      'verify --to 2025-01-01T12:00',
      'verify --threshold 0',
      'verify --threshold 1.5',
      'verify --from 2025-01-02 --to 2025-01-02',
      'verify --treshold 3',
    ]
    for (const args of bad) {
      const { exitCode, stdout, stderr } = await cli(args)
      assert.deepEqual([exitCode, stdout], [2, ''], args)
      assert.match(stderr, /It should be a (day|whole number)|--from is not before --to|unknown option/)
    }
    assert.equal((await cli('verify --help')).exitCode, 0)
    const { exitCode, stderr } = await cli('verify --signers 0x12,@nowhere --database postgres://u:p@127.0.0.1:1/d')
    assert.equal(exitCode, 78)
    assert.match(stderr, /the configuration has 2 problems\n {2}--signers="0x12": expected an address/)
  })

  it('refuses a database that is no Postgres, without its password, and says when one cannot be reached', async (test) => {
    const { cli } = await cliIn(test)
    const none = await cli('verify --database mysql://u:hunter2@h/d')
    assert.equal(none.exitCode, 78)
    assert.match(none.stderr, /--database="mysql:\/\/u:\[redacted\]@h\/d": expected a URL/)
    const away = await cli('verify --database postgres://u:hunter2@127.0.0.1:1/d')
    assert.equal(away.exitCode, 2)
    assert.match(away.stderr, /u@127\.0\.0\.1:1\/d cannot be reached/)
    assert.ok(!`${none.stderr}${away.stderr}`.includes('hunter2'))
    const nowhere = await cli('verify')
    assert.equal(nowhere.exitCode, 2)
    assert.match(nowhere.stderr, /no database is running for /)
  })
})

describe('gossip-price prove', () => {
  it('refuses what is no id', async (test) => {
    const { cli } = await cliIn(test)
    for (const id of ['0x12', '12'.repeat(32), `0x${'g'.repeat(64)}`, `0x${'1'.repeat(65)}`]) {
      const { exitCode, stdout, stderr } = await cli(`prove ${id}`)
      assert.deepEqual([exitCode, stdout], [1, ''])
      assert.match(stderr, /It should be 0x and 64 hexadecimal digits/)
    }
  })
})

describe('gossip-price why, status and health', () => {
  it('refuse what is neither id nor round, and no URL', async (test) => {
    const { cli } = await cliIn(test)
    for (const args of ['why 0x12', 'why -- -1', 'why latest', 'status --url ftp://h', 'health --url nowhere']) {
      const { exitCode, stdout, stderr } = await cli(args)
      assert.deepEqual([exitCode, stdout], [1, ''], args)
      assert.match(stderr, /It should be (0x and 64 hexadecimal digits or the first 6|a URL)/, args)
    }
  })

  it('say in a sentence when nobody answers, or there is nobody to ask', async (test) => {
    const { cli } = await cliIn(test)
    const ask = ['why 7', 'why 0x123456', 'status', 'status --json', 'health', 'health --json']
    for (const args of ask) {
      const away = await cli(`${args} --url http://127.0.0.1:1`)
      assert.deepEqual([away.exitCode, away.stdout], [1, ''])
      assert.match(
        away.stderr,
        /^gossip-price: nobody answers at http:\/\/127\.0\.0\.1:1\/\S* \(ECONNREFUSED\): start the node, or .*\n$/,
      )
    }
    const off = await cli('status', { env: { GP_HTTPADDR: '' } })
    assert.match(off.stderr, /GP_HTTPADDR is empty, so the node serves no HTTP/)
    const elsewhere = await cli('status --data-dir nowhere')
    assert.deepEqual([elsewhere.exitCode, elsewhere.stdout], [1, ''])
    assert.match(elsewhere.stderr, /no node of nowhere serves HTTP: start it/)
  })
})

describe('--json', () => {
  it('is an option of every command that prints data', () => {
    const leaves = (command: Command): readonly Command[] =>
      command.commands.length === 0 ? [command] : command.commands.flatMap(leaves)
    const without = createProgram()
      .commands.flatMap(leaves)
      .filter((command) => !command.options.some(({ long }) => long === '--json'))
      .map((command) => command.name())
    // Those that run until they are told to stop have a log (GP_LOGFORMAT); .env.example is a file.
    assert.deepEqual(without.toSorted(), ['cluster', 'example', 'node', 'simulate-prices'])
  })

  it('of keys has what people are told, and never a key', async (test) => {
    const { cli } = await cliIn(test)
    const made = JSON.parse(succeeded(await cli('keys new --light --json')))
    assert.deepEqual(Object.keys(made), ['address', 'keystore', 'password'])
    const shown = JSON.parse(succeeded(await cli('keys show --json')))
    assert.deepEqual(shown, { address: made.address, from: made.keystore })
    const one = succeeded(await cli('keys provision one two --json'))
      .trimEnd()
      .split('\n')
    assert.deepEqual(
      one.map((line) => JSON.parse(line)['directory']),
      ['one', 'two'],
    )
    const imported = await cli('keys import --light --out c.json --json', { stdin: KEY })
    assert.equal(JSON.parse(succeeded(imported)).address, ADDRESS)
    assert.ok(!imported.stdout.includes(KEY.slice(2)))
  })

  it('of config has every variable, without secrets', async (test) => {
    const { cli } = await cliIn(test)
    const env = { GP_PRIVATEKEY: KEY, GP_DATABASEURL: 'postgres://u:hunter2@h/d', GP_QUIETPERIOD: '7' }
    const facts = JSON.parse(succeeded(await cli('config print --json', { env })))
    assert.deepEqual(facts['GP_PRIVATEKEY'], { value: '[redacted]', isDefault: false })
    assert.deepEqual(facts['GP_DATABASEURL'], { value: 'postgres://u:[redacted]@h/d', isDefault: false })
    assert.deepEqual(facts['GP_QUIETPERIOD'], { value: '7', isDefault: false })
    assert.deepEqual(facts['GP_PAIRS'], { value: 'ETH-USD', isDefault: true })
    assert.deepEqual(facts['GP_SIGNERS'], { value: null, isDefault: true })
    const lines = succeeded(await cli('config table --json'))
      .trimEnd()
      .split('\n')
    const names = lines.map((line) => (JSON.parse(line) as { readonly name: string }).name)
    assert.deepEqual(names, Object.keys(facts))
  })
})
