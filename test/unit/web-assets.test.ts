import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import module from 'node:module'
import { posix } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { pathToFileURL } from 'node:url'
import { type TestContext, before, describe, it } from 'node:test'
import { loadAssets, type Assets } from '../../src/web/assets.ts'
import { defer } from '../helpers/defer.ts'
import { temporaryDirectory } from '../helpers/temporary-directory.ts'

const run = promisify(execFile)

async function emptyCache(t: TestContext): Promise<URL> {
  return new URL('cache/', `${pathToFileURL(await temporaryDirectory(t)).href}/`)
}

describe('the files of the dashboard', () => {
  let assets: Assets

  before(async () => {
    assets = await loadAssets()
  })

  it('hold all that they refer to', () => {
    for (const [path, text] of texts('text/javascript')) {
      const imported = text.matchAll(/^(?:import|export|\}).*?(?:from )?['"]([./][^'"]*)['"];?$/gm)
      for (const [, name = ''] of imported)
        assert.ok(assets.has(posix.resolve(posix.dirname(path), name)), `${path} imports ${name}`)
    }
    for (const [, text] of texts('text/html'))
      for (const [, path = ''] of text.matchAll(/(?:src|href)="(\/[^"]*)"/g))
        assert.ok(assets.has(path) || ['/openapi.json', '/metrics'].includes(path), path)
    for (const [, text] of texts('text/css'))
      for (const [, path = ''] of text.matchAll(/url\('([^']*)'\)/g)) assert.ok(assets.has(path), path)
  })

  it('refer to no package by its name, which a browser cannot resolve', () => {
    for (const [path, text] of texts('text/javascript'))
      assert.doesNotMatch(text, /^(?:import|export|\}).* from ['"][^./]/m, path)
  })

  it('have nothing inline, which their own policy would forbid', () => {
    for (const [path, text] of texts('text/html')) {
      assert.doesNotMatch(text, /<script(?![^>]* src=)/, path)
      assert.doesNotMatch(text, /<style|\sstyle=|\son[a-z]+=|javascript:/i, path)
    }
  })

  it('ask no other host for anything', () => {
    for (const [path, text] of [...texts('text/html'), ...texts('text/css')])
      assert.doesNotMatch(text, /https?:|["'(]\/\//, path)
  })

  it('have every colour once, for both themes', () => {
    const sheets = texts('text/css').filter(([path]) => !path.startsWith('/lib/'))
    const coloured = sheets.filter(([, text]) => /#[0-9a-f]{3,8}\b/i.test(text)).map(([path]) => path)
    assert.deepEqual(coloured, ['/style.css'])
    const [, style = ''] = sheets.find(([path]) => path === '/style.css') ?? []
    const set = [...style.matchAll(/(--[\w-]+): ([^;]*#[^;]*);/g)]
    assert.ok(set.length > 10)
    for (const [, name, value = ''] of set) assert.match(value, /^light-dark\(#\w+, #\w+\)$/, name)
    assert.equal(new Set(set.map(([, name]) => name)).size, set.length)
  })

  it('make no markup of what they are told', () => {
    for (const [path, text] of texts('text/javascript').filter(([name]) => name.startsWith('/app/')))
      assert.doesNotMatch(
        text,
        /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|createContextualFragment/,
        path,
      )
  })

  it('have lost their types without a word', async (t) => {
    const script = `import { loadAssets } from '${import.meta.resolve('../../src/web/assets.ts')}'
      const cache = new URL('${await emptyCache(t)}')
      for (const { body } of (await loadAssets({ cache })).values()) if (body.length === 0) console.log('empty')`
    const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '--eval', script])
    assert.equal(stdout + stderr, '')
  })

  it('lose their types when they are first read, once on a machine: what takes them off needs memory and time', async (t) => {
    const strip = t.mock.method(module, 'stripTypeScriptTypes')
    module.syncBuiltinESMExports()
    defer(t, () => {
      t.mock.restoreAll()
      module.syncBuiltinESMExports()
    })
    const cache = await emptyCache(t)
    const fresh = await loadAssets({ cache })
    assert.ok([...fresh.values()].every(({ etag }) => etag.length > 2))
    assert.equal(strip.mock.callCount(), 0)
    assert.equal(fresh.get('/app/main.js')?.body, fresh.get('/app/main.js')?.body)
    assert.equal(strip.mock.callCount(), 1)
    const again = await loadAssets({ cache })
    assert.deepEqual(again.get('/app/main.js')?.body, fresh.get('/app/main.js')?.body)
    assert.equal(again.get('/app/main.js')?.etag, fresh.get('/app/main.js')?.etag)
    assert.equal(strip.mock.callCount(), 1)
  })

  it('are the same where nothing can be kept', async (t) => {
    const cache = new URL(`${pathToFileURL(import.meta.filename).href}/below/`)
    const body = (await loadAssets({ cache })).get('/app/main.js')?.body
    assert.deepEqual(body, (await loadAssets({ cache: await emptyCache(t) })).get('/app/main.js')?.body)
  })

  it('have a tag that changes with what they hold', () => {
    const tags = new Map([...assets.values()].map(({ etag, body }) => [etag, body]))
    assert.equal(tags.size, new Set([...assets.values()].map(({ body }) => body.toString('base64'))).size)
  })

  function texts(type: string): readonly (readonly [string, string])[] {
    const found = [...assets].filter(([, asset]) => asset.type.startsWith(type))
    assert.ok(found.length > 0, type)
    return found.map(([path, { body }]) => [path, body.toString('utf8')] as const)
  }
})
