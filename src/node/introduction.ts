import type { Signer } from '../consensus/signer.ts'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import { type NetworkConstants, isSimulatedNetwork } from '../core/network.ts'
import type { SignOnceMemory } from '../core/sign-once.ts'
import { disputable, largestSize } from '../core/signer-set.ts'
import { roundAt } from '../core/statement.ts'

/** Says at start who this node is, what it takes part in, and what an operator had better know about that. */
export function introduce(
  parts: { readonly logger: Logger; readonly signer: Signer; readonly memory: SignOnceMemory; readonly clock: Clock },
  constants: NetworkConstants,
): void {
  const { logger, signer, memory, clock } = parts
  const { network, signers, minimumSigners, intervalMs, quietPeriodMs } = constants
  const { wallMs } = clock.now()

  logger.info(
    `network ${network}: ${constants.pairs.join(', ')} from ${constants.source}, a round every ${seconds(intervalMs)}, quorum ${minimumSigners}, quiet period ${seconds(quietPeriodMs)}`,
  )
  if (isSimulatedNetwork(network)) logger.warn('prices of this network are simulated: use them for trying things out')
  if (signers.open) {
    logger.warn(
      'this network is open: anybody can make as many signers as a quorum needs. Set GP_SIGNERS to the addresses you trust',
    )
  } else if (disputable(minimumSigners, largestSize(signers))) {
    logger.warn(
      `with ${largestSize(signers)} signers and a quorum of ${minimumSigners}, one dishonest proposer can bring two statements of one slot to quorum; such slots are marked as disputed. A quorum of ${Math.floor((largestSize(signers) + 1) / 2) + 1} rules that out`,
    )
  }
  if (!signers.allows(signer.address, roundAt(wallMs, intervalMs))) {
    logger.warn(
      `observing only: ${signer.address} is not in GP_SIGNERS, so this node collects and writes but never signs`,
    )
    return
  }
  logger.info(`signing as ${signer.address}`)
  const waitMs = memory.completeFromMs - wallMs
  if (waitMs > 0) {
    const firstAtMs = Math.ceil(memory.completeFromMs / intervalMs) * intervalMs
    logger.warn(
      `this disk does not know what the key signed before: the node signs from the round that begins at ${new Date(firstAtMs).toISOString()}`,
    )
  }
}

function seconds(ms: number): string {
  return `${ms / 1000} s`
}
