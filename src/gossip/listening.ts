import { type TCPComponents, tcp } from '@libp2p/tcp'
import type { Transport } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { codeOf } from '../files/whole-file.ts'
import { HostError } from './host-error.ts'

/** An address that could not be listened on, and what the machine said. */
export interface ListenFault {
  readonly address: string
  readonly cause: unknown
}

/**
 * The TCP transport, with what goes wrong in listening added to `faults`: libp2p itself gives one text for all addresses,
 * and none at all when IPv6 fails beside IPv4.
 */
export function tcpThatTells(faults: ListenFault[]): (components: TCPComponents) => Transport {
  const createTcp = tcp()
  return (components) => {
    const transport = createTcp(components)
    const createListener = transport.createListener.bind(transport)
    transport.createListener = (options) => {
      const listener = createListener(options)
      const listen = listener.listen.bind(listener)
      listener.listen = async (address) => {
        try {
          await listen(address)
        } catch (cause) {
          faults.push({ address: address.toString(), cause })
          throw cause
        }
      }
      return listener
    }
    return transport
  }
}

/**
 * An address to listen on, in its one spelling.
 *
 * @throws {HostError} when it is no multiaddr, or none of TCP
 */
export function listenAddress(text: string): string {
  let address
  try {
    address = multiaddr(text)
  } catch (cause) {
    throw badAddress(text, cause)
  }
  const [host, port, ...rest] = address.getComponents()
  const isHost = host !== undefined && ['ip4', 'ip6', 'dns', 'dns4', 'dns6'].includes(host.name)
  if (!isHost || port?.name !== 'tcp' || rest.length > 0) throw badAddress(text)
  return address.toString()
}

function badAddress(text: string, cause?: unknown): HostError {
  return new HostError(
    'bad-address',
    `GP_CONNECTIONADDR: "${text}" is no address to listen on; it should look like /ip4/0.0.0.0/tcp/8000`,
    { cause },
  )
}

/** The first address that failed, as an error that tells what to do. */
export function listenError({ address, cause }: ListenFault): HostError {
  const another = 'set GP_CONNECTIONADDR to another address'
  switch (codeOf(cause)) {
    case 'EADDRINUSE':
      return new HostError(
        'address-in-use',
        `${address} is in use: stop the process that listens there, or ${another}`,
        { cause },
      )
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
    case 'ENOTFOUND':
      return new HostError('address-not-available', `${address} is no address of this machine: ${another}`, { cause })
    case 'EACCES':
    case 'EPERM':
      return new HostError(
        'permission-denied',
        `this user may not listen on ${address}: ${another}, with a port from 1024 up`,
        { cause },
      )
    default:
      return new HostError('listen-failed', `${address} cannot be listened on (${String(cause)}): ${another}`, {
        cause,
      })
  }
}
