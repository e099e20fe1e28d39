import os from 'node:os'
import process from 'node:process'
import { createColors } from 'picocolors'
import { type Measurement, isMet } from './measurement.ts'

export interface SectionResult {
  readonly section: string
  readonly measurements: readonly Measurement[]
  /** Why it could not be measured. */
  readonly failure?: string
}

/** Where figures come from decides what they are worth. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly node: string
  readonly system: string
  /** Processes that wanted to run in the last minute before the bench; near 0 on a quiet machine. */
  readonly loadAverage: number
}

export function describeMachine(): Machine {
  const cpus = os.cpus()
  return {
    cpu: cpus[0]?.model.trim() ?? 'unknown CPU',
    cores: cpus.length,
    node: process.version,
    system: `${os.type()} ${os.release()}`,
    loadAverage: os.loadavg()[0] ?? Number.NaN,
  }
}

export function formatJson(machine: Machine, results: readonly SectionResult[]): string {
  const measurements = results.flatMap(({ section, measurements: own }) =>
    own.map((measurement) => ({ section, ...measurement, met: isMet(measurement) })),
  )
  const failures = results.flatMap(({ section, failure }) => (failure === undefined ? [] : [{ section, failure }]))
  return `${JSON.stringify({ machine, measurements, failures }, undefined, 2)}\n`
}

/** A table for people. */
export function formatTable(
  machine: Machine,
  { results, colour }: { readonly results: readonly SectionResult[]; readonly colour: boolean },
): string {
  const paint = createColors(colour)
  const { cpu, cores, node, system, loadAverage } = machine
  const lines = [`${cpu}, ${cores} cores, Node ${node}, ${system}; load average before ${loadAverage.toFixed(2)}`, '']
  const width = Math.max(...results.flatMap(({ measurements }) => measurements.map(({ name }) => name.length)), 0)
  for (const { section, measurements, failure } of results) {
    lines.push(paint.bold(section))
    for (const measurement of measurements) {
      const { name, unit, note } = measurement
      const value = formatValue(measurement.value, unit).padStart(VALUE_WIDTH)
      const met = isMet(measurement)
      const limit = formatTarget(measurement).padEnd(TARGET_WIDTH)
      const mark = met === undefined ? '        ' : met ? paint.green('✓ met   ') : paint.red('✗ missed')
      lines.push(`  ${name.padEnd(width)} ${value}  ${limit} ${mark} ${paint.dim(note ?? '')}`.trimEnd())
    }
    if (failure !== undefined) lines.push(`  ${paint.red(`not measured: ${failure}`)}`)
  }
  return `${lines.join('\n')}\n`
}

const VALUE_WIDTH = 12
const TARGET_WIDTH = 10
const DIGITS = new Intl.NumberFormat('en', { maximumSignificantDigits: 3, useGrouping: true })
const WHOLE = new Intl.NumberFormat('en', { maximumFractionDigits: 0, useGrouping: true })

function formatTarget({ target, atLeast, unit }: Measurement): string {
  if (target !== undefined) return `≤ ${formatValue(target, unit)}`
  return atLeast === undefined ? '' : `≥ ${formatValue(atLeast, unit)}`
}

function formatValue(value: number, unit: Measurement['unit']): string {
  if (!Number.isFinite(value)) return '–'
  const digits = Math.abs(value) >= 100 ? WHOLE.format(value) : DIGITS.format(value)
  switch (unit) {
    case '1/s':
      return `${digits}/s`
    case '%':
      return `${digits}%`
    case 'bytes':
      return `${digits} B`
    case 'count':
      return digits
    case 's':
    case 'ms':
    case 'MB':
      return `${digits} ${unit}`
  }
}
