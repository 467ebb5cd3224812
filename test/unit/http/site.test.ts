import { describe, expect, it } from 'vitest'
import { createSite, type SiteOptions } from '../../../src/http/site.ts'
import { anExchange } from '../signin/signin-fixture.ts'

const NOTHING: SiteOptions = { redirectUrl: undefined, cookieDomains: [], whitelistDomains: [] }
const DOMAIN: Partial<SiteOptions> = { cookieDomains: ['example.com'] }
const LISTED: Partial<SiteOptions> = { whitelistDomains: ['.example.com'] }
const ONE: Partial<SiteOptions> = { whitelistDomains: ['portal.example.com'] }

interface Sent {
  readonly host?: string
  readonly origin?: string
  readonly site?: string
}

function exchange({ host = 'app.example.com', origin, site }: Sent) {
  const lines = [
    ...(origin === undefined ? [] : ['Origin', origin]),
    ...(site === undefined ? [] : ['Sec-Fetch-Site', site]),
  ]
  return anExchange('/x', { host, headers: lines })
}

const APP = 'https://app.example.com'
const PORTAL = 'https://portal.example.com'
const BEHIND: Sent = { host: 'inner:4180' }

describe('createSite()', () => {
  // [what the operator says, what the browser sends, a page of this site sent it]
  it.each<[string, Partial<SiteOptions>, Sent, boolean]>([
    ['its own origin', {}, { origin: APP }, true],
    ['its own origin, with metadata', {}, { origin: APP, site: 'same-origin' }, true],
    ['no page', {}, {}, false],
    ['a typed address', {}, { site: 'none' }, false],
    ['another site', { ...DOMAIN, ...LISTED }, { origin: 'https://evil.example' }, false],
    ['a sibling that was not named', {}, { origin: PORTAL, site: 'same-site' }, false],
    // redirect-url, where a gateway rewrites Host.
    ['the registered origin', { redirectUrl: `${APP}/oauth2/callback` }, { ...BEHIND, origin: APP }, true],
    ['a rewritten Host', {}, { ...BEHIND, origin: APP, site: 'same-origin' }, true],
    ['a rewritten Host without a word', {}, { ...BEHIND, origin: APP }, false],
    [
      'a sibling of the registered one',
      { redirectUrl: `${APP}/cb`, ...LISTED },
      { ...BEHIND, origin: PORTAL },
      true,
    ],
    // cookie-domain: every host in it is handed the session.
    ['a host of cookie-domain', DOMAIN, { origin: PORTAL, site: 'same-site' }, true],
    ['a host of cookie-domain, no metadata', DOMAIN, { origin: PORTAL }, true],
    ['a host of cookie-domain on http', DOMAIN, { origin: 'http://portal.example.com' }, false],
    ['a host of cookie-domain on another port', DOMAIN, { origin: `${PORTAL}:8443` }, false],
    ['a look-alike of cookie-domain', DOMAIN, { origin: 'https://evilexample.com' }, false],
    ['a host of cookie-domain on another site', DOMAIN, { origin: PORTAL, site: 'cross-site' }, false],
    // whitelist-domain: of the same site, says the browser or the entry.
    ['a listed host', ONE, { origin: PORTAL, site: 'same-site' }, true],
    ['a listed host, no metadata', ONE, { origin: PORTAL }, false],
    ['a listed host of another site', ONE, { origin: PORTAL, site: 'cross-site' }, false],
    ['a host of an entry for both', LISTED, { origin: PORTAL }, true],
    ['a host of an entry for both, on another port', LISTED, { origin: `${PORTAL}:8443` }, false],
    [
      'a host of an entry with ports',
      { whitelistDomains: ['.example.com:*'] },
      { origin: `${PORTAL}:8443` },
      true,
    ],
    ['a listed host on http', LISTED, { origin: 'http://portal.example.com', site: 'same-site' }, false],
    ['a sandbox', LISTED, { origin: 'null', site: 'same-site' }, false],
    ['two origins', LISTED, { origin: `${APP}, ${PORTAL}`, site: 'same-site' }, false],
    ['metadata that means nothing', LISTED, { origin: PORTAL, site: 'same-origin, cross-site' }, false],
  ])('createSite() knows %s [WS-03]', (_, says, sent, expected) => {
    const site = createSite({ ...NOTHING, ...says })
    expect(site.isFromSitePage(exchange(sent).facts)).toBe(expected)
  })

  it.each<[string, Partial<SiteOptions>, Sent, boolean, boolean]>([
    ['its own page', {}, { origin: APP, site: 'same-origin' }, true, true],
    [
      'its own page behind a rewritten Host',
      { redirectUrl: `${APP}/cb` },
      { ...BEHIND, origin: APP },
      true,
      true,
    ],
    ['a bookmark', {}, { site: 'none' }, true, true],
    ['a program', {}, {}, true, true],
    ['a sibling', LISTED, { origin: PORTAL, site: 'same-site' }, true, false],
    ['a sibling that says no name', LISTED, { site: 'same-site' }, false, false],
    ['a sibling that was not named', {}, { origin: PORTAL, site: 'same-site' }, false, false],
    [
      'another site',
      { ...DOMAIN, ...LISTED },
      { origin: 'https://evil.example', site: 'cross-site' },
      false,
      false,
    ],
    ['another site that is listed', ONE, { origin: PORTAL, site: 'cross-site' }, false, false],
  ])(
    'createSite() lets %s ask for a sign-out: then for a password only on the origin itself [LO-03]',
    (_, says, sent, out, own) => {
      const site = createSite({ ...NOTHING, ...says })
      expect(site.checkSite(exchange(sent)) === undefined).toBe(out)
      expect(site.checkOwnOrigin(exchange(sent)) === undefined).toBe(own)
      expect(site.isFromOwnPage(exchange(sent).facts)).toBe(own && sent.origin !== undefined)
    },
  )

  it('createSite() takes the referring page of a link for its origin', () => {
    const site = createSite({ ...NOTHING, ...LISTED })
    const link = (referer: string) =>
      anExchange('/x', { headers: ['Sec-Fetch-Site', 'same-site', 'Referer', referer] })
    expect(site.checkSite(link(`${PORTAL}/wiki?x`))).toBeUndefined()
    expect(site.checkSite(link('https://evil.example/portal.example.com'))?.reason).toBe('origin_refused')
  })
})
