import { escapeHtml } from './html.ts'

/** The demo app's one page: what the app saw of this request, and four ways to talk to it. */
export function appPage({
  target,
  headers,
}: {
  target: string
  headers: readonly (readonly [string, string])[]
}): string {
  const user = headers.find(([name]) => name.toLowerCase() === 'x-forwarded-email')?.[1]
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Demo app</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<div><h1>Demo app</h1><p>A plain web server without a line of sign-in code.</p></div>
<form method="post" action="/oauth2/sign_out"><button>Sign out</button></form>
</header>
<main>
<section><h2>You</h2><p id="user">${escapeHtml(user ?? 'nobody')}</p><p>This request asked for <code id="target">${escapeHtml(target)}</code>
and the address bar ends in <code id="hash">no fragment</code>.</p></section>
<section><h2>Clock</h2><p><output id="clock">…</output></p><p>Server-sent events, one a second.</p></section>
<section><h2>Echo</h2><p><output id="echo">connecting…</output></p>
<form id="say"><input name="text" aria-label="Text to echo" value="hello" autocomplete="off"><button>Send</button></form><p>A WebSocket.</p></section>
<section><h2>API</h2><p><output id="answer">not called yet</output></p><button id="call">Call /api/time</button><p>A fetch. Without a session it answers 401, not a redirect.</p></section>
<section><h2>Form</h2><form method="post" action="/form"><input name="note" aria-label="Note" value="A note"><button>Post</button></form><p>A plain form post.</p></section>
<section class="wide"><h2>Headers that the app received</h2><table>${headers.map(row).join('')}</table></section>
</main>
<script>${SCRIPT}</script>
</body>
</html>
`
}

function row([name, value]: readonly [string, string]): string {
  const mark = /^x-forwarded-(?:user|email|groups|preferred-username)$/iu.test(name)
    ? ' class="identity"'
    : ''
  return `<tr${mark}><th scope="row">${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`
}

const SCRIPT = `
const $ = (id) => document.getElementById(id)
if (location.hash) $('hash').textContent = location.hash
new EventSource('/clock').onmessage = (event) => { $('clock').textContent = event.data }
const socket = new WebSocket(location.origin.replace('http', 'ws') + '/echo')
socket.onopen = () => { $('echo').textContent = 'connected' }
socket.onmessage = (event) => { $('echo').textContent = event.data }
socket.onclose = () => { $('echo').textContent = 'closed' }
$('say').onsubmit = (event) => { event.preventDefault(); socket.send(new FormData(event.target).get('text')) }
$('call').onclick = async () => {
  const response = await fetch('/api/time')
  const body = await response.json()
  $('answer').textContent = response.status === 401 ? 'Session ended (' + body.error + '): reload to sign in' : body.time
}
`

const STYLE = `
:root { color-scheme: light dark; --ground: #f6f4ef; --card: #fff; --ink: #26221b; --quiet: #665f52; --line: #e2dccf; --mark: #fdf3d7; --accent: #8a4b08 }
@media (prefers-color-scheme: dark) {
  :root { --ground: #14120e; --card: #1e1b16; --ink: #efeae0; --quiet: #b3aa99; --line: #3a342a; --mark: #3a2f14; --accent: #f0b45e }
}
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 68rem; padding: 1.5rem; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif }
header { display: flex; flex-wrap: wrap; gap: 1rem; align-items: center; justify-content: space-between; padding: .5rem 0 1.5rem }
h1, h2, p { margin: 0 } h1 { font-size: 1.5rem } h2 { font-size: .875rem; color: var(--accent); margin-bottom: .5rem }
p { color: var(--quiet); overflow-wrap: anywhere } section > p + p, form + p, button + p { margin-top: .5rem; font-size: .875rem }
main { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(18rem, 100%), 1fr)); gap: 1rem }
section { padding: 1.25rem; border: 1px solid var(--line); border-radius: .75rem; background: var(--card); min-width: 0 }
.wide { grid-column: 1 / -1; overflow-x: auto }
#user, output { color: var(--ink); font-size: 1.125rem; font-weight: 600; display: block }
input, button { min-height: 2.5rem; padding: .375rem .75rem; border: 1px solid #887f6e; border-radius: .5rem; background: var(--card); color: var(--ink); font: inherit }
button { cursor: pointer; font-weight: 550 } form { display: flex; gap: .5rem; margin: .5rem 0 0 } input { flex: 1; min-width: 0 } header form { margin: 0 }
table { width: 100%; border-collapse: collapse; font-size: .8125rem } th, td { padding: .375rem .5rem; border-top: 1px solid var(--line); text-align: left; vertical-align: top }
th { white-space: nowrap; font-weight: 500; color: var(--quiet) } td { overflow-wrap: anywhere } .identity { background: var(--mark) }
code { font-size: .875em } :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
`
