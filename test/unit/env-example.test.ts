import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { parseEnv } from 'node:util'
import { loadConfig } from '../../src/config.ts'
import { renderEnvExample } from '../../src/config/render.ts'
import { VARIABLES } from '../../src/config/variables.ts'
import { surroundingsOf } from '../helpers/config-surroundings.ts'

const text = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8')

describe('.env.example', () => {
  it('is what `gossip-price config example` prints', () => {
    assert.equal(text, renderEnvExample())
  })

  it('sets nothing as it stands', () => {
    assert.deepEqual({ ...parseEnv(text) }, {})
  })

  it('has every variable, and those of docker compose', () => {
    for (const { name } of Object.values(VARIABLES)) assert.match(text, new RegExp(`^# ${name}=`, 'm'))
    assert.match(text, /^# POSTGRES_PASSWORD=prices$/m)
    assert.match(text, /^# COMPOSE_PROFILES=simulate$/m)
  })

  it('is a sound configuration when all of it is uncommented', () => {
    const env = parseEnv(text.replaceAll(/^# ([A-Z_]+=)/gm, '$1'))
    assert.ok('config' in loadConfig(surroundingsOf(env)))
  })
})
