import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import * as fc from 'fast-check'
import { loadConfig } from '../../src/config.ts'
import { formatProblem } from '../../src/config/problem.ts'
import type { Environment } from '../../src/config/read-variables.ts'
import { renderConfig } from '../../src/config/render.ts'
import { VARIABLE_NAMES } from '../../src/config/variables.ts'
import { surroundingsOf } from '../helpers/config-surroundings.ts'

/** Everything that a person could come to see of an environment. */
function shownOf(env: Environment): string {
  const loaded = loadConfig(surroundingsOf(env))
  const result =
    'problems' in loaded ? loaded.problems.map(formatProblem).join('\n') : JSON.stringify(plain(loaded.config))
  return [result, inspect(loaded, { depth: 9 }), renderConfig(env)].join('\n')
}

function plain(config: object): unknown {
  return JSON.parse(JSON.stringify(config, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value)))
}

const hexKey = fc.stringMatching(/^[0-9a-f]{64}$/)
/** No text that could stand in the output by chance. */
const password = fc.string({ minLength: 10, maxLength: 40 }).filter((text) => /[^\s]{10}/.test(text))
const variable = fc.constantFrom(...VARIABLE_NAMES)

describe('a secret is shown nowhere: in no problem, no dump of the configuration, no print of it', () => {
  it('the password of a database URL, percent-encoded', () => {
    fc.assert(
      fc.property(password, fc.constantFrom('postgres', 'postgresql', 'mysql'), (secret, scheme) => {
        const encoded = encodeURIComponent(secret)
        for (const url of [`${scheme}://user:${encoded}@host/db`, `${scheme}://host/db?password=${encoded}`]) {
          const shown = shownOf({ GP_DATABASEURL: url })
          assert.ok(!shown.includes(secret) && !shown.includes(encoded), shown)
        }
      }),
    )
  })

  it('the password of a database URL, written as nobody should', () => {
    fc.assert(
      fc.property(password, (secret) => {
        const shown = shownOf({
          GP_DATABASEURL: `postgres://user:${secret}@host/db`,
          GP_DATABASE_URL: `postgres://:${secret}@`,
        })
        assert.ok(!shown.includes(secret.trim()), shown)
        assert.ok(shown.includes('postgres://user:[redacted]@host/db'), shown)
      }),
    )
  })

  it('a private key or a network key, well-formed or not', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          hexKey,
          hexKey.map((key) => `0x${key}`),
          password,
        ),
        (secret) => {
          for (const name of [
            'GP_PRIVATEKEY',
            'GP_NETWORKKEY',
            'GP_PRIVATE_KEY',
            'GP_NETWORK_KEY',
            'GP_PRIVKEY',
            'GP_X',
          ]) {
            const shown = shownOf({ [name]: secret, GP_PAIRS: '!' })
            assert.ok(!shown.includes(secret.trim()), shown)
          }
        },
      ),
    )
  })

  it('a private key in a variable that it does not belong into, beside any other', () => {
    fc.assert(
      fc.property(hexKey, variable, variable, (secret, name, other) => {
        const problems = loadConfig(surroundingsOf({ [other]: '!', [name]: `0x${secret}` }))
        if ('problems' in problems) {
          const shown = problems.problems.map(formatProblem).join('\n')
          assert.ok(!shown.includes(secret), shown)
        }
        assert.ok(!renderConfig({ [name]: secret }).includes(secret))
      }),
    )
  })
})

describe('any environment', () => {
  it('is a configuration or a list of problems, one line each, and never an exception', () => {
    const env = fc.dictionary(
      fc.oneof(
        variable,
        fc.string().map((text) => `GP_${text}`),
      ),
      fc.string({ unit: 'binary' }),
    )
    fc.assert(
      fc.property(env, (values) => {
        const loaded = loadConfig(surroundingsOf(values))
        if ('config' in loaded) return
        assert.ok(loaded.problems.length > 0)
        for (const problem of loaded.problems) assert.doesNotMatch(formatProblem(problem), /[\p{Cc}\p{Zl}\p{Zp}]/u)
      }),
    )
  })
})
