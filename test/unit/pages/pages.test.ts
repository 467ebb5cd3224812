import { describe, expect, test } from 'vitest'
import { createAccent } from '../../../src/pages/accent.ts'
import type { PagesSettings } from '../../../src/pages/frame.ts'
import { PAGE_HEADERS } from '../../../src/pages/layout.ts'
import { EN } from '../../../src/pages/locales/en.ts'
import { createPages } from '../../../src/pages/pages.ts'
import { STYLE_SOURCE } from '../../../src/pages/styles.ts'
import { FINDINGS, type FindingCode, PROBLEMS, type Reason } from '../../../src/problems.ts'
import { somePagesSettings } from './pages-fixture.ts'

const HOSTILE = `"'><script>alert(1)</script>\u0000{{7*7}}\${x}<!--`
const keycloak = { id: 'keycloak', displayName: 'Keycloak' }
const signIn = { host: 'app.example.com', returnTo: '/', providers: [keycloak], passwordForm: false }

function pagesWith(changed: Partial<PagesSettings['pages']> = {}) {
  const settings = somePagesSettings()
  return createPages({ ...settings, pages: { ...settings.pages, ...changed } })
}

describe('sign-in page', () => {
  test('the sign-in page offers one plain link per provider and names the provider only where there is a choice', () => {
    const one = pagesWith().signIn({ ...signIn, returnTo: '/a?b=c&d=//e/../f' }).body
    expect(one).toContain('href="/oauth2/start?rd=%2Fa%3Fb%3Dc%26d%3D%2F%2Fe%2F..%2Ff"')
    expect(one).toContain('>Sign in with Keycloak</a>')

    const two = pagesWith().signIn({
      ...signIn,
      providers: [keycloak, { id: 'gh', displayName: 'GitHub' }],
    }).body
    expect(two).toContain('href="/oauth2/start?rd=%2F&amp;provider=keycloak"')
    expect(two).toContain('href="/oauth2/start?rd=%2F&amp;provider=gh"')
  })

  test('the sign-in page shows the form for local users only when told to, and where it returns to', () => {
    expect(pagesWith().signIn(signIn).body).not.toContain('<form')
    const { body, csp } = pagesWith().signIn({
      ...signIn,
      passwordForm: true,
      returnTo: '/x',
      username: 'alice',
    })
    expect(body).toContain('<form method="post" action="/oauth2/sign_in">')
    expect(body).toContain('name="rd" value="/x"')
    expect(body).toContain('value="alice" autocomplete="username"')
    expect(body).toContain('autocomplete="current-password"')
    expect(csp).toContain("form-action 'self';")
  })

  test('the sign-in page lets the form end on the allowed host that it returns to, and writes nothing else into the policy', () => {
    const cspFor = (returnTo: string) => pagesWith().signIn({ ...signIn, passwordForm: true, returnTo }).csp
    expect(cspFor('https://other.example.com:8443/a')).toContain(
      "form-action 'self' https://other.example.com:8443;",
    )
    expect(cspFor("https://a;script-src'unsafe-inline'/")).toContain("form-action 'self';")
    expect(cspFor('javascript:alert(1)')).toContain("form-action 'self';")
  })

  const formAfter = (view: { problem?: Reason; username?: string }): string => {
    const { body } = pagesWith().signIn({ ...signIn, passwordForm: true, ...view })
    return body.slice(body.indexOf('<form'))
  }
  const inputOf = (form: string, name: string): string =>
    new RegExp(`<input id="${name}"[^>]*>`, 'u').exec(form)?.[0] ?? ''

  test('the password form tells why the last attempt failed, and has the cursor where the next one begins', () => {
    const form = formAfter({ problem: 'credentials_wrong', username: 'alice' })
    const { sentence } = EN.problems.credentials_wrong
    expect(form).toContain(`<p class="alert" role="alert" id="sign-in-failed">${sentence}</p>`)
    for (const name of ['username', 'password'])
      expect(inputOf(form, name)).toContain(' aria-describedby="sign-in-failed" aria-invalid="true"')
    expect(inputOf(form, 'password')).toContain(' autofocus>')
    expect(inputOf(form, 'username')).not.toContain('autofocus')
  })

  test('the password form has the cursor in the user name when none was entered', () => {
    for (const given of [{ username: '' }, {}]) {
      const form = formAfter({ problem: 'credentials_missing', ...given })
      expect(inputOf(form, 'username')).toContain(' autofocus>')
      expect(inputOf(form, 'password')).not.toContain('autofocus')
    }
  })

  test('the password form calls nothing invalid that only came too often', () => {
    const form = formAfter({ problem: 'too_many_attempts', username: 'alice' })
    expect(form).not.toContain('aria-invalid')
    expect(inputOf(form, 'password')).toContain(' aria-describedby="sign-in-failed" autofocus>')
  })

  test('the sign-in page says nothing of a failure when there was none, and says it above the buttons when the form is hidden', () => {
    expect(formAfter({ username: 'alice' })).not.toMatch(/role="alert"|aria-|autofocus/u)
    const hidden = pagesWith().signIn({ ...signIn, problem: 'credentials_wrong' }).body
    const alertAt = hidden.indexOf('role="alert"')
    expect(alertAt).toBeGreaterThan(0)
    expect(alertAt).toBeLessThan(hidden.indexOf('class="actions"'))
  })

  test('the sign-in page says which accounts fit when only some domains may sign in', () => {
    const bannerFor = (policy: Partial<PagesSettings['policy']>) => {
      const settings = somePagesSettings()
      return createPages({ ...settings, policy: { ...settings.policy, ...policy } }).signIn(signIn).body
    }
    expect(bannerFor({ emailDomains: ['a.example', 'b.example'] })).toContain(
      'Use an account of a.example, b.example.',
    )
    expect(bannerFor({ emailDomains: ['*'] })).not.toContain('Use an account')
    const withFile = { emailDomains: ['a.example'], authenticatedEmailsFile: '/emails' }
    expect(bannerFor(withFile)).not.toContain('Use an account')
  })
})

