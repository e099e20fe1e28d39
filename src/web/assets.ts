import { createHash } from 'node:crypto'
import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { readFile, readdir } from 'node:fs/promises'
import { createRequire, stripTypeScriptTypes } from 'node:module'
import { dirname, extname, join } from 'node:path'
import process from 'node:process'

/** A file of the dashboard, in memory. */
export interface Asset {
  /** Media type, with its charset. */
  readonly type: string
  /** A module of the sources loses its types when this is first read. */
  readonly body: Buffer
  /** Strong, in quotes. */
  readonly etag: string
}

/** By the path that it is asked for. */
export type Assets = ReadonlyMap<string, Asset>

const JAVASCRIPT = 'text/javascript; charset=utf-8'
const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': JAVASCRIPT,
  '.svg': 'image/svg+xml',
  '.ts': JAVASCRIPT,
  '.woff2': 'font/woff2',
}

// Pages are not compiled: the same from src/web and from dist/web, as migrations are.
const PAGE = new URL('../../src/web/page/', import.meta.url)
const MODULES = new URL('./browser/', import.meta.url)
/** What modules are without their types, of all versions that were ever asked for: beside Node's own cache of such. */
const CACHE = new URL('../../node_modules/.cache/gossip-price/page/', import.meta.url)

/**
 * What the page takes from packages: path, what a package offers, and a file beside that where it does not offer it
 * itself. Nothing else of them is served.
 */
const LIBRARIES: readonly (readonly [path: string, offered: string, beside?: string])[] = [
  ['/lib/noble-hashes/_u64.js', '@noble/hashes/sha3.js', '_u64.js'],
  ['/lib/noble-hashes/sha3.js', '@noble/hashes/sha3.js'],
  ['/lib/noble-hashes/utils.js', '@noble/hashes/sha3.js', 'utils.js'],
  ['/lib/noble-secp256k1.js', '@noble/secp256k1'],
  ['/lib/uplot.js', 'uplot/dist/uPlot.esm.js'],
  ['/lib/uplot.css', 'uplot/dist/uPlot.min.css'],
  ['/fonts/inter.woff2', '@fontsource-variable/inter/files/inter-latin-wght-normal.woff2'],
]

/** Where the browser finds what our modules import by the name of its package. */
const PACKAGES: Readonly<Record<string, string>> = {
  '@noble/hashes/sha3.js': '/lib/noble-hashes/sha3.js',
  '@noble/secp256k1': '/lib/noble-secp256k1.js',
  uplot: '/lib/uplot.js',
}

/**
 * All files of the dashboard, `/` included. Run as TypeScript, its modules lose their types when they are first asked
 * for, on this machine; in the published build they have lost them already.
 *
 * @param options - `cache`: the directory of modules that have lost their types
 * @throws when a file is missing, or a module imports what is not served
 */
export async function loadAssets({ cache = CACHE }: { readonly cache?: URL } = {}): Promise<Assets> {
  const [pages, modules, libraries] = await Promise.all([pageFiles(), moduleFiles(cache), libraryFiles()])
  const assets = new Map([...pages, ...modules, ...libraries])
  const index = assets.get('/index.html')
  if (index !== undefined) assets.set('/', index)
  return assets
}

async function pageFiles(): Promise<readonly (readonly [string, Asset])[]> {
  const names = await readdir(PAGE)
  return Promise.all(names.map(async (name) => [`/${name}`, asset(name, await readFile(new URL(name, PAGE)))] as const))
}

async function moduleFiles(cache: URL): Promise<readonly (readonly [string, Asset])[]> {
  const names = (await readdir(MODULES)).filter((name) => /(?<!\.d)\.ts$|\.js$/.test(name))
  return Promise.all(
    names.map(async (name) => {
      const script = forBrowser(await readFile(new URL(name, MODULES), 'utf8'))
      const made = name.endsWith('.ts') ? await moduleWithTypes(script, cache) : asset(name, Buffer.from(script))
      return [`/app/${name.replace(/\.ts$/, '.js')}`, made] as const
    }),
  )
}

async function libraryFiles(): Promise<readonly (readonly [string, Asset])[]> {
  const require = createRequire(import.meta.url)
  return Promise.all(
    LIBRARIES.map(async ([path, offered, beside]) => {
      const file = require.resolve(offered)
      return [path, asset(path, await readFile(beside === undefined ? file : join(dirname(file), beside)))] as const
    }),
  )
}

/** What strips types takes 25 MB for good, and its time: a node does without where somebody has looked at the page. */
async function moduleWithTypes(text: string, cache: URL): Promise<Asset> {
  // What is left without the types is a matter of the text and of the Node that strips it.
  const hash = hashOf(`${process.version} ${text}`)
  const file = new URL(`${hash}.js`, cache)
  let body: Buffer | undefined = await readFile(file).catch(() => undefined)
  return {
    type: JAVASCRIPT,
    etag: `"${hash}"`,
    get body() {
      if (body !== undefined) return body
      body = Buffer.from(withoutTypes(text))
      keep(file, body)
      return body
    },
  }
}

function keep(file: URL, body: Buffer): void {
  const draft = new URL(`${file.href}.${process.pid}.new`)
  try {
    mkdirSync(new URL('.', file), { recursive: true })
    writeFileSync(draft, body)
    renameSync(draft, file)
  } catch {
    // An installation that cannot be written to: types are stripped again then.
  }
}

/** Strips types; without the warning that the stripping which runs this very file does not give either. */
function withoutTypes(text: string): string {
  const warn = process.emitWarning.bind(process)
  process.emitWarning = () => {}
  try {
    return stripTypeScriptTypes(text)
  } finally {
    process.emitWarning = warn
  }
}

const IMPORTED = /^((?:import|export|\}).* from |import )(['"])([^'"]+)\2/gm

/** Import maps would be inline scripts, which the page forbids itself: names become paths here. */
function forBrowser(script: string): string {
  return script.replace(IMPORTED, (_all, before: string, quote: string, name: string) => {
    const path = name.startsWith('./') ? name.replace(/\.ts$/, '.js') : PACKAGES[name]
    if (path === undefined) throw new Error(`the dashboard does not serve ${name}`)
    return `${before}${quote}${path}${quote}`
  })
}

function asset(name: string, body: Buffer): Asset {
  const type = TYPES[extname(name)]
  if (type === undefined) throw new Error(`the dashboard has no type for ${name}`)
  return { type, body, etag: `"${hashOf(body)}"` }
}

function hashOf(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('base64url').slice(0, 27)
}
