import { loadSecp256k1 } from '../core/load-secp256k1.ts'
import type { Secp256k1 } from '../core/signature.ts'
import type { NodeComponents } from './running-node.ts'

/** The arithmetic of signatures, as fast as this machine has it; which one it is, is said. */
export function openCurve({ logger, counters }: Pick<NodeComponents, 'logger' | 'counters'>): Secp256k1 {
  const { curve, fault } = loadSecp256k1()
  const { implementation } = curve
  counters.add('gp_secp256k1_loaded_total', { implementation })
  if (fault === undefined) logger.info(`signatures are verified by ${implementation}`)
  else if (fault.code === 'not-loaded') {
    logger.info(`signatures are verified by ${implementation}, slower than libsecp256k1: ${fault.reason}`)
  } else logger.warn(`libsecp256k1 gives wrong answers here (${fault.reason}): ${implementation} is used instead`)
  return curve
}
