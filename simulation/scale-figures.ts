import { STATUS_INTERVAL_MS, STATUS_INTERVAL_PER_NODE_MS } from '../src/gossip/node-directory.ts'
import type { ScaleMeasurement, Traffic } from './scale.ts'

interface Percentiles {
  readonly p50: number
  readonly p99: number
}

/** What a row costs in a network of one size. */
export interface ScaleFigures {
  readonly nodes: number
  readonly proposers: number
  readonly connections: number
  readonly rows: number
  readonly perNodeAndRow: {
    /** Messages on all that is said of statements that are handed to the node to judge. */
    readonly messages: number
    /** Copies of them that it is sent, those that are dropped unread included; it sends as many in the mean. */
    readonly copies: number
    /** Of all copies. */
    readonly bytes: number
    /** Signatures of others that it takes. */
    readonly signatures: number
  }
  readonly perRow: {
    /** Messages as their makers send them. */
    readonly published: number
    /** Made by others than the proposer. */
    readonly coSignatures: number
    /** In the row. */
    readonly signers: number
    readonly writes: number
    readonly reads: number
  }
  readonly perNodeAndSecond: {
    /** Statuses to judge, by calculation. */
    readonly statuses: number
    /** Questions and answers of the sync that it sends. */
    readonly sync: number
  }
  /** Milliseconds after the proposal. */
  readonly quorumMs: { readonly first: Percentiles; readonly everywhere: Percentiles }
  readonly simulation: { readonly seconds: number; readonly bytes: number; readonly events: number }
}

/** @throws {RangeError} when there is no row to divide by */
export function figuresOf(measured: ScaleMeasurement): ScaleFigures {
  const { nodes, proposers, connections, rows, traffic, quorum, seconds } = measured
  if (rows === 0) throw new RangeError(`no row came into the table of ${nodes} nodes`)
  const about = (of: (traffic: Traffic) => number): number => of(traffic.prices) + of(traffic.refusals)
  const perNodeAndRow = (amount: number): number => round(amount / nodes / rows)
  return {
    nodes,
    proposers,
    connections: round(connections),
    rows,
    perNodeAndRow: {
      messages: perNodeAndRow(about(({ judged }) => judged)),
      copies: perNodeAndRow(about(({ sent }) => sent)),
      bytes: Math.round(about(({ sentBytes }) => sentBytes) / nodes / rows),
      signatures: perNodeAndRow(measured.taken),
    },
    perRow: {
      published: round(about(({ published }) => published) / rows),
      coSignatures: round(measured.coSignatures / rows),
      signers: round(measured.signatures / rows),
      writes: round(measured.writes / rows),
      reads: round(measured.reads / rows),
    },
    perNodeAndSecond: {
      statuses: round(statusesASecond(nodes)),
      sync: round(traffic.sync.sent / nodes / seconds),
    },
    quorumMs: { first: percentiles(quorum.first), everywhere: percentiles(quorum.everywhere) },
    simulation: {
      seconds: round(measured.wallSeconds),
      bytes: measured.peakBytes,
      events: measured.events,
    },
  }
}

/** How many statuses of others a node has to judge each second, as often as `NodeDirectory` has them sent. */
export function statusesASecond(nodes: number): number {
  const intervalMs = Math.max(STATUS_INTERVAL_MS, STATUS_INTERVAL_PER_NODE_MS * nodes)
  return ((nodes - 1) * 1_000) / intervalMs
}

function percentiles(ascending: readonly number[]): Percentiles {
  const at = (part: number): number => Math.round(ascending[Math.ceil(part * ascending.length) - 1] ?? Number.NaN)
  return { p50: at(0.5), p99: at(0.99) }
}

function round(value: number): number {
  return Math.round(value * 1_000) / 1_000
}
