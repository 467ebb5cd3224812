/** The one style sheet of the pages; it stands inline in each, allowed by its hash. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f2f4f7; --card: #fff; --ink: #1a1f29; --quiet: #566072; --line: #dde2ea; --field: #7d889a;
  --accent: #2a54c9; --soft: #eef2fc;
  --button: var(--accent); --button-strong: #1f429f; --on-button: #fff; --button-line: transparent;
  --alert: #8f1d1a; --alert-ground: #fdeeed; --alert-line: #f1c4c1;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0f1217; --card: #181c23; --ink: #e9ecf1; --quiet: #a4adbc; --line: #2b323d; --field: #75819a;
    --accent: #93b4ff; --soft: #1f2735;
    --button-strong: #b3caff; --on-button: #0d1a38;
    --alert: #ffb9b3; --alert-ground: #33191a; --alert-line: #5f2c2c;
  }
}
*, ::before, ::after { box-sizing: border-box }
html { background: var(--ground); -webkit-text-size-adjust: 100%; text-size-adjust: 100% }
body {
  margin: 0; min-height: 100vh; min-height: 100dvh; padding: 2rem 1.25rem;
  display: flex; flex-direction: column; align-items: center;
  color: var(--ink); background: var(--ground);
  font: 400 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "DejaVu Sans", sans-serif;
  -webkit-font-smoothing: antialiased;
}
body::before { content: ""; flex: 2 }
body::after { content: ""; flex: 3 }
main {
  width: 100%; max-width: 26.5rem; padding: 2.5rem; border: 1px solid var(--line); border-radius: 1rem;
  background: var(--card); box-shadow: 0 1px 2px rgb(16 24 40 / .04), 0 12px 32px -12px rgb(16 24 40 / .12);
}
.logo { margin: 0 0 1.5rem; line-height: 0; color: var(--accent) }
.logo > * { display: block; max-width: 100%; height: 2.75rem; width: auto }
h1 { margin: 0; font-size: 1.5rem; line-height: 1.25; font-weight: 650; letter-spacing: -.015em; overflow-wrap: anywhere; text-wrap: balance }
h1 + p, .lead { margin: .75rem 0 0; color: var(--quiet); text-wrap: pretty }
.host { display: block }
.name, .label { display: inline-block; max-width: 100%; text-wrap: wrap }
p { margin: .75rem 0 0; overflow-wrap: anywhere }
a { color: var(--accent); text-underline-offset: .2em }
.status { margin: 0 0 .5rem; font-size: .875rem; font-weight: 600; letter-spacing: .06em; color: var(--quiet); font-variant-numeric: tabular-nums }
.banner { margin-top: .75rem; color: var(--quiet) }
.banner > :first-child { margin-top: 0 }
.alert {
  margin: 1.5rem 0 0; padding: .75rem 1rem; border: 1px solid var(--alert-line); border-radius: .625rem;
  background: var(--alert-ground); color: var(--alert);
}
.actions { margin-top: 1.75rem; display: grid; gap: .75rem }
.button {
  display: flex; align-items: center; justify-content: center; width: 100%; min-height: 3rem; padding: .625rem 1.25rem;
  border: 1px solid var(--button-line); border-radius: .625rem; background: var(--button); color: var(--on-button);
  font: inherit; font-weight: 600; line-height: 1.3; text-align: center; text-decoration: none;
  overflow-wrap: anywhere; cursor: pointer;
}
.button:hover { background: var(--button-strong) }
.button.second { border-color: var(--field); background: transparent; color: var(--ink) }
.button.second:hover { border-color: var(--accent); background: var(--soft) }
form { margin: 0 }
.or { display: flex; align-items: center; gap: .875rem; margin: 1.5rem 0 0; color: var(--quiet); font-size: .875rem }
.or::before, .or::after { content: ""; flex: 1; height: 1px; background: var(--line) }
.field { margin-top: 1rem }
label { display: block; margin-bottom: .375rem; font-size: .9375rem; font-weight: 550 }
input {
  width: 100%; min-height: 3rem; padding: .5rem .875rem; border: 1px solid var(--field); border-radius: .625rem;
  background: var(--card); color: var(--ink); font: inherit;
}
.field + .button { margin-top: 1.5rem }
dl { margin: 1.5rem 0 0; padding: 1rem 0 0; border-top: 1px solid var(--line); display: grid; gap: .75rem; font-size: .9375rem }
dt { color: var(--quiet); font-size: .8125rem }
dd { margin: .125rem 0 0; overflow-wrap: anywhere }
code { font: .875rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace }
.copy { -webkit-user-select: all; user-select: all }
footer { margin-top: 1.5rem; max-width: 26.5rem; color: var(--quiet); font-size: .8125rem; text-align: center; overflow-wrap: anywhere }
footer a { color: inherit }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px }
@media (max-width: 30rem) {
  html, body { background: var(--card) }
  body { padding: 1.5rem 1.5rem 1.25rem }
  body::before { flex: 0 }
  body::after { content: none }
  main { padding: 1rem 0 0; border: 0; border-radius: 0; box-shadow: none }
  footer { margin-top: auto; padding-top: 2rem }
}
@media (prefers-reduced-motion: no-preference) {
  .button { transition: background-color .12s, border-color .12s }
}
@media (forced-colors: active) {
  .button { border-color: ButtonText }
}
`

/** CSP source of `STYLE`: base64 of its SHA-256 (CSP3 §2.3.1). The test that compares them prints the new value after an edit. */
export const STYLE_SOURCE = "'sha256-iiVREsQAU4kXtzQ7863iJ7RV2vC4PFuAGTZRVb+y6+A='"
