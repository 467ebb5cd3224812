import { UPSTREAM_OPTIONS } from '../../sections/upstreams.ts'
import { leaf, type MapShape } from '../shape.ts'
import { text } from './secret.ts'

/** An entry of `upstreamConfig.upstreams`. */
export const UPSTREAM: MapShape = {
  kind: 'map',
  about: 'An app, and the paths that go to it.',
  keys: {
    id: text('Its name in the log; the path unless it is given. No two have the same.'),
    path: leaf({
      kind: 'string',
      default: '',
      placeholders: 'meant',
      about:
        'Paths that it takes: `/x/` everything below, `/x` only itself; the longest wins. With rewriteTarget a pattern (RE2) for the path.',
    }),
    rewriteTarget: leaf({
      kind: 'string',
      default: '',
      placeholders: 'meant',
      about:
        'Path that the app is asked for, made from the match of path: `$1`, or a number or name in braces behind the dollar sign, stands for a group. A `?` begins parameters that are added to those of the request.',
    }),
    uri: text(
      'Where it is: `http://host:port`, `https://…`, `unix:///path`, `file:///directory`, or `binding:NAME` on Workers.',
    ),
    insecureSkipTLSVerify: leaf(UPSTREAM_OPTIONS['ssl-upstream-insecure-skip-verify']),
    static: leaf({
      kind: 'boolean',
      default: false,
      about: 'Answer with staticCode instead of asking an app.',
    }),
    staticCode: leaf({
      kind: 'integer',
      default: 200,
      min: 200,
      max: 599,
      about: 'Status of the answer of a static upstream.',
    }),
    flushInterval: leaf(UPSTREAM_OPTIONS['flush-interval']),
    passHostHeader: leaf(UPSTREAM_OPTIONS['pass-host-header']),
    proxyWebSockets: leaf(UPSTREAM_OPTIONS['proxy-websockets']),
    timeout: leaf(UPSTREAM_OPTIONS['upstream-timeout']),
    disableKeepAlives: leaf(UPSTREAM_OPTIONS['disable-keep-alives']),
    getBody: leaf({
      kind: 'boolean',
      default: false,
      about: 'Pass a GET or HEAD with a body on, which is 400 otherwise. Not in oauth2-proxy.',
    }),
  },
}