describe("the operator's markup", () => {
  test("the operator's markup is trusted as it is, hidden by a dash, the default when empty", () => {
    const set = pagesWith({
      banner: '<b>Staff only</b>',
      footer: '<i>Help</i>',
      logo: '<img src="https://x/l.png">',
    })
    expect(set.signIn(signIn).body).toContain('<b>Staff only</b>')
    expect(set.signIn(signIn).body).toContain('<footer><i>Help</i></footer>')
    expect(set.signIn(signIn).body).toContain('<div class="logo"><img src="https://x/l.png"></div>')
    const hidden = pagesWith({ banner: '-', footer: '-', logo: '-' }).signIn(signIn).body
    for (const element of ['class="banner"', '<footer>', 'class="logo"', '<svg'])
      expect(hidden).not.toContain(element)
    expect(pagesWith().signIn(signIn).body).toContain('<svg')
  })

  test('widens the policy by no more than it needs', () => {
    expect(pagesWith().signIn(signIn).csp).toContain('img-src data:;')
    const logo = '<img src="https://Cdn.example.com:8443/logo.png">'
    expect(pagesWith({ logo }).signIn(signIn).csp).toContain(
      "img-src 'self' data: https://cdn.example.com:8443;",
    )
    expect(pagesWith({ banner: '<b>plain</b>' }).signIn(signIn).csp).not.toContain('unsafe-inline')
    const inline = pagesWith({ logo: '<svg style="fill:red"></svg>' }).signIn(signIn).csp
    expect(inline).toContain("style-src 'unsafe-inline'")
    expect(inline).not.toContain('sha256')
  })
})

