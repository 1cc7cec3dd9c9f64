// Made from schemas/openapi.json by `npm run types`: change the types in schemas/*.py, and make both again.

/**
 * Who caused a notification; `name` is null when nobody told it.
 */
export interface Actor {
  id: string;
  name: string | null;
}
/**
 * A declared agent; `retry` is the topic through which its events come back, null without retries.
 */
export interface AgentShape {
  name: string;
  topics: string[];
  steps: Step[];
  tables: string[];
  log: string;
  retry: string | null;
}
export interface Step {
  kind: string;
  name: string;
}
/**
 * `dead_letters` are by reason; `latency` is from an event's first publish until its effects were done.
 */
export interface AgentStats {
  agent: string;
  in: number;
  batches: number;
  duplicates: number;
  late: number;
  retried: number;
  dead_lettered: number;
  dead_letters: {
    [k: string]: number;
  };
  suppressed: {
    [k: string]: number;
  };
  out: {
    [k: string]: number;
  };
  topics: string[];
  partitions: number[];
  state: "running" | "waiting";
  waiting_for: string[];
  rates: Rates;
  steps: StepStats[];
  sources: SourceStats[];
  latency: Quantiles;
  batch_events: Quantiles;
}
/**
 * Per second, over the last 10 s: events taken, what was emitted by topic, and events that failed.
 */
export interface Rates {
  in: number;
  out: {
    [k: string]: number;
  };
  failed: number;
}
/**
 * `seconds` are those of a whole batch, waits for dependencies included.
 */
export interface StepStats {
  kind: string;
  name: string;
  in: number;
  out: number;
  failed: number;
  seconds: Quantiles;
}
/**
 * Of `count` values of the last 30 to 60 seconds; the others are null where there were none.
 */
export interface Quantiles {
  count: number;
  p50: number | null;
  p95: number | null;
  p99: number | null;
  max: number | null;
}
/**
 * A topic that an agent reads. Lag is of all its partitions, whoever owns them; null until first measured.
 */
export interface SourceStats {
  topic: string;
  in: number;
  rate: number;
  lag_messages: number | null;
  lag_seconds: number | null;
}
export interface Bucket {
  /**
   * RFC 3339, UTC, milliseconds
   */
  from: string;
  /**
   * RFC 3339, UTC, milliseconds
   */
  to: string;
  keys: number;
}
/**
 * Who asks: the role, the user where a token names one, until when, and the actions that the role may do.
 */
export interface CallerShown {
  role: string;
  user_id: string;
  expires_at: string | null;
  may: string[];
}
/**
 * A circuit breaker; `failures` are those in a row.
 *
 * Over several workers it is the one in the worst state, and `workers` are those that see it so.
 */
export interface DependencyStats {
  name: string;
  state: string;
  /**
   * RFC 3339, UTC, milliseconds
   */
  since: string;
  failures: number;
  last_error: string | null;
  next_attempt: string | null;
  workers?: string[];
}
export interface GatewayStats {
  users: number;
  connections: number;
  ready: boolean;
}
/**
 * What a letter must have; what is null does not matter.
 *
 * `type` is an event's (`pavilion.video.liked.v1`, or short `video.liked`) or a notification's; bytes that say none have none. `text` is somewhere in the original bytes, the message, the key or the id, in whatever case. `error` is the name of the error. `since` and `until` are RFC 3339, the latter excluded.
 */
export interface LetterFilter {
  topic?: string | null;
  type?: string | null;
  error?: string | null;
  agent?: string | null;
  since?: string | null;
  until?: string | null;
  state?: ("pending" | "replayed") | null;
  text?: string | null;
}
/**
 * An open socket; `position` is how far it was told, null while it connects, `queued` the frames that wait.
 */
export interface OpenSocket {
  session_id: string;
  since: string | null;
  position: Position | null;
  queued: number;
}
/**
 * Where a client is in a user's inbox log. `offset` counts entries from 1; `tail` is the id of that entry.
 */
export interface Position {
  epoch: string;
  offset: number;
  tail: string;
}
/**
 * Every day from `start` until before `end`, past midnight if `end` is earlier; in an IANA `time_zone`.
 */
export interface QuietHours {
  start: string;
  end: string;
  time_zone: string;
}
/**
 * How a table was read back from its log.
 */
export interface Recovery {
  seconds: number;
  records: number;
  keys: number;
  keys_per_second: number;
  warm: boolean;
  done: boolean;
}
export interface ReplayFailure {
  id: string;
  reason: string;
}
/**
 * What a replay did. `remaining` matched too, and are left for the next call; a dry run lists their `ids`.
 */
export interface ReplayReport {
  matched: number;
  replayed: number;
  failed: ReplayFailure[];
  remaining: number;
  dry_run: boolean;
  ids: string[];
}
/**
 * A notification as support sees it: of its metadata the names alone.
 */
