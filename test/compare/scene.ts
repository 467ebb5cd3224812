import type { HeaderLines } from '../../src/platform.ts'
import type { EchoApp } from '../support/echo-app.ts'
import type { FakeProvider } from '../support/fake-provider.ts'
import { BACKGROUND } from '../support/visitor.ts'

/** One configuration, and what both programs are asked under it. */
export interface Scene {
  readonly name: string
  /**
   * Flags for both programs, beside the usual ones; `{dir}` is a folder with `files`, `{app}` and `{provider}` are addresses.
   * Variables and files may have them too.
   */
  readonly flags: readonly string[]
  /** Flags in place of `--upstream={app}/`. */
  readonly upstreams?: readonly string[]
  /** Flags before the usual ones, which win: a configuration as its operator wrote it. */
  readonly base?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Where people find the program; `https://app.example.com` when absent. */
  readonly origin?: string
  /** Listener, provider and upstreams stand in a structured file of the scene, with `{listen}` in it. */
  readonly structured?: true
  /** A Redis for both: flags may have `{redis}`, the address of the server or of the sentinel. */
  readonly redis?: 'standalone' | 'sentinel'
  /** Name of the session cookie and prefix of the endpoints, where no flag says them. */
  readonly cookieName?: string
  readonly prefix?: string
  readonly files?: Readonly<Record<string, string>>
  /** Sets up the provider before the sign-ins, for both programs alike. */
  readonly prepare?: (world: World) => void
  readonly probes: readonly Probe[]
}

/** Provider and app, which both programs share. */
export interface World {
  readonly provider: FakeProvider
  readonly app: EchoApp
}

/** One question to both programs. */
export interface Probe {
  readonly name: string
  readonly method?: string
  readonly target: string
  /** Header lines after Host; a Host among them takes its place. */
  readonly headers?: HeaderLines
  readonly body?: string
  /** Cookies of a person who is signed in; `fresh` for a probe that ends the session. */
  readonly session?: 'shared' | 'fresh'
  /** Asks for an upgrade to a WebSocket. */
  readonly upgrade?: true
  /** Milliseconds between the sign-in and the request. */
  readonly waitMs?: number
  /** Signs in with `target` as the first page, and observes the callback. */
  readonly signsIn?: true
  /** Changes provider or app before the request, for each program. */
  readonly before?: (world: World) => void
}

/** Headers of a page load of a browser. */
export const PAGE: HeaderLines = [
  'Accept',
  'text/html,application/xhtml+xml,*/*;q=0.8',
  'Sec-Fetch-Mode',
  'navigate',
  'Sec-Fetch-Dest',
  'document',
  'Sec-Fetch-Site',
  'same-origin',
]

/** Page load of a person who is signed in. */
export function page(name: string, target: string, more: Partial<Probe> = {}): Probe {
  return { name, target, headers: PAGE, session: 'shared', ...more }
}

/** Page load of a stranger. */
export function stranger(name: string, target: string, more: Partial<Probe> = {}): Probe {
  return { name, target, headers: PAGE, ...more }
}

/** What every configuration is asked: a visit, a sign-in, who is there, and a sign-out. */
export function tour(prefix = '/oauth2'): readonly Probe[] {
  return [
    stranger('page', '/page'),
    stranger('fetch', '/page', { headers: BACKGROUND }),
    stranger('auth', `${prefix}/auth`, { headers: [] }),
    stranger('userinfo of a stranger', `${prefix}/userinfo`, { headers: BACKGROUND }),
    stranger('sign_in', `${prefix}/sign_in?rd=%2Fhome`),
    stranger('start', `${prefix}/start?rd=%2Fhome`),
    stranger('sign-in', `${prefix}/start?rd=%2Fhome`, { signsIn: true }),
    page('page, signed in', '/page?a=1'),
    page('fetch, signed in', '/page', { headers: BACKGROUND }),
    page('auth, signed in', `${prefix}/auth`, { headers: [] }),
    page('auth, another group', `${prefix}/auth?allowed_groups=others`, { headers: [], session: 'fresh' }),
    page('userinfo', `${prefix}/userinfo`, { headers: BACKGROUND }),
    page('sign_out', `${prefix}/sign_out`, { session: 'fresh' }),
    stranger('ping', '/ping'),
    stranger('ready', '/ready'),
    stranger('robots', '/robots.txt'),
  ]
}
