import { SIMULATED_SOURCE, SIMULATED_SUFFIX, isSimulatedNetwork } from '../core/network.ts'
import { largestSize } from '../core/signer-set.ts'
import { nearest } from './nearest.ts'
import { type ConfigProblem, createProblem } from './problem.ts'
import type { Environment } from './read-variables.ts'
import { COINBASE, VARIABLES, type Values, type Variable, type VariableKey } from './variables.ts'

interface Contradiction {
  readonly key: VariableKey
  readonly expected: string
  readonly suggestion?: string | undefined
}

type Rule = (values: Partial<Values>, isSet: (key: VariableKey) => boolean) => Contradiction | undefined

const RULES: readonly Rule[] = [
  ({ minimumSigners, maximumSigners }) =>
    minimumSigners !== undefined && maximumSigners !== undefined && minimumSigners > maximumSigners
      ? { key: 'minimumSigners', expected: `at most GP_MAXIMUMSIGNERCOUNT, which is ${maximumSigners}` }
      : undefined,

  ({ minimumSigners, signers }) =>
    minimumSigners !== undefined && signers !== undefined && minimumSigners > largestSize(signers)
      ? {
          key: 'minimumSigners',
          expected: `at most the number of addresses that GP_SIGNERS allows at a time, which is ${largestSize(signers)}`,
        }
      : undefined,

  (_, isSet) =>
    isSet('privateKey') && isSet('keyFile')
      ? { key: 'privateKey', expected: 'either this or GP_KEYFILE, not both' }
      : undefined,

  (_, isSet) =>
    isSet('keyFile') && !isSet('keyPasswordFile')
      ? { key: 'keyPasswordFile', expected: 'the file with the password of GP_KEYFILE' }
      : undefined,

  (_, isSet) =>
    isSet('keyPasswordFile') && !isSet('keyFile')
      ? { key: 'keyFile', expected: 'the keystore whose password is in GP_KEYPASSWORDFILE' }
      : undefined,

  ({ network, source }) =>
    source === SIMULATED_SOURCE && network !== undefined && !isSimulatedNetwork(network)
      ? {
          key: 'network',
          expected: `a name that ends in ${SIMULATED_SUFFIX}, since GP_SOURCE is ${SIMULATED_SOURCE}`,
          suggestion: `${network}${SIMULATED_SUFFIX}`,
        }
      : undefined,

  ({ bootstrap, network, source }, isSet) =>
    network !== undefined &&
    isSimulatedNetwork(network) &&
    source !== undefined &&
    source !== SIMULATED_SOURCE &&
    (bootstrap !== true || isSet('source'))
      ? { key: 'source', expected: `${SIMULATED_SOURCE}, since GP_NETWORK ends in ${SIMULATED_SUFFIX}` }
      : undefined,

  // Coinbase's prices must not be signed under another name.
  ({ bootstrap, source }, isSet) =>
    source !== undefined && source !== COINBASE && !isSet('priceUrl') && bootstrap !== true
      ? {
          key: 'source',
          expected: `${COINBASE}, or GP_PRICEURL to say where prices come from`,
          suggestion: nearest(source, [COINBASE]),
        }
      : undefined,
]

/** What is wrong although every variable is sound by itself. Variables that could not be read contradict nothing. */
export function contradictions(values: Partial<Values>, env: Environment): readonly ConfigProblem[] {
  const textOf = (key: VariableKey): string => env[VARIABLES[key].name]?.trim() ?? ''
  return RULES.flatMap((rule) => {
    const found = rule(values, (key) => textOf(key) !== '')
    if (found === undefined) return []
    const variable: Variable<unknown> = VARIABLES[found.key]
    const value = heldValue(variable, textOf(found.key))
    const { expected, suggestion } = found
    return [createProblem({ variable: variable.name, value, expected, suggestion }, variable.secrecy)]
  })
}

/** What a variable holds, defaults included: a default takes part in contradictions like any other value. */
function heldValue(variable: Variable<unknown>, text: string): string | undefined {
  if (text !== '') return text
  return typeof variable.default === 'string' ? variable.default : undefined
}
