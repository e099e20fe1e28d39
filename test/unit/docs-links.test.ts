import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { ROOT, documents, textOf } from '../helpers/documents.ts'

/** Where a document's links lead, other sites left out. Code is no link. */
function linksOf(text: string): string[] {
  const prose = text.replaceAll(/```[\s\S]*?```/g, '').replaceAll(/`[^`\n]*`/g, '')
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)|<img [^>]*src="([^"]+)"/g)].map(
    ([, link, image]) => link ?? image ?? '',
  )
  return links.filter((link) => !/^[a-z]+:/.test(link))
}

/** The anchors that GitHub makes of headings. */
function anchorsOf(text: string): Set<string> {
  const headings = text.replaceAll(/```[\s\S]*?```/g, '').matchAll(/^#+ (.*)$/gm)
  return new Set(
    [...headings].map(([, heading = '']) => {
      const plain = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase()
      return plain.replaceAll(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-')
    }),
  )
}

describe('links in documents', () => {
  for (const document of documents()) {
    it(`lead to what is there: ${document}`, () => {
      for (const link of linksOf(textOf(document))) {
        const [path = '', anchor] = link.split('#')
        const target = path === '' ? document : join(dirname(document), decodeURIComponent(path))
        assert.ok(existsSync(join(ROOT, target)), `${document} links to ${link}`)
        if (anchor !== undefined && target.endsWith('.md')) {
          assert.ok(anchorsOf(textOf(target)).has(anchor), `${document} links to ${link}`)
        }
      }
    })
  }
})
