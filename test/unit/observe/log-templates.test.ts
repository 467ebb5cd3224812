import { describe, expect, test } from 'vitest'
import { parseLogTemplate } from '../../../src/config/values/log-format/parse.ts'
import { LOG_FIELDS } from '../../../src/config/values/log-format/template.ts'
import { toGoQuoted, toGoQuotedBytes } from '../../../src/observe/oauth2-proxy/go-text.ts'
import { renderLine } from '../../../src/observe/oauth2-proxy/render.ts'

const LINE: Record<(typeof LOG_FIELDS.auth)[number], string> = {
  Client: '192.0.2.7:123',
  Host: 'app.example.com',
  Message: `a <b> "q" 'é' & = 你`,
  Protocol: 'HTTP/1.1',
  RequestID: '',
  RequestMethod: 'GET',
  Status: 'AuthSuccess',
  Timestamp: '2026/11/27 18:30:05',
  UserAgent: '"ua"',
  Username: 'alice',
}

function render(text: string, changes: Partial<typeof LINE> = {}): string {
  const template = parseLogTemplate(text, LOG_FIELDS.auth)
  if (!template.ok) return template.problem
  const fields = Object.entries({ ...LINE, ...changes }).map(([name, value]) => [name, () => value])
  return renderLine(template.value, Object.fromEntries(fields))
}

describe('a template of log lines', () => {
  // What Go's text/template 1.26 writes for these fields.
  test.each([
    ['{{.Client}} {{ .Status }}', '192.0.2.7:123 AuthSuccess'],
    ['a {{- .Client -}} b', 'a192.0.2.7:123b'],
    ['a\n{{- /* c */ -}}\n b', 'ab'],
    ['{{/* c */}}x', 'x'],
    ['{{if .Username}}u={{.Username}}{{else}}none{{end}}', 'u=alice'],
    [
      '{{if eq .Status "AuthFailure" "AuthError"}}bad{{else if eq .Status "AuthSuccess"}}good{{else}}?{{end}}',
      'good',
    ],
    ['{{printf "%q" .Message}}', `"a <b> \\"q\\" 'é' & = 你"`],
    ['{{.Message | printf "%-13s|%.3s|%5s" .Status .Client}}', `AuthSuccess  |192|a <b> "q" 'é' & = 你`],
    ['{"m":"{{js .Message}}"}', `{"m":"a \\u003Cb\\u003E \\"q\\" \\'é\\' \\u0026 \\u003D 你"}`],
    ['{{html .Message}}', 'a &lt;b&gt; &#34;q&#34; &#39;é&#39; &amp; = 你'],
    ['{{urlquery .Message}}', 'a+%3Cb%3E+%22q%22+%27%C3%A9%27+%26+%3D+%E4%BD%A0'],
    ['{{.Message | urlquery}}', 'a+%3Cb%3E+%22q%22+%27%C3%A9%27+%26+%3D+%E4%BD%A0'],
    ['{{print .Client .Host}}', '192.0.2.7:123app.example.com'],
    ['{{print 1 2 "a" 3}}', '1 2a3'],
    ['{{len .Message}}', '22'],
    ['{{if and .Client (ne .Host "")}}y{{end}}', 'y'],
    ['{{or .RequestID .Client}}', '192.0.2.7:123'],
    ['{{and .Client .Host}}', 'app.example.com'],
    ['{{if not .RequestID}}none{{end}}', 'none'],
    ['{{`raw`}}{{"q\\"t"}}', 'rawq"t'],
    ['{{if gt (len .Client) 3}}long{{end}}', 'long'],
    ['{{if lt .Client .Host}}<{{end}}', '<'],
    ['{{printf "%5d|%-5d|%v" 3 4 true}}', '    3|4    |true'],
    ['{{printf "%d%%" 5}}', '5%'],
    ['{{printf "%d" .Client}}', '%!d(string=192.0.2.7:123)'],
    ['{{"a" | print "b"}}', 'ba'],
    ['{{true}}{{ 3 }}', 'true3'],
    ['{{if .RequestID}}a{{else if .Client}}{{if .Host}}b{{end}}{{else}}c{{end}}', 'b'],
  ])('a template writes what Go does: %s', (template, line) => {
    expect(render(template)).toBe(line)
  })

  test.each([
    ['{{.Clint}}', 'not "Clint"'],
    ['{{range .Client}}{{end}}', 'remove "range'],
    ['{{with .Client}}x{{end}}', 'remove "with'],
    ['{{template "x"}}', 'remove "template'],
    ['{{define "x"}}{{end}}', 'remove "define'],
    ['{{$x := .Client}}', 'remove "$x'],
    ['{{.}}', 'remove "."'],
    ['{{.Client.Name}}', 'remove ".Client.Name"'],
    ['{{index .Client 0}}', 'remove "index'],
    ['{{if .Client}}x', 'close {{if .Client}} with {{end}}'],
    ['{{end}}', 'remove {{end}}'],
    ['{{else}}', 'remove {{else}}'],
    ['{{.Client', 'close the action with "}}"'],
    ['{{eq .Client 3}}', 'one type'],
    ['{{eq .Client}}', 'give eq 2 or more values'],
    ['{{printf "%z" .Client}}', 'give printf a format'],
    ['{{printf "%s"}}', 'give printf a format'],
    ['{{printf .Client}}', 'give printf a format'],
    ['{{len 3}}', 'give len a text'],
    ['{{}}', 'remove ""'],
    ['{{print (.Client}}', 'remove "print (.Client"'],
    ['{{.Client | .Host}}', 'remove ".Client | .Host"'],
    ['{{"a\\q"}}', 'remove'],
  ])('a template with what is not known fails with the construct: %s', (template, problem) => {
    expect(render(template)).toContain(problem)
  })

  test('a value cannot end its line or reach a terminal [IL-70]', () => {
    const hostile = 'bob\r\n192.0.2.1 - [AuthSuccess]\u001b[31m\u202e'
    expect(render('{{.Username}}|{{print .Username}}', { Username: hostile })).not.toMatch(/[\p{Cc}\p{Cf}]/u)
  })
})

describe('quoted text', () => {
  // What fmt.Sprintf("%q") of Go 1.26 writes.
  test.each([
    ['plain', '"plain"'],
    ['a"b\\c', '"a\\"b\\\\c"'],
    ['tab\t\r\n\x07\b\f\v', '"tab\\t\\r\\n\\a\\b\\f\\v"'],
    ['\x00\x1b\x7f', '"\\x00\\x1b\\x7f"'],
    ['é你😀', '"é你😀"'],
    ['\u202e\u200b\u00a0\u0085', '"\\u202e\\u200b\\u00a0\\u0085"'],
    ['\u{e0041}', '"\\U000e0041"'],
  ])('a text is quoted as Go does: %j', (text, quoted) => {
    expect(toGoQuoted(text)).toBe(quoted)
  })

  test('bytes are quoted as text where they are UTF-8, and as bytes elsewhere', () => {
    expect(toGoQuotedBytes('\xff\xc3\xa9\xe2\x82')).toBe('"\\xffé\\xe2\\x82"')
  })
})
