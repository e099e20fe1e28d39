/** What a name of ours stands for; what is not declared here is not counted. */
export interface DeclaredMetric {
  readonly kind: 'counter' | 'gauge' | 'histogram'
  /** One sentence without a full stop. */
  readonly help: string
  readonly labels?: readonly string[]
  /** Upper bounds, ascending; of histograms. */
  readonly buckets?: readonly number[]
}

// A node answers within a second or not at all; a statement may take a whole round.
const SHORT_SECONDS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const LONG_SECONDS = [0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1_200]

const counter = (help: string, ...labels: readonly string[]): DeclaredMetric => ({ kind: 'counter', help, labels })
const gauge = (help: string, ...labels: readonly string[]): DeclaredMetric => ({ kind: 'gauge', help, labels })

/** Every metric of ours, by name. */
export const METRICS: Readonly<Record<string, DeclaredMetric>> = {
  gp_build_info: gauge('1, with the version that runs', 'version'),
  gp_secp256k1_loaded_total: counter('Starts, by what verifies signatures', 'implementation'),
  gp_ready: gauge('1 when the node can do its work, else 0; /readyz says why'),
  gp_interval_seconds: gauge('Length of a round'),

  gp_statements_proposed_total: counter('Statements that this node proposed', 'pair'),
  gp_statements_co_signed_total: counter('Statements of others that this node signed', 'pair'),
  gp_statements_moved_total: counter('Statements by the phase that they reached', 'to'),
  gp_statements: gauge('Statements that are held now, by phase', 'phase'),
  gp_rounds_missed_total: counter('Rounds that ended without a price of the feed', 'pair'),
  gp_observations_late_total: counter('Prices that came too late for their round', 'pair'),
  gp_quorum_seconds: {
    kind: 'histogram',
    help: 'Time from when this node first held a statement until it had a quorum',
    labels: ['pair'],
    buckets: LONG_SECONDS,
  },
  gp_last_quorum_timestamp_seconds: gauge(
    'When a statement last reached quorum here; at first, when the node started',
    'pair',
  ),
  gp_last_committed_timestamp_seconds: gauge(
    'When the newest row that is known to be in the table was observed',
    'pair',
  ),
  gp_last_price_timestamp_seconds: gauge(
    'When the price source last gave a price; at first, when the node started',
    'pair',
  ),

  gp_minimum_signers: gauge('Distinct signers that make a quorum'),
  gp_signers: gauge('Signers of the signer set in this round; 0 in an open network'),
  gp_reachable_signers: gauge('Signers of the set whose status is fresh, this node included'),
  gp_signatures_total: counter('Signatures that statements held when they were committed or expired', 'signer'),
  gp_signatures_missing_total: counter(
    'Signatures of signers of the set that statements lacked when they were committed or expired',
    'signer',
  ),
  gp_late_signatures_total: counter(
    'Signatures that came after their set had closed, by the signer who sent them; they are not verified',
    'signer',
  ),
  gp_refusals_total: counter('Statements that this node did not co-sign, by reason', 'code'),
  gp_refusals_received_total: counter('Refusals of other signers, by reason', 'signer', 'reason'),
  gp_equivocations_total: counter('Signers seen to sign two statements of one slot'),
  gp_evidence_dropped_total: counter('Proofs of equivocations that found no place on the disk'),
  gp_foreign_signatures_total: counter('Signatures by the key of this node that it did not make'),
  gp_shared_key_total: counter('Statuses of another process with the key of this node'),
  gp_other_constants_total: counter('Statuses with other constants of the network'),

  gp_messages_received_total: counter('Messages by topic, verdict and its code', 'topic', 'verdict', 'code'),
  gp_topic_faults_total: counter('Messages that a mistake of ours kept from being judged'),
  gp_messages_published_total: counter('Messages with statements that were sent'),
  gp_attestations_published_total: counter('Statements that were sent, with their signatures'),
  gp_published_bytes_total: counter('Bytes of the messages with statements'),
  gp_refusals_published_total: counter('Refusals that were sent'),
  gp_statuses_published_total: counter('Statuses that were sent'),

  gp_peers: gauge('Peers that are connected'),
  gp_topic_peers: gauge('Peers that have subscribed to a topic', 'topic'),
  gp_mesh_peers: gauge('Peers in the mesh of a topic', 'topic'),
  gp_nodes: gauge('Nodes whose status was heard, by state', 'state'),
  gp_dials_total: counter('Dials by what was dialled and what came of it', 'target', 'outcome'),
  gp_peer_searches_total: counter('Searches for peers in the DHT'),
  gp_peers_expelled_total: counter('Peers that were expelled, by reason', 'reason'),
  gp_clock_offset_seconds: gauge('How far the clocks of other signers are ahead of this one, their median'),
  gp_clock_warnings_total: counter('Warnings that this clock is off'),

  gp_feed_requests_total: counter('Requests to the price source by what came of them', 'base', 'outcome'),
  gp_feed_seconds: {
    kind: 'histogram',
    help: 'How long requests to the price source took',
    labels: ['base', 'outcome'],
    buckets: SHORT_SECONDS,
  },

  gp_outbox_rows: gauge('Rows that wait for the table'),
  gp_outbox_age_seconds: gauge(
    'How long the oldest row that waits has waited, before a restart too; 0 when there is none',
  ),
  gp_outbox_restored_total: counter('Rows that had waited when the node ended, and were taken up again at its start'),
  gp_outbox_parked_total: counter('Rows that the database refused for good'),
  gp_outbox_failures_total: counter('Rows that did not get onto the disk of the node'),
  gp_rows_total: counter('Rows by what became of them; `present`: another writer brought them in', 'outcome'),
  gp_commit_conflicts_total: counter(
    'Rows that this node tried to write when another writer had been first: with the same row, or with another of its slot',
    'outcome',
  ),
  gp_table_available: gauge('1 while the table takes rows, as far as is known, else 0'),
  gp_table_failures_total: counter('Times that the table could not be asked, by reason', 'code'),
  gp_sql_statements_total: counter('SQL statements by name', 'statement'),

  gp_audited_rows: gauge('Rows that the audit has judged since the start'),
  gp_false_rows_total: counter('False rows that the audit found, one for each thing that is false about a row', 'code'),

  gp_sync_sessions_total: counter('Comparisons with one peer by what came of them', 'outcome'),
  gp_sync_asked_total: counter('Questions to peers', 'question', 'outcome'),
  gp_sync_answers_total: counter('Questions of peers', 'question', 'outcome'),
  gp_sync_history_total: counter('Comparisons of histories', 'outcome', 'reason'),
  gp_sync_rows_total: counter('Rows that came from the history of a peer', 'outcome'),
  gp_sync_streams_failed_total: counter('Streams for questions that failed', 'code'),

  gp_http_requests_total: counter('HTTP requests by route and status', 'route', 'status'),
  gp_http_request_seconds: {
    kind: 'histogram',
    help: 'How long HTTP requests took, those of streams left out',
    labels: ['route'],
    buckets: SHORT_SECONDS,
  },
  gp_http_streams: gauge('Event streams that are open'),
  gp_http_streams_ended_total: counter('Event streams that ended, by reason', 'reason'),
}

/** What is wrong with counting `name` with these labels; undefined when nothing is. */
export function undeclared(
  name: string,
  use: { readonly kind: DeclaredMetric['kind']; readonly labels: Readonly<Record<string, string>> },
): string | undefined {
  const declared = Object.hasOwn(METRICS, name) ? METRICS[name] : undefined
  if (declared === undefined) return `metric ${name} is not declared`
  if (declared.kind !== use.kind) return `metric ${name} is a ${declared.kind}, not a ${use.kind}`
  const wanted = (declared.labels ?? []).toSorted().join(',')
  const given = Object.keys(use.labels).toSorted().join(',')
  return wanted === given ? undefined : `metric ${name} has the labels (${wanted}), not (${given})`
}