describe('the page that keeps a form', () => {
  const view = { host: 'app.example.com', fields: [{ name: HOSTILE, value: HOSTILE }] }

  test('the page that keeps a form holds every field as text, and a button without a name that sends them to the same address', () => {
    const { body } = pagesWith().formReplay(view)
    expect(body).not.toContain('<script')
    expect(body.match(/<input type="hidden" name="[^"<>]+" value="[^"<>]+">/gu)).toHaveLength(1)
    expect(body).toContain('<form method="post" accept-charset="utf-8">')
    expect(body).toContain('<button class="button second">Then send the form again</button>')
  })

  test('the page that keeps a form signs in in a tab that knows nothing of this one', () => {
    const { body, csp } = pagesWith().formReplay(view)
    expect(body).toContain(
      'href="/oauth2/sign_in?rd=%2Foauth2%2Fsigned_in" target="_blank" rel="noopener">Sign in in a new tab</a>',
    )
    expect(csp).toContain("form-action 'self';")
    expect(csp).not.toContain('script-src')
  })
})

describe('error page', () => {
  const view = { requestId: 'request-1', returnTo: '/deep?x=//y' }

  test.each(Object.keys(PROBLEMS) as Reason[])(
    'the error page of %s: status, title, sentence, request id and recovery',
    (reason) => {
      const { body } = pagesWith().error({ ...view, problem: { reason } })
      const { status } = PROBLEMS[reason]
      const { sentence, title } = EN.problems[reason]
      const said = sentence.replace('{app}', 'this application')
      for (const text of [`>${status}<`, `<h1>${title}</h1>`, said, '>request-1<'])
        expect(body).toContain(text)
      expect(body).toMatch(
        /<a class="button(?: second)?" href="(?:|\/|\/oauth2\/(?:start|sign_in)\?rd=[^"]+)"/u,
      )
    },
  )

  test('the error page of a refused account names it, can change it and can sign out', () => {
    const { body, csp } = pagesWith().error({
      ...view,
      problem: { reason: 'not_permitted' },
      account: 'carol@example.com',
    })
    expect(body).toContain('<dd>carol@example.com</dd>')
    expect(body).toContain('href="/oauth2/start?rd=%2Fdeep%3Fx%3D%2F%2Fy&amp;account=other"')
    expect(body).toContain('<form method="post" action="/oauth2/sign_out">')
    expect(csp).toContain("form-action 'self' https:;")
  })

  test('the error page leaves details to the log unless the operator asks for them', () => {
    const failure = {
      ...view,
      problem: { reason: 'upstream_unreachable', detail: { message: 'ECONNREFUSED' } },
    } as const
    expect(pagesWith().error(failure).body).not.toContain('ECONNREFUSED')
    const debug = pagesWith({ showDebugOnError: true }).error(failure).body
    expect(debug).toContain('<code>ECONNREFUSED</code>')
    expect(debug).toContain('<code>upstream_unreachable</code>')
  })
})

describe('a fault of the settings', () => {
  const view = { requestId: 'request-1', returnTo: '/', host: 'app.example.com' }
  const finding = (code: FindingCode, values = {}) => ({ findings: [{ code, values }] })

  test('a fault of the settings is told to the operator, with what was seen, and offers no sign-in', () => {
    const findings = [
      { code: 'cookie_domain', values: { domain: 'example.org', host: '<app>' } },
      { code: 'header_large', values: { bytes: '9000' } },
    ] as const
    const { body } = pagesWith().error({ ...view, problem: { reason: 'state_mismatch', findings } })
    expect(body).toContain('<h1>Sign-in is not set up correctly</h1>')
    expect(body).toContain(
      '<dd>The cookies are for <span class="name">example.<wbr>org</span>, and this is <span class="name">&lt;app&gt;</span>.</dd>',
    )
    expect(body).toContain('<dd>The browser sends 9000 bytes of cookies.</dd>')
    expect(body).not.toContain('/oauth2/start')
  })

  test('a fault of the settings is none when only a person can do something about it', () => {
    const problem = { reason: 'state_mismatch', ...finding('cookie_missing') } as const
    const { body } = pagesWith().error({ ...view, problem })
    expect(body).toContain('<p class="lead">The cookie of this sign-in did not come back')
    expect(body).toContain('href="/oauth2/start?rd=%2F"')
  })

  test.each(Object.keys(FINDINGS) as FindingCode[])(
    'every place in the sentence about %s gets a value',
    (code) => {
      const places = Array.from(EN.findings[code].matchAll(/\{(\w+)\}/gu), ([, name]) => name)
      const known = ['domain', 'host', 'from', 'to', 'bytes']
      expect(known).toEqual(expect.arrayContaining(places))
    },
  )
})

