import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import module from 'node:module'
import { posix } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { before, describe, it } from 'node:test'
import { loadAssets, type Assets } from '../../src/web/assets.ts'
import { defer } from '../helpers/defer.ts'

const run = promisify(execFile)

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

  it('make no markup of what they are told', () => {
    for (const [path, text] of texts('text/javascript').filter(([name]) => name.startsWith('/app/')))
      assert.doesNotMatch(
        text,
        /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|createContextualFragment/,
        path,
      )
  })

  it('have lost their types without a word', async () => {
    const script = `import { loadAssets } from '${import.meta.resolve('../../src/web/assets.ts')}'
      for (const { body } of (await loadAssets()).values()) if (body.length === 0) console.log('empty')`
    const { stdout, stderr } = await run(process.execPath, ['--input-type=module', '--eval', script])
    assert.equal(stdout + stderr, '')
  })

  it('lose their types when they are first read, and once: what takes them off needs more memory than a node', async (t) => {
    const strip = t.mock.method(module, 'stripTypeScriptTypes')
    module.syncBuiltinESMExports()
    defer(t, () => {
      t.mock.restoreAll()
      module.syncBuiltinESMExports()
    })
    const fresh = await loadAssets()
    assert.ok([...fresh.values()].every(({ etag }) => etag.length > 2))
    assert.equal(strip.mock.callCount(), 0)
    assert.equal(fresh.get('/app/main.js')?.body, fresh.get('/app/main.js')?.body)
    assert.equal(strip.mock.callCount(), 1)
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
