import type { Day } from '../src/core/history.ts'
import type { PriceRow } from '../src/core/price-table.ts'
import type { StatementId } from '../src/core/statement.ts'
import type { Checks } from './checks.ts'
import type { Stage } from './fault-plan.ts'
import type { Life } from './life.ts'
import { Violation } from './violation.ts'

type Fail = (violation: Violation) => void

/** All honest nodes hold the same statements with the same open sets. */
export function checkPending(
  { machines }: Stage,
  { checks, fail }: { readonly checks: Pick<Checks, 'fromTheFuture'>; readonly fail: Fail },
): void {
  const [first, ...others] = machines.flatMap(({ life }) => life ?? [])
  if (first === undefined) return
  const expected = pendingOf(first)
  for (const life of others) {
    const found = pendingOf(life)
    for (const id of new Set([...expected.keys(), ...found.keys()])) {
      if (expected.get(id) === found.get(id) || checks.fromTheFuture.has(id)) continue
      fail(
        new Violation(
          'same-pending',
          `of ${id} ${first.machine.name} holds ${expected.get(id) ?? 'nothing'}, ${life.machine.name} ${found.get(id) ?? 'nothing'}`,
        ),
      )
      return
    }
  }
}

function pendingOf({ engine, clock }: Life): ReadonlyMap<StatementId, string> {
  const pending = new Map<StatementId, string>()
  for (const { id, phase, signatures } of engine?.pool.pending(clock.now()) ?? []) {
    const isOpen = phase === 'collecting' || phase === 'quorum'
    pending.set(id, isOpen ? [...signatures.keys()].toSorted().join(' ') : 'a closed set')
  }
  return pending
}

/** Nothing is owed any more, and nothing that ever was is missing. */
export function checkTheEnd(
  { machines, databases }: Stage,
  {
    checks,
    fail,
    describeRow,
  }: { readonly checks: Checks; readonly fail: Fail; readonly describeRow: (row: PriceRow) => string },
): void {
  for (const row of checks.kept.values()) {
    const { id } = row.attestation
    const missing = databases.findIndex((database) => !database.holds(id))
    if (missing === -1) continue
    const where = databases.length === 1 ? 'the table' : `the table of n${missing}`
    fail(new Violation('nothing-lost', `${describeRow(row)} was kept at quorum and is not in ${where}`))
  }
  for (const { name, disk, life } of machines) {
    for (const row of disk.image.outbox.values()) {
      fail(new Violation('nothing-lost', `${name} still owes ${describeRow(row)} in the end`))
    }
    const { quorum = 0, closed = 0 } = life?.engine?.pool.census() ?? {}
    if (quorum + closed > 0)
      fail(new Violation('nothing-lost', `${name} holds ${quorum + closed} statements at quorum in the end`))
  }
}

/** All tables tell the same history. */
export async function checkHistory({ databases }: Stage, { fail }: { readonly fail: Fail }): Promise<void> {
  const range = { fromDay: 0 as Day, untilMs: Number.MAX_SAFE_INTEGER }
  const roots = await Promise.all(databases.map(({ history }) => history.root(range)))
  const other = roots.findIndex((root) => root !== roots[0])
  if (other === -1) return
  const [first, second] = [databases[0]?.rows, databases[other]?.rows]
  const differ = [...(first?.keys() ?? [])].find((id) => second?.has(id) !== true)
  fail(
    new Violation(
      'same-history',
      `the tables of n0 and n${other} have the roots ${roots[0]} and ${roots[other]}; ${differ ?? 'no row of n0'} is in the first alone`,
    ),
  )
}
