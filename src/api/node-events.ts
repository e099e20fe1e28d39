import type { NodeEvent } from './node-view.ts'
import { healthJson, nodeJson, statementJson, timeText } from './presentation.ts'

/** What is told as the node tells it; rows are read first. */
export type ToldEvent = Exclude<NodeEvent, { kind: 'committed' }>

/** An event as the stream tells it; the shapes of `data` are in schemas.ts. */
export function eventJson(event: ToldEvent): { readonly name: ToldEvent['kind']; readonly data: unknown } {
  const name = event.kind
  switch (event.kind) {
    case 'statement':
      return { name, data: statementJson(event.statement) }
    case 'signature':
      return { name, data: { id: event.id, signer: event.signer, time: timeText(event.atMs) } }
    case 'refusal':
      return { name, data: { id: event.id, signer: event.signer, reason: event.reason, sentence: event.sentence } }
    case 'node':
      return { name, data: nodeJson(event.node) }
    case 'peer':
      return { name, data: { peerId: event.peerId, up: event.up } }
    case 'health':
      return { name, data: healthJson(event.sentences) }
  }
}
