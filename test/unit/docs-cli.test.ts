import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Command } from 'commander'
import pc from 'picocolors'
import { nodeTable } from '../../src/commands/node-table.ts'
import { createProgram } from '../../src/commands/program.ts'
import type { NetworkStatus } from '../../src/commands/status-listing.ts'
import { networkJson } from '../../src/api/presentation.ts'
import { EXIT } from '../../src/node/exit-code.ts'
import { MadeUpNode } from '../helpers/api-at-work.ts'
import { Document, quoted } from '../helpers/documents.ts'

const page = new Document('docs/cli.md')

/** Every command that does something, by its whole name. */
function leaves(command: Command, name = ''): readonly (readonly [string, Command])[] {
  if (command.commands.length === 0) return [[name, command]]
  return command.commands.flatMap((each) => leaves(each, `${name} ${each.name()}`.trim()))
}

const commands = leaves(createProgram())

function namesIn(mark: string): readonly string[] {
  return page.table(mark).flatMap(([cell = '']) => quoted(cell))
}

describe('docs/cli.md', () => {
  it('lists the commands that there are', () => {
    assert.deepEqual(namesIn('<!-- commands -->').toSorted(), commands.map(([name]) => name).toSorted())
  })

  it('says what --json prints for every command that has it', () => {
    const withJson = commands.filter(([, command]) => command.options.some(({ long }) => long === '--json'))
    assert.deepEqual(namesIn('<!-- json -->').toSorted(), withJson.map(([name]) => name).toSorted())
  })

  it('has the exit codes of the code', () => {
    const codes = page.table('<!-- exit codes -->').map(([code]) => Number(code))
    assert.deepEqual(codes, [0, ...Object.values(EXIT)])
  })

  it('explains the columns of status', () => {
    const network = JSON.parse(JSON.stringify(networkJson(new MadeUpNode()))) as NetworkStatus
    const { lines } = nodeTable(network, { width: Infinity, paint: pc.createColors(false), nowMs: 0 })
    assert.deepEqual(
      namesOf(lines[0] ?? ''),
      page.table('<!-- columns -->').flatMap(([cell = '']) => quoted(cell)),
    )
  })
})

function namesOf(heading: string): readonly string[] {
  return heading.trim().split(/ +/)
}