describe('what the operator calls things', () => {
  const view = { requestId: 'r', returnTo: '/', host: 'app.example.com' }

  test('the name of the application stands in place of the host', () => {
    const named = pagesWith({ appName: 'Acme <Wiki>' })
    for (const { body } of [
      named.signIn(signIn),
      named.signedOut(view),
      named.confirmSignOut(view),
      named.signedIn(view),
      named.error({ ...view, problem: { reason: 'not_permitted' } }),
    ]) {
      expect(body).toContain('Acme &lt;Wiki&gt;')
      expect(body).not.toContain('example.<wbr>')
    }
    expect(named.signIn(signIn).body).toContain('<title>Sign in to Acme &lt;Wiki&gt;</title>')
    expect(named.sentence('not_permitted')).toBe('This account may not use Acme <Wiki>.')
    expect(pagesWith().sentence('not_permitted')).toBe('This account may not use this application.')
  })

  test.each([
    ['help@example.com', '<a href="mailto:help@example.com">help@example.com</a>'],
    [
      'https://help.example.com/?a=1&b',
      '<a href="https://help.example.com/?a=1&amp;b">help.example.com/?a=1&amp;b</a>',
    ],
    ['the <help> desk, room 4', 'the &lt;help&gt; desk, room 4'],
    ['javascript:alert(1)', 'javascript:alert(1)'],
  ])('the contact %s stands on a page where no action helps', (contact, expected) => {
    const pages = pagesWith({ contact })
    const { body } = pages.error({ ...view, problem: { reason: 'not_permitted' } })
    expect(body).toContain(`<dt>Contact</dt><dd>${expected}</dd>`)
    expect(pages.signIn(signIn).body).not.toContain('Contact')
  })

  test('a provider that has no name is called by its host, which does not break where it fits', () => {
    const provider = { id: 'oidc', displayName: 'id.example.com' }
    expect(pagesWith().signIn({ ...signIn, providers: [provider] }).body).toContain(
      '<span>Sign in with <span class="name">id.<wbr>example.<wbr>com</span></span></a>',
    )
  })

  test('the policy allows the accent beside the style sheet', async () => {
    const accent = await createAccent('#d40000')
    const { body, csp } = createPages(somePagesSettings(), accent).signIn(signIn)
    expect(body).toContain(`<style>${accent.style}</style>`)
    expect(csp).toContain(`style-src ${STYLE_SOURCE} ${accent.source};`)
  })

  test('every page has an icon, so that no browser asks the app for one', () => {
    const { body, csp } = pagesWith().signedOut(view)
    const [, icon = ''] =
      /<link rel="icon" type="image\/svg\+xml" href="data:image\/svg\+xml,([^"]+)">/u.exec(body) ?? []
    expect(decodeURIComponent(icon)).toMatch(/^<svg xmlns="[^"]+" viewBox="0 0 44 44">.*<\/svg>$/su)
    expect(csp).toContain('img-src data:')
  })
})

