import type { LiveEvent } from './api-shapes.ts'

interface StreamListeners {
  /** @param resumed - whether this is not the first time: something may have been missed */
  readonly onOpen: (resumed: boolean) => void
  readonly onLost: () => void
  readonly onEvent: (event: LiveEvent) => void
}

interface LiveStream {
  /** Gives up a stream that says nothing any more, and opens another. */
  reopen(): void
}

const KINDS: readonly LiveEvent['kind'][] = [
  'price',
  'statement',
  'signature',
  'refusal',
  'node',
  'peer',
  'health',
  'reset',
]
const FIRST_RETRY_MS = 1_000
const LONGEST_RETRY_MS = 15_000

/**
 * Listens to the node for as long as the page is open. The browser itself resumes a stream that broke, with the id of
 * the last event; one that the node refused it gives up, and then it is opened anew, ever more slowly.
 */
export function listen({ onOpen, onLost, onEvent }: StreamListeners): LiveStream {
  let retryMs = FIRST_RETRY_MS
  let wasOpen = false
  let current: EventSource | undefined
  const open = (): void => {
    const source = new EventSource('/v1/stream')
    current = source
    source.addEventListener('open', () => {
      retryMs = FIRST_RETRY_MS
      onOpen(wasOpen)
      wasOpen = true
    })
    source.addEventListener('error', () => {
      onLost()
      if (source.readyState !== EventSource.CLOSED || source !== current) return
      setTimeout(() => source === current && open(), retryMs)
      retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS)
    })
    for (const kind of KINDS)
      source.addEventListener(kind, (message: MessageEvent<string>) => {
        const data = parsed(message.data)
        if (data !== undefined) onEvent({ kind, data } as LiveEvent)
      })
  }
  open()
  return {
    reopen() {
      current?.close()
      onLost()
      open()
    },
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
