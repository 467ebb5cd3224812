import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { problem } from '../../src/problems.ts'
import { failed, ok } from '../../src/result.ts'
import { type AGate, startGate, type TestGate } from '../support/gate.ts'
import type { Visitor } from '../support/visitor.ts'

/** A sign-in page as people have them: one changed from the page of oauth2-proxy. */
const SIGN_IN = `{{define "sign_in.html"}}
<!DOCTYPE html>
<html lang="en">
<head>
  <title>{{ .Title }} | ACME</title>
  <link rel="stylesheet" href="{{.ProxyPrefix}}/static/css/bulma.min.css">
  <link rel="stylesheet" href="https://fonts.example.com/css?family=Inter">
  <style>.box { color: #333; } /* ours */</style>
</head>
<body class="has-background-light">
  {{- if .LogoData }}<div class="logo">{{ .LogoData }}</div>{{ end }}
  <form method="GET" action="{{.ProxyPrefix}}/start">
    <input type="hidden" name="rd" value="{{.Redirect}}">
    {{ if .SignInMessage }}<p>{{.SignInMessage}}</p>{{ end}}
    <button type="submit">Sign in with {{ .ProviderName | ToUpper }}</button>
  </form>
  {{ if .CustomLogin }}
  <form method="POST" action="{{.ProxyPrefix}}/sign_in">
    <input type="hidden" name="rd" value="{{.Redirect}}">
    <input name="username"><input type="password" name="password">
  </form>
  {{ end }}
  {{ if eq .StatusCode 400 401 }}
  <div class="alert" onclick="this.remove()">{{ if eq .StatusCode 400 }}Name missing{{ else }}{{.StatusCode}}: wrong{{ end }}</div>
  {{ else if eq .StatusCode 403 }}<p>Please sign in.</p>{{ end }}
  <script>console.log({{ .Redirect }}, "{{ .ProviderName }}")</script>
  {{ template "footer" . }}
</body>
</html>
{{end}}
{{define "footer"}}<footer>{{ if eq .Footer "-" }}{{ else if eq .Footer "" }}ACME {{.Version}}{{ else }}{{.Footer}}{{ end }}</footer>{{end}}`

const ERROR = `{{define "error.html"}}<!DOCTYPE html>
<title>{{.StatusCode}} {{.Title}}</title>
{{ if or .Message .RequestID }}<p>{{.Message}}</p><i>{{.RequestID}}</i>{{ end }}
{{ if .Redirect }}<form method="GET" action="{{.Redirect}}"></form>
<form method="GET" action="{{.ProxyPrefix}}/sign_in"><input type="hidden" name="rd" value="{{.Redirect}}"></form>{{ end }}
{{end}}`

const ROBOTS = 'User-agent: *\nAllow: /public\n'
const ALL = { '/t/sign_in.html': SIGN_IN, '/t/error.html': ERROR, '/t/robots.txt': ROBOTS }
const USERS = { '/users': 'carol:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=\n' }

const DIRECTORY = '--custom-templates-dir=/t/'

