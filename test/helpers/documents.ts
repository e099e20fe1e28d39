import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The directory of the repository. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** The text of a file, its path given from the root of the repository. */
export function textOf(path: string): string {
  return readFileSync(`${ROOT}${path}`, 'utf8')
}

/** Every Markdown document: those beside package.json, and all below docs. */
export function documents(): string[] {
  const top = readdirSync(ROOT).filter((name) => name.endsWith('.md'))
  const below = readdirSync(`${ROOT}docs`, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'))
  return [...top, ...below.map((name) => `docs/${name.replaceAll('\\', '/')}`)]
}

/** A document of this repository, and the parts of it that are facts. A part is found by a text that stands before it. */
export class Document {
  readonly text: string
  readonly #path: string

  constructor(path: string) {
    this.#path = path
    this.text = textOf(path)
  }

  /** The cells of the first table after `mark`, row by row, without its heading. */
  table(mark: string): string[][] {
    const [, table = ''] = /\n((?:\|.*\|\n)+)/.exec(this.#after(mark)) ?? []
    const [, rule, ...rows] = table.split('\n').filter((line) => line !== '')
    assert.match(rule ?? '', /^\| ---/, `${this.#path} has a table after ${mark}`)
    return rows.map((row) =>
      row
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    )
  }

  /** The first fenced block after `mark`. */
  block(mark: string): string {
    const [, block] = /\n```\w+\n([\s\S]*?)```\n/.exec(this.#after(mark)) ?? []
    assert.ok(block !== undefined, `${this.#path} has a block after ${mark}`)
    return block
  }

  /** The items of the first numbered list after `mark`. */
  list(mark: string): string[] {
    const [, list = ''] = /\n((?:1\. .*\n)(?:(?:\d+\. | {3}).*\n)*)/.exec(this.#after(mark)) ?? []
    assert.notEqual(list, '', `${this.#path} has a list after ${mark}`)
    return list.split(/^\d+\. /m).slice(1)
  }

  #after(mark: string): string {
    const at = this.text.indexOf(mark)
    assert.notEqual(at, -1, `${this.#path} holds ${mark}`)
    assert.equal(this.text.indexOf(mark, at + 1), -1, `${this.#path} holds ${mark} once`)
    return this.text.slice(at + mark.length)
  }
}

/** What stands between backquotes in a text. */
export function quoted(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, inside = '']) => inside)
}

/** The text without the backquotes around it. */
export function unquoted(cell: string | undefined): string {
  const [inside] = quoted(cell ?? '')
  assert.equal(`\`${inside}\``, cell)
  return inside ?? ''
}
