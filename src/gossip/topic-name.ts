/** The topic of a network's statements. The number is the protocol's, and changes with it. */
export function topicName(network: string): string {
  return `/gossip-price/1/${network}`
}

/** The topic of what the nodes of a network say of themselves. */
export function statusTopicName(network: string): string {
  return `${topicName(network)}/status`
}

/** The topic of what the signers of a network do not co-sign. */
export function refusalTopicName(network: string): string {
  return `${topicName(network)}/refusals`
}

/** All topics of a network. */
export function topicNames(network: string): {
  readonly prices: string
  readonly status: string
  readonly refusals: string
} {
  return { prices: topicName(network), status: statusTopicName(network), refusals: refusalTopicName(network) }
}
