import type { Clock } from '../src/core/clock.ts'
import { type Exchange, ExchangeError } from '../src/gossip/sync/exchange.ts'
import type { GossipMember } from './gossip-member.ts'

/** A question without an answer is given up after so long, milliseconds. */
const PATIENCE_MS = 10_000

type Answer = Parameters<Exchange['serve']>[0]

/** Who answers the questions to whom, over the connections of the gossip. */
export class ExchangeDesk {
  readonly #answers = new Map<GossipMember, Answer>()
  /** Bytes of questions and answers, and how many there were. */
  readonly traffic = { questions: 0, bytes: 0 }

  answerOf(member: GossipMember): Answer | undefined {
    return this.#answers.get(member)
  }

  serve(member: GossipMember, answer: Answer): void {
    this.#answers.set(member, answer)
  }

  leave(member: GossipMember): void {
    this.#answers.delete(member)
  }
}

/** The questions of one node. Those who do not run the node's software take none. */
export function createSimulatedExchange({ member, clock, desk, find }: ExchangeComponents): Exchange {
  const takesQuestions = (peerId: string): boolean => {
    const peer = find(peerId)
    return peer !== undefined && desk.answerOf(peer) !== undefined
  }
  return {
    peers: () => member.connectedPeers().filter(takesQuestions),
    onPeer: (listener) =>
      member.onConnected((peerId) => {
        if (takesQuestions(peerId)) listener(peerId)
      }),
    serve: (answer) => desk.serve(member, answer),
    ask(peerId, question, { signal }) {
      desk.traffic.questions += 1
      return new Promise((resolve, reject) => {
        const settle = (act: () => void): void => {
          cancel()
          unwatch()
          signal?.removeEventListener('abort', onAbort)
          act()
        }
        const fail = (code: ConstructorParameters<typeof ExchangeError>[0]): void =>
          settle(() => reject(new ExchangeError(code, `${peerId} gives no answer: ${code}`)))
        const onAbort = (): void => settle(() => reject(signal?.reason))
        const cancel = clock.after(PATIENCE_MS, () => fail('timeout'))
        const unwatch = member.onChange(() => {
          if (!member.isConnected(peerId)) fail('broken')
        })
        signal?.addEventListener('abort', onAbort, { once: true })
        if (signal?.aborted === true) onAbort()
        else if (!member.isConnected(peerId)) fail('not-connected')
        else carryThere()

        function carryThere(): void {
          desk.traffic.bytes += question.length
          member.carry(peerId, { bytes: question.length, arrive: () => void reply() })
        }

        async function reply(): Promise<void> {
          const peer = find(peerId)
          const answer = peer && desk.answerOf(peer)
          if (peer === undefined || answer === undefined) return
          const bytes = await answer(question, member.peerId)
          desk.traffic.bytes += bytes?.length ?? 0
          peer.carry(member.peerId, {
            bytes: bytes?.length ?? 0,
            arrive: () => (bytes === undefined ? fail('refused') : settle(() => resolve(bytes))),
          })
        }
      })
    },
  }
}

export interface ExchangeComponents {
  readonly member: GossipMember
  readonly clock: Clock
  readonly desk: ExchangeDesk
  readonly find: (peerId: string) => GossipMember | undefined
}
