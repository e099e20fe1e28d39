const HEADER = '/key/swarm/psk/1.0.0/\n/base16/\n'

/**
 * The content of a swarm.key file.
 *
 * @param key - 32 bytes
 * @see https://github.com/libp2p/specs/blob/master/pnet/Private-Networks-PSK-V1.md
 */
export function swarmKey(key: Uint8Array): Uint8Array {
  return new TextEncoder().encode(`${HEADER}${Buffer.from(key).toString('hex')}`)
}
