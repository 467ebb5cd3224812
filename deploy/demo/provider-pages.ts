import type { Account } from './accounts.ts'
import { escapeHtml } from './html.ts'

/** The sign-in page of the demo provider. */
export function loginPage({ uid, accounts, failed }: LoginView): string {
  return page(
    'Demo provider',
    `<h1>Demo provider</h1>
<p>This is another service on this machine: a real OpenID provider with invented people.</p>
${failed ? '<p role="alert">No such user and password.</p>' : ''}
<form method="post" action="/interaction/${escapeHtml(uid)}">
<label for="user">User name</label>
<input id="user" name="user" autocomplete="username" autocapitalize="none" autofocus required>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
<button>Sign in</button>
</form>
<table><tr><th>User</th><th>Password</th><th></th></tr>${accounts.map(row).join('')}</table>`,
  )
}

interface LoginView {
  readonly uid: string
  readonly accounts: readonly Account[]
  readonly failed: boolean
}

/** The provider's own question at sign-out; `form` is the form that it has prepared. */
export function logoutPage(form: string): string {
  return page(
    'Sign out of the demo provider',
    `<h1>Sign out of the demo provider?</h1>
${form}
<button form="op.logoutForm" name="logout" value="yes" autofocus>Yes, sign out here too</button>
<button class="second" form="op.logoutForm">No, stay signed in here</button>`,
  )
}

/** What the provider shows when a request to it makes no sense. */
export function problemPage(problem: Readonly<Record<string, unknown>>): string {
  const lines = Object.entries(problem).map(
    ([name, value]) => `<dt>${escapeHtml(name)}<dd>${escapeHtml(String(value))}`,
  )
  return page('Demo provider: error', `<h1>Demo provider: error</h1><dl>${lines.join('')}</dl>`)
}

function row({ about, password, user }: Account): string {
  return `<tr><td><code>${user}</code></td><td><code>${password}</code></td><td>${about}</td></tr>`
}

function page(title: string, main: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${STYLE}</style>
<main>
${main}
</main>
</html>
`
}

const STYLE = `
:root { color-scheme: light dark; --ground: #f1f5f1; --card: #fff; --ink: #1b241d; --quiet: #55645a; --line: #d5ded7; --green: #1d6b42; --on: #fff }
@media (prefers-color-scheme: dark) {
  :root { --ground: #0e130f; --card: #171e19; --ink: #e7ede8; --quiet: #a3b3a8; --line: #2b382f; --green: #7fd3a4; --on: #0b2416 }
}
* { box-sizing: border-box }
body { margin: 0; padding: 1.5rem; min-height: 100vh; display: grid; place-items: center; background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif }
main { width: 100%; max-width: 25rem; padding: 2rem; border: 1px solid var(--line); border-top: 4px solid var(--green); border-radius: .5rem; background: var(--card) }
h1 { margin: 0; font-size: 1.375rem; line-height: 1.25 }
p, td, th, dt { color: var(--quiet) }
form { margin: 1.5rem 0 0 }
label { display: block; margin: 1rem 0 .25rem; font-weight: 550 }
input { width: 100%; min-height: 2.75rem; padding: .5rem .75rem; border: 1px solid #77857c; border-radius: .375rem; background: var(--card); color: var(--ink); font: inherit }
button { width: 100%; min-height: 2.75rem; margin-top: 1.25rem; border: 1px solid var(--green); border-radius: .375rem; background: var(--green); color: var(--on); font: inherit; font-weight: 600; cursor: pointer }
button.second { margin-top: .75rem; background: none; color: var(--ink) }
table { width: 100%; margin-top: 1.75rem; border-collapse: collapse; font-size: .875rem; text-align: left }
th, td { padding: .375rem .5rem .375rem 0; border-top: 1px solid var(--line); font-weight: 400 }
[role=alert] { color: #b3261e }
@media (prefers-color-scheme: dark) { [role=alert] { color: #ffb4ab } }
:focus-visible { outline: 3px solid var(--green); outline-offset: 2px }
`
