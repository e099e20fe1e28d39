import { readRecord, scenarioOfFinding } from '../../simulation/mutant-record.ts'
import { plantMutant } from '../../simulation/mutant-tree.ts'
import { MUTANTS } from '../../simulation/mutants.ts'
import { Threads } from '../../simulation/threads.ts'
import type { Invariant } from '../../simulation/violation.ts'

/** What the scenario on record violates when the nodes lack a guard; undefined when nothing. */
export async function violationWithout(name: string): Promise<Invariant | undefined> {
  const mutant = MUTANTS.find((one) => one.name === name)
  const finding = readRecord()[name]
  if (mutant === undefined || finding === undefined) throw new RangeError(`${name} is not on record`)
  const tree = plantMutant(mutant)
  const threads = new Threads({ count: 1, root: tree.root })
  try {
    const { violation } = await threads.run(scenarioOfFinding(finding))
    return violation?.invariant
  } finally {
    await threads.end()
    tree.remove()
  }
}
