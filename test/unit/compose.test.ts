import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { VARIABLE_NAMES } from '../../src/config/variables.ts'

const compose = readFileSync(new URL('../../docker-compose.yaml', import.meta.url), 'utf8')

/** One value for all nodes would make one signer of them, or take away the address of their health checks. */
const NOT_FOR_ALL = new Set(['GP_PRIVATEKEY', 'GP_KEYFILE', 'GP_KEYPASSWORDFILE', 'GP_HTTPADDR'])

describe('docker-compose.yaml', () => {
  const named = new Set([...compose.matchAll(/^ +(GP_[A-Z]+):/gm)].map(([, name]) => name))

  for (const name of VARIABLE_NAMES.filter((variable) => !NOT_FOR_ALL.has(variable))) {
    it(`hands ${name} to the nodes, or sets it`, () => assert.ok(named.has(name)))
  }

  it('hands the bootstrap node the signer set that it makes', () => {
    const [, bootstrap = ''] = /^ {2}bootstrap:\n((?: {4}.*\n)+)/m.exec(compose) ?? []
    assert.match(bootstrap, /<<: \*environment/)
    assert.match(bootstrap, /signers:\/signers:ro/)
    assert.match(bootstrap, /keys: \{ condition: service_completed_successfully \}/)
    assert.match(
      compose,
      /^x-environment: &environment\n(?: {2}.*\n)* {2}GP_SIGNERS: \$\{GP_SIGNERS:-@\/signers\/signers\.txt\}/m,
    )
  })

  it('names no variable that does not exist', () => {
    for (const name of named) assert.ok(name !== undefined && VARIABLE_NAMES.includes(name), name)
  })
})
