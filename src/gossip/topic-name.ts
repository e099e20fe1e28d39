/** The topic of a network's statements. The number is the protocol's, and changes with it. */
export function topicName(network: string): string {
  return `/gossip-price/1/${network}`
}