async function startWith(
  files: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Promise<TestGate> {
  return startGate({ args: [DIRECTORY, ...args], files: { ...USERS, ...files } })
}

function sendPassword(visitor: Visitor, password: string, username = 'carol') {
  const body = new URLSearchParams({ rd: '/inbox', username, password }).toString()
  const headers = ['Content-Type', 'application/x-www-form-urlencoded', 'Origin', 'https://app.example.com']
  return visitor.visit('/oauth2/sign_in', { method: 'POST', body, headers })
}

describe('a sign-in page from a template', () => {
  it('a template stands in the place of a page of the app, and at sign_in, with the status that templates ask for', async () => {
    const gate = await startWith(
      ALL,
      '--banner=Use <b>work</b> accounts',
      '--provider-display-name=Acme <ID>',
    )
    const visitor = gate.visitor()
    const visit = await visitor.visit('/inbox?a=1&b="2"')
    expect(visit.status).toBe(200)
    expect(visit.text).toContain('<title>Sign in | ACME</title>')
    expect(visit.text).toContain('<form method="GET" action="/oauth2/start">')
    expect(visit.text).toContain('name="rd" value="/inbox?a=1&amp;b=&#34;2&#34;"')
    expect(visit.text).toContain('Sign in with ACME &lt;ID&gt;</button>')
    expect(visit.text).toContain('<p>Use <b>work</b> accounts</p>')
    expect(visit.text).toContain('console.log("/inbox?a=1\\u0026b=\\"2\\"", "Acme \\u003cID\\u003e")')
    expect(visit.text).toContain('<div class="logo"><svg')
    expect(visit.text).toContain('<footer>ACME 0.0.0</footer>')
    expect(visit.text).toContain('Please sign in.')
    expect(visit.text).not.toContain('name="username"')
    const direct = await visitor.visit('/oauth2/sign_in?rd=/x')
    expect([direct.status, direct.text.includes('Please sign in.')]).toEqual([200, false])
    expect(direct.text).toContain('name="rd" value="/x"')
  })

  it('the form of oauth2-proxy starts a sign-in, fragment and all', async () => {
    const gate = await startWith(ALL)
    const visitor = gate.visitor()
    const there = await visitor.browse(`/oauth2/start?${new URLSearchParams({ rd: '/inbox?a=1#part' })}`)
    expect(new URL(there.url).hash).toBe('#part')
  })

  it('the form for passwords signs a local user in, and a wrong or missing name is told', async () => {
    const gate = await startWith(ALL, '--htpasswd-file=/users')
    const visitor = gate.visitor()
    expect((await visitor.visit('/')).text).toContain('name="username"')
    const wrong = await sendPassword(visitor, 'nope')
    expect(wrong.status).toBe(401)
    expect(wrong.text).toContain('401: wrong')
    expect(wrong.text).toContain('name="rd" value="/inbox"')
    const missing = await sendPassword(visitor, 'nope', '')
    expect([missing.status, missing.text.includes('Name missing')]).toEqual([400, true])
    const right = await sendPassword(visitor, 'password')
    expect([right.status, right.location]).toEqual([302, '/inbox'])
  })

  it('too many tries are told by the error page', async () => {
    const gate = await startWith(ALL, '--htpasswd-file=/users')
    const visitor = gate.visitor()
    let last = await sendPassword(visitor, 'nope')
    for (let tries = 0; last.status !== 429 && tries < 10; tries += 1)
      last = await sendPassword(visitor, 'nope')
    expect(last.headers.get('retry-after')).not.toBeNull()
    expect(last.text).toContain('<title>429 Too Many Requests</title>')
  })

  it('a sign-in page has the fields of the error page as well', async () => {
    const gate = await startWith({
      '/t/sign_in.html': '{{.Title}}|{{.Message}}|{{range .Providers}}{{.URL}}{{end}}',
    })
    expect((await gate.visitor().visit('/a+b')).text).toBe('Sign in||/oauth2/start?rd=%2Fa%2Bb')
  })

  it('a value of a stranger is escaped by where it stands in a template [UI-32]', async () => {
    const template = `<p title="{{.Redirect}}" data-x='{{.Redirect}}' class=a{{.Redirect}} onclick="f({{.Redirect}}, '{{.Redirect}}')"
      style="background: url('{{.Redirect}}'); color: {{.Redirect}}">{{.Redirect}}</p><a href="{{.Redirect}}">x</a><a href="/?a={{.Redirect}}">y</a>
      <title>{{.Redirect}}</title><textarea>{{.Redirect}}</textarea><!-- {{.Redirect}} -->
      <script>a = {{.Redirect}}; b = "{{.Redirect}}"; c = '{{.Redirect}}'; d = \`{{.Redirect}}\`; e = /{{.Redirect}}/; // {{.Redirect}}
      </script><style>p { color: {{.Redirect}}; content: "{{.Redirect}}" }</style>`
    const gate = await startWith({ '/t/sign_in.html': template })
    const plain = (await gate.visitor().visit('/oauth2/sign_in?rd=/plain')).text
    for (const hostile of [
      '"><script>alert(1)</script>',
      "'><img src=x onerror=alert(1)>",
      '</title></script></style><svg onload=alert(1)>',
      '`$' + '{alert(1)}`',
      '*/--><b>',
      'javascript:alert(1)',
      ' x=1 onmouseover=alert(1) ',
      '\\";alert(1);//',
      ');expression(alert(1))',
    ]) {
      const rd = encodeURIComponent(`/${hostile}`)
      const { text } = await gate.visitor().visit(`/oauth2/sign_in?rd=${rd}`)
      const shape = (page: string) => page.match(/<\/?[a-z]+|\son[a-z]+=/gu)
      expect([hostile, shape(text)]).toEqual([hostile, shape(plain)])
      // The script gets the same text in all its places, and nothing else.
      const [, script = ''] = /<script>([\s\S]*?)<\/script>/u.exec(text) ?? []
      const { a, b, c, d, e } = runInNewContext(`${script}; ({ a, b, c, d, e })`)
      expect([b, c, d, e.test(a)]).toEqual([a, a, a, true])
    }
  })
})

describe('an error page from a template', () => {
  it('an error template gets status, message, request id and the ways on', async () => {
    const gate = await startWith(ALL)
    const page = await gate.visitor().arrive('/oauth2/callback?code=x&state=y')
    expect(page.status).toBe(403)
    expect(page.text).toContain('<title>403 Forbidden</title>')
    expect(page.text).toMatch(/<p>[A-Z][^<]+\.<\/p><i>[\da-f-]{36}<\/i>/u)
    expect(page.text).toContain('action="/oauth2/sign_in"')
  })

  it('an app that gives no answer has no way back to it in the template', async () => {
    const upstream = () => {
      throw new Error('down')
    }
    const gate = await startGate({ args: [DIRECTORY, '--skip-auth-route=^/'], files: ALL, upstream })
    const { status, text } = await gate.visitor().visit('/')
    expect([status, text.includes('<title>502 Bad Gateway</title>'), text.includes('<form')]).toEqual([
      502,
      true,
      false,
    ])
  })

  it('a person who may not enter comes from the error template to the sign-in page, and not in a circle', async () => {
    const permits: AGate['permits'] = ({ target }) =>
      target.path === '/inbox' ? failed(problem('not_permitted')) : ok(undefined)
    const gate = await startGate({ args: [DIRECTORY], files: ALL, permits })
    const visitor = gate.visitor()
    await visitor.browse('/oauth2/start?rd=/')
    expect((await visitor.visit('/inbox')).text).toContain('<title>403 Forbidden</title>')
    expect((await visitor.visit('/oauth2/sign_in?rd=/')).location).toBe('/')
    const again = await visitor.visit('/oauth2/sign_in?rd=/inbox')
    expect([again.status, again.text.includes('| ACME</title>')]).toEqual([200, true])
  })

  it('evidence is in the message only with show-debug-on-error', async () => {
    for (const debug of [true, false]) {
      const gate = await startWith(ALL, `--show-debug-on-error=${debug}`)
      const { text } = await gate.visitor().arrive('/oauth2/callback?code=x&state=y')
      expect(text.includes('(code: ')).toBe(debug)
    }
  })
})

describe('the files of custom-templates-dir', () => {
  it('any of the three files may be absent: then it stays as it is', async () => {
    const own = (await (await startGate()).visitor().visit('/')).text
    const error = await startWith({ '/t/error.html': ERROR })
    expect((await error.visitor().visit('/')).text).toBe(own)
    const robots = await startWith({ '/t/robots.txt': ROBOTS })
    expect(await (await robots.ask('/robots.txt')).text()).toBe(ROBOTS)
    expect((await robots.visitor().visit('/')).text).toBe(own)
    expect(await (await error.ask('/robots.txt')).text()).toBe('User-agent: *\nDisallow: /\n')
  })

  it('templates are read again when one of them changes', async () => {
    const gate = await startWith(ALL)
    gate.platform.change('/t/sign_in.html', '<p>New {{.ProviderName}}')
    gate.platform.change('/t/robots.txt', 'x')
    expect((await gate.visitor().visit('/')).text).toMatch(/^<p>New /u)
    expect(await (await gate.ask('/robots.txt')).text()).toBe('x')
    expect(gate.platform.lines.filter(({ msg }) => msg === 'The templates were read again').length).toBe(2)
  })

  it('templates are found when they come after the start', async () => {
    const gate = await startWith({})
    expect(gate.platform.lines).toContainEqual(expect.objectContaining({ level: 'warn', directory: '/t' }))
    gate.platform.change('/t/sign_in.html', '<p>Late')
    expect((await gate.visitor().visit('/')).text).toBe('<p>Late')
  })

  it('templates stay as they were when a change is broken, and the log says where', async () => {
    const gate = await startWith(ALL)
    const before = (await gate.visitor().visit('/')).text
    gate.platform.change('/t/sign_in.html', '<p>\n{{ .Redirect }')
    expect((await gate.visitor().visit('/')).text).toBe(before)
    const why = expect.stringContaining('/t/sign_in.html:2: ')
    expect(gate.platform.lines).toContainEqual(expect.objectContaining({ level: 'error', why }))
  })

  it('templates whose rendering fails give way to the own page, with one line for each place', async () => {
    const gate = await startWith({
      '/t/sign_in.html': '<p>\n{{slice .Redirect 0 5}}',
      '/t/error.html': '{{.Title}}\n{{index .Message 9999}}',
    })
    expect((await gate.visitor().visit('/long-enough')).text).toBe('<p>\n/long')
    for (let visit = 0; visit < 3; visit += 1) {
      const { status, text } = await gate.visitor().visit('/')
      expect([status, text.includes('Sign-in by Sidegate')]).toEqual([200, true])
    }
    expect((await gate.visitor().arrive('/oauth2/callback?code=x')).text).toContain('Sign-in by Sidegate')
    const whys = gate.platform.lines.flatMap(({ level, why }) => (level === 'error' ? [why] : []))
    expect(whys).toEqual([
      expect.stringContaining('/t/sign_in.html:2: '),
      expect.stringContaining('/t/error.html:2: '),
    ])
  })

  it('templates that cannot be used stop the start, all at once and with their lines', async () => {
    await expect(
      startWith({ '/t/sign_in.html': 'a\n{{ nope }}', '/t/error.html': '{{ .Redirect' }),
    ).rejects.toThrow(/fix the templates:\n {2}\/t\/sign_in\.html:2: .*"nope".*\n {2}\/t\/error\.html:1: /u)
    await expect(startWith({ '/t/error.html': '<a href="{{.Redirect}}>' })).rejects.toThrow(
      /finish the markup/u,
    )
    await expect(startWith({ '/t/error.html': `<p>${'x'.repeat(300_000)}` })).rejects.toThrow(
      /shorter than 262144/u,
    )
  })
})

describe('the headers of a page from a template', () => {
  it('headers of a template page let in its scripts and styles and keep the rest, and only there [UI-33]', async () => {
    const gate = await startWith(ALL)
    const visitor = gate.visitor()
    const { headers } = await visitor.visit('/')
    expect(headers.get('content-security-policy')).toBe(
      "frame-ancestors 'none'; base-uri 'none'; object-src 'none'",
    )
    expect(headers.get('x-frame-options')).toBe('DENY')
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('cache-control')).toContain('no-store')
    const signedOut = await visitor.visit('/oauth2/signed_out')
    expect(signedOut.headers.get('content-security-policy')).toContain("default-src 'none'")
  })

  it.each([
    ['<p>x', "script-src 'none'"],
    ['<a title="onward" href="/on=1">x</a>', "script-src 'none'"],
    ['<base href="/x/"><script src="https://cdn.example.com/x.js"></script>', "object-src 'none'"],
  ])('the policy of the template %j forbids its absent kinds of content', async (template, kept) => {
    const gate = await startWith({ '/t/sign_in.html': template })
    const policy = (await gate.visitor().visit('/')).headers.get('content-security-policy')
    expect(policy).toContain(kept)
    expect(policy?.includes('base-uri')).toBe(!template.includes('<base'))
  })

  it('style sheets of oauth2-proxy are at their addresses where there are templates', async () => {
    const gate = await startWith(ALL)
    for (const path of ['/oauth2/static/css/bulma.min.css', '/oauth2/static/css/all.min.css']) {
      const response = await gate.ask(path)
      expect([response.status, response.headers.get('content-type')]).toEqual([
        200,
        'text/css; charset=utf-8',
      ])
      expect(await response.text()).toMatch(/^[^<]{500,}$/u)
      expect((await (await startGate()).ask(path)).status).not.toBe(200)
    }
    const css = await (await gate.ask('/oauth2/static/css/bulma.min.css')).text()
    for (const name of [
      'box',
      'block',
      'button',
      'is-primary',
      'is-danger',
      'is-fullwidth',
      'has-text-centered',
      'card-header-icon',
      'is-hidden',
      'columns',
      'input',
      'label',
      'field',
      'is-1',
      'is-size-7',
    ])
      expect(css).toContain(`.${name}`)
  })
})
