import type { Door } from './worker-app.ts'

/**
 * A door for settings that are wrong. What to mend is written to the log at each visit, for `wrangler tail` shows only what is
 * written while it runs; the page names the settings and none of their values, since anybody may read it.
 */
export function refuseEverything(text: string, write: (text: string) => void): Door {
  const names = [...new Set(Array.from(text.matchAll(/^ {2}([^:]+): /gmu), ([, name]) => name))]
  const body = `This Sidegate cannot start. Settings to mend: ${names.join(', ')}.\nIts log says how: npx wrangler tail\n`
  return {
    async fetch() {
      write(text)
      return new Response(body, {
        status: 500,
        headers: { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' },
      })
    },
  }
}
