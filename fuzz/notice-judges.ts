import { encodeRefusalMessage } from '../src/gossip/refusal-wire.ts'
import { encodeStatusMessage } from '../src/gossip/status-wire.ts'
import { REFUSED, createNoticesAtWork, signRefusal, signStatus } from '../test/helpers/notices-at-work.ts'
import { STRANGER } from '../test/helpers/inbox-at-work.ts'
import { OBSERVED_AT, alice, bob, carol, statement } from '../test/helpers/statements.ts'
import { type Target, rule } from './target.ts'

const { network } = statement()
/** More than the signers that are allowed and the neighbours that are kept. */
const NODES_AT_MOST = 8 + 64

export const noticeJudges: Target = {
  name: 'notice-judges',
  about: 'messages of status and of refusals: the verdicts of their whole inboxes',
  share: 11,
  form: 'protobuf',
  seeds: () => [
    ...[alice, bob, STRANGER].map((signer) => encodeStatusMessage(signStatus(signer))),
    encodeStatusMessage(signStatus(carol, { peerId: 'neighbour', sequence: OBSERVED_AT + 1 })),
    encodeRefusalMessage([signRefusal(bob)], { network }),
    encodeRefusalMessage([signRefusal(carol, { reason: 'outside-window' }), signRefusal(STRANGER)], { network }),
  ],
  open() {
    const node = createNoticesAtWork()
    const held = node.receive(REFUSED)
    let inputs = 0
    return async (input) => {
      await held
      const faults = node.logger.at('error').length
      // One sender of so many lies would be expelled, and nothing of it be looked at any more.
      inputs += 1
      const status = await node.receiveStatus(input, `peer ${inputs}`)
      const refusals = await node.receiveRefusals(input, `peer ${inputs}`)
      node.seen.length = 0
      rule(node.logger.at('error').length === faults, 'no mistake of ours shows')
      rule(node.directory.nodes().length <= NODES_AT_MOST, 'no more nodes are known than there is room for')
      for (const { signer, signature, refusal } of node.refused.splice(0)) {
        rule(refusal.statement === REFUSED.id && signature.length === 65, 'only what is about a held statement counts')
        rule(node.engine.pool.refusalsOf(REFUSED.id)?.get(signer)?.signature === signature, 'what counts is kept')
      }
      return [status, refusals].map((verdict) => ('code' in verdict ? verdict.code : 'new')).join(' / ')
    }
  },
}
