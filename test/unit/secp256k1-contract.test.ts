import { describe } from 'node:test'
import { loadSecp256k1 } from '../../src/core/load-secp256k1.ts'
import { nobleSecp256k1 } from '../../src/core/noble-secp256k1.ts'
import { describeSecp256k1 } from '../helpers/secp256k1-contract.ts'

describeSecp256k1(nobleSecp256k1)

const { curve, fault } = loadSecp256k1()
if (fault === undefined) describeSecp256k1(curve)
// That it loads wherever it can is a test of its own.
else describe('the curve by libsecp256k1', { skip: fault.reason })