export interface SeenBySupport {
  id: string;
  type: string;
  content: string;
  metadata_fields: string[];
  actor: Actor | null;
  subject: string;
  priority: "high" | "low" | "normal";
  /**
   * RFC 3339, UTC, milliseconds
   */
  created_at: string;
  expires_at: string | null;
  seen_at: string | null;
  read_at: string | null;
  archived_at: string | null;
}
/**
 * A dead letter and what became of it. `payload` is base64 of the original bytes.
 *
 * `state` is pending until the letter, as it failed last, is replayed. `replayed_at`, `replayed_by` and `replay_result` are of its last replay, null if there was none.
 */
export interface ShownLetter {
  id: string;
  topic: string;
  partition: number;
  offset: string;
  /**
   * RFC 3339, UTC, milliseconds
   */
  time: string;
  agent: string;
  error: string;
  message: string;
  payload: string;
  key: string;
  attempts: number;
  published_ms: number;
  properties: {
    [k: string]: string;
  };
  state: "pending" | "replayed";
  replayed_at: string | null;
  replayed_by: string | null;
  replay_result: string | null;
}
/**
 * Consent and class of every declared type.
 */
export interface ShownPreferences {
  types: {
    [k: string]: boolean;
  };
  quiet_hours: QuietHours | null;
  classes: {
    [k: string]: TypeClass;
  };
}
/**
 * `default` is what holds until a user says otherwise; nobody opts out of what is `mandatory`.
 */
export interface TypeClass {
  default: boolean;
  mandatory: boolean;
}
/**
 * That the letter `id`, after so many attempts, was replayed: when, by whom, and what came of it.
 */
export interface ShownReplay {
  id: string;
  attempts: number;
  /**
   * RFC 3339, UTC, milliseconds
   */
  time: string;
  by: string;
  result: string;
}
/**
 * A session that stands. `current` is the one whose token asks.
 */
export interface StandingSession {
  session_id: string;
  /**
   * RFC 3339, UTC, milliseconds
   */
  opened_at: string;
  /**
   * RFC 3339, UTC, milliseconds
   */
  refreshed_at: string;
  /**
   * RFC 3339, UTC, milliseconds
   */
  expires_at: string;
  current: boolean;
}
/**
 * `streams` are sums over `workers`; `group` is the member that the answer is from, and whom it sees.
 *
 * `retry_depth` and `dead_letter_backlog` are null until they were first measured.
 */
export interface StreamsStats {
  /**
   * RFC 3339, UTC, milliseconds
   */
  at?: string;
  /**
   * RFC 3339, UTC, milliseconds
   */
  stale?: string;
  gateway?: GatewayStats;
  note?: string;
  streams: AgentStats[];
  dependencies?: DependencyStats[];
  workers?: WorkerStats[];
  retry_depth: number | null;
  dead_letter_backlog: number | null;
  group?: {
    [k: string]: unknown;
  };
}
/**
 * One worker; `seen` is when its last word came, `address` where it listens, `partitions` are by agent.
 */
export interface WorkerStats {
  id: string;
  version: string;
  host: string;
  address: string;
  /**
   * RFC 3339, UTC, milliseconds
   */
  started: string;
  /**
   * RFC 3339, UTC, milliseconds
   */
  seen: string;
  partitions: {
    [k: string]: number[];
  };
  streams: AgentStats[];
  dependencies: DependencyStats[];
  rss_bytes: number;
  cpu_seconds: number;
}
export interface TableLog {
  topic: string;
  records?: number;
  bytes?: number;
}
/**
 * One partition of a window table; counts are of its worker since that has the partition.
 */
export interface TablePart {
  table: string;
  agent: string;
  partition: number;
  window_seconds: number;
  late_policy: string;
  state: "recovering" | "running" | "standby";
  keys: number;
  bytes: number;
  hits: number;
  misses: number;
  late: number;
  stream_time: string | null;
  buckets: Bucket[];
  recovery: Recovery | null;
  log: TableLog;
  worker?: string;
}
export interface TablesStats {
  /**
   * RFC 3339, UTC, milliseconds
   */
  at?: string;
  /**
   * RFC 3339, UTC, milliseconds
   */
  stale?: string;
  gateway?: GatewayStats;
  note?: string;
  tables: TablePart[];
}
/**
 * The declared agents as a graph; an edge leads from one `topic:`, `agent:` or `store:` to another.
 */
export interface TopologyStats {
  /**
   * RFC 3339, UTC, milliseconds
   */
  at?: string;
  /**
   * RFC 3339, UTC, milliseconds
   */
  stale?: string;
  gateway?: GatewayStats;
  note?: string;
  agents?: AgentShape[];
  edges?: [string, string][];
  topology?: AgentShape[];
}
/**
 * Where a user's inbox is. `withheld_since` is the offset of the first entry that quiet hours withheld and did not release yet. `sockets` are those of the gateway that answers.
 */
export interface UserInbox {
  user_id: string;
  name: string | null;
  unseen: number;
  unread: number;
  position: Position;
  withheld_since: number | null;
  preferences: ShownPreferences;
  sockets: OpenSocket[];
}