describe('pages around a sign-out', () => {
  test('the page after a sign-out says so and offers a sign-in', () => {
    const { body } = pagesWith().signedOut({ host: 'app.example.com' })
    expect(body).toContain('<h1>You are signed out</h1>')
    expect(body).toContain('href="/oauth2/sign_in?rd=%2F"')
  })

  test('the question before a sign-out posts, and its policy lets the redirect to a provider pass, on plain http too', () => {
    const settings = somePagesSettings()
    const issuer = 'http://127.0.0.1:9000/realm'
    const { body, csp } = createPages({
      ...settings,
      providers: [{ id: 'oidc', displayName: 'id.example.com', issuer }],
    }).confirmSignOut({
      host: 'app.example.com',
    })
    expect(body).toContain('<form method="post" action="/oauth2/sign_out">')
    expect(csp).toContain("form-action 'self' https: http://127.0.0.1:9000;")
  })
})

describe('every page', () => {
  const pages = pagesWith({ showDebugOnError: true })
  const all = {
    'sign-in': pages.signIn({
      host: HOSTILE,
      returnTo: HOSTILE,
      providers: [
        { id: HOSTILE, displayName: HOSTILE },
        { id: 'b', displayName: HOSTILE },
      ],
      passwordForm: true,
      username: HOSTILE,
    }),
    'signed out': pages.signedOut({ host: HOSTILE }),
    'confirm sign-out': pages.confirmSignOut({ host: HOSTILE }),
    error: pages.error({
      problem: { reason: 'not_permitted', detail: { [HOSTILE]: HOSTILE } },
      requestId: HOSTILE,
      returnTo: HOSTILE,
      account: HOSTILE,
    }),
  }

  test.each(Object.entries(all))('a page lets nothing that arrived become markup: %s', (_, { body }) => {
    expect(body).not.toContain('<script>')
    expect(body).not.toContain('<!--')
    expect(body).not.toContain(`"'>`)
    for (const [, attribute] of body.matchAll(/ (?:href|action|src)="([^"]*)"/gu))
      expect(attribute).toMatch(/^$|^\/|^data:image\/svg\+xml,/u)
  })

  test.each(Object.entries(all))(
    'a page has one heading, a language, and no asset from elsewhere: %s',
    (_, { body }) => {
      expect(body.match(/<h1>/gu)).toHaveLength(1)
      expect(body).toContain('<html lang="en">')
      expect(body).not.toMatch(/(?:src|href)="(?:https?:)?\/\//u)
    },
  )

  test.each(Object.entries(all))('a page has a policy that starts from nothing: %s', (_, { csp }) => {
    expect(csp).toMatch(/^default-src 'none'; /u)
    expect(csp).toContain("frame-ancestors 'none'; base-uri 'none'")
    expect(csp).not.toContain('unsafe')
  })

  test('a page does not break on a return target that is no well-formed Unicode', () => {
    expect(pages.signIn({ ...signIn, returnTo: '/\ud800' }).body).toContain('rd=%2F%EF%BF%BD')
  })

  test('the headers of a page forbid framing and sniffing, and leave the Origin of its forms readable', () => {
    const headers = new Map<string, string>()
    for (let at = 0; at < PAGE_HEADERS.length; at += 2) headers.set(PAGE_HEADERS[at]!, PAGE_HEADERS[at + 1]!)
    expect(headers.get('X-Frame-Options')).toBe('DENY')
    expect(headers.get('X-Content-Type-Options')).toBe('nosniff')
    expect(headers.get('Referrer-Policy')).toBe('same-origin')
    expect(headers.get('Content-Type')).toBe('text/html; charset=utf-8')
  })
})

test('a long host name may break after its dots on every page that shows it', () => {
  const { confirmSignOut, formReplay, signIn: offer, signedIn, signedOut } = pagesWith()
  const view = { host: 'app.example.com' }
  for (const { body } of [
    offer(signIn),
    confirmSignOut(view),
    signedOut(view),
    signedIn(view),
    formReplay({ ...view, fields: [] }),
  ])
    expect(body).toContain('app.<wbr>example.<wbr>com')
})

test('no error page says the same thing twice', () => {
  for (const { title, sentence } of Object.values(EN.problems)) expect(sentence.startsWith(title)).toBe(false)
})
