import { type Level, PROBLEMS } from '../../problems.ts'
import type { FinishedRequest, Sink } from '../event.ts'
import type { Family } from './exposition.ts'
import { createCounter, createHistogram, createReading } from './instruments.ts'

/** Families of finished requests, and the receivers that fill them. */
export interface RequestFamilies {
  readonly families: readonly Family[]
  readonly sink: Required<Pick<Sink, 'started' | 'request'>>
}

/** Methods that have a label value of their own in oauth2-proxy (promhttp); all others are one. */
const METHODS = ['GET', 'PUT', 'HEAD', 'POST', 'DELETE', 'CONNECT', 'OPTIONS', 'NOTIFY', 'TRACE', 'PATCH']
const UNKNOWN = 'unknown'

/** Buckets of oauth2-proxy, which are those of Prometheus' Go client, in seconds. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Verdicts of health checks, which oauth2-proxy does not count as requests. */
const PROBES: ReadonlySet<string> = new Set(['ping', 'ready'])

/** Verdicts of the policy. */
const DECISIONS: ReadonlySet<string> = new Set(['public', 'allow', 'sign-in', 'deny'])

/**
 * Number of finished requests that are counted in one go. Counting is some twenty additions in as many places, which
 * between two requests have left the processor's cache: one by one they cost a multiple.
 */
const BATCH = 64

/**
 * Creates the families of requests: oauth2-proxy's with its names, labels and buckets, and beside them what it does not
 * tell. The lines that a request adds to are looked up by what it has, never made of it.
 */
export function createRequestFamilies(): RequestFamilies {
  const requests = createCounter({
    name: 'oauth2_proxy_requests_total',
    help: 'Total number of requests by HTTP status code.',
    labels: ['code'],
  })
  const durations = createHistogram({
    name: 'oauth2_proxy_response_duration_seconds',
    help: 'A histogram of request latencies.',
    label: 'method',
    bounds: SECONDS,
  })
  const answers = createCounter({
    name: 'sidegate_requests_total',
    help: 'Finished requests, health checks included, by what the access line calls the verdict.',
    labels: ['verdict'],
  })
  const decisions = createCounter({
    name: 'sidegate_policy_verdicts_total',
    help: 'Requests for the app, and questions of gateways about one, by what the policy decided.',
    labels: ['verdict'],
    from: [...DECISIONS].map((verdict) => [verdict]),
  })
  const aborted = createCounter({
    name: 'sidegate_requests_aborted_total',
    help: 'Requests whose client left, or whose answer was cut, before it was complete.',
    from: [[]],
  })
  const upstream = createUpstreamFamilies()
  const labels = new Map(METHODS.map((method) => [method, method.toLowerCase()]))
  let inFlight = 0
  const waiting: FinishedRequest[] = []

  function countAsOAuth2Proxy({ status, method, durationMs }: FinishedRequest): void {
    requests.cell(status >= 100 && status < 600 ? String(status) : UNKNOWN).value += 1
    durations.cell(labels.get(method) ?? UNKNOWN).observe(durationMs / 1000)
  }

  function count(finished: FinishedRequest): void {
    const { verdict, decision = verdict } = finished
    if (!finished.unread) inFlight -= 1
    if (!PROBES.has(verdict)) countAsOAuth2Proxy(finished)
    answers.cell(verdict).value += 1
    if (DECISIONS.has(decision)) decisions.cell(decision).value += 1
    if (finished.aborted) aborted.cell().value += 1
    if (finished.upstream !== undefined) upstream.count(finished, finished.upstream)
  }

  function countAll(): void {
    for (const finished of waiting) count(finished)
    waiting.length = 0
  }

  return {
    families: [
      requests,
      durations,
      createReading(
        {
          name: 'oauth2_proxy_requests_in_flight',
          help: 'Current number of requests being served.',
          type: 'gauge',
        },
        () => inFlight,
      ),
      answers,
      decisions,
      aborted,
      ...upstream.families,
    ].map((family) => readAfter(countAll, family)),
    sink: {
      started: () => {
        inFlight += 1
      },
      request: (finished) => {
        if (waiting.push(finished) >= BATCH) countAll()
      },
    },
  }
}

/** The same family, brought up to date before it is read. */
function readAfter(update: () => void, family: Family): Family {
  return {
    ...family,
    read: () => {
      update()
      return family.read()
    },
  }
}

function createUpstreamFamilies() {
  const responses = createCounter({
    name: 'sidegate_upstream_responses_total',
    help: 'Answers of upstreams by the path of the upstream and the class of the status.',
    labels: ['upstream', 'class'],
  })
  const failures = createCounter({
    name: 'sidegate_upstream_failures_total',
    help: 'Requests that an upstream gave no answer to, by its path and the reason.',
    labels: ['upstream', 'reason'],
  })
  const count = ({ status, failure, verdict }: FinishedRequest, upstream: string): void => {
    if (failure !== undefined) {
      // Of the others the client is the cause: it left, or sent what cannot be forwarded.
      if (SEVERE.has(PROBLEMS[failure].level)) failures.cell(upstream, failure).value += 1
    } else if (verdict === 'allow' || verdict === 'public')
      responses.cell(upstream, CLASSES[Math.floor(status / 100)] ?? UNKNOWN).value += 1
  }
  return { families: [responses, failures], count }
}

const SEVERE: ReadonlySet<Level> = new Set(['error', 'warn'])

const CLASSES: readonly (string | undefined)[] = [undefined, '1xx', '2xx', '3xx', '4xx', '5xx']
