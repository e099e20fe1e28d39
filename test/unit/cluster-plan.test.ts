import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { planProcesses } from '../../src/cluster/cluster-plan.ts'
import { loadConfig } from '../../src/config.ts'
import { agreedConstants } from '../../src/core/agreed-constants.ts'
import { surroundingsOf } from '../helpers/config-surroundings.ts'
import { testSigners } from '../helpers/statements.ts'

describe('the processes of a cluster', () => {
  it('agree on all constants of the network, the bootstrap node with its nodes', () => {
    const processes = planProcesses({
      options: { nodes: 4, interval: 20, quietPeriod: 2, simulate: true, dataDir: 'data', portBase: undefined },
      env: { GP_SIGNERS: '', GP_MAXDEVIATION: '2' },
      simulatedUrl: 'http://127.0.0.1:1/',
      databaseUrl: 'postgres://localhost',
      signers: testSigners(4).map(({ address }) => address),
      firstPort: 8000,
    })
    const constants = processes.map(({ env }) => {
      const loaded = loadConfig(surroundingsOf(env))
      return 'config' in loaded ? loaded.config.constants : assert.fail(JSON.stringify(loaded.problems))
    })
    const [bootstrap, ...nodes] = constants.map(agreedConstants)
    assert.equal(bootstrap?.signerCount, 4)
    for (const node of nodes) assert.deepEqual(node, bootstrap)
  })
})
