import { describe, expect, it } from 'vitest'
import { compileTemplates } from '../../../src/gotemplate/compile.ts'
import { type GoValue, toStruct } from '../../../src/gotemplate/values.ts'

const FIELDS = ['Redirect', 'StatusCode', 'ProxyPrefix']

function problemsOf(...texts: readonly string[]): readonly string[] {
  const files = texts.map((text, at) => ({ name: `${'ab'[at]}.html`, text }))
  const compiled = compileTemplates({ files, pages: files.map(({ name }) => name), fields: FIELDS })
  return compiled.ok ? [] : compiled.problem.map(({ file, line, sentence }) => `${file}:${line}: ${sentence}`)
}

function rendering(text: string, data: Readonly<Record<string, GoValue>> = {}): string {
  const compiled = compileTemplates({ files: [{ name: 'a.html', text }], pages: ['a.html'], fields: FIELDS })
  if (!compiled.ok) throw new Error(compiled.problem[0]?.sentence)
  const rendered = compiled.value.render('a.html', toStruct({ Redirect: '/', StatusCode: 200n, ...data }))
  return rendered.ok ? rendered.value : `${rendered.problem.line}: ${rendered.problem.sentence}`
}

describe('compileTemplates', () => {
  it.each([
    [
      '\n{{foo .Redirect}}',
      'a.html:2: replace the function "foo", there is none of that name; did you mean "not"?; there are ToLower, ToUpper, and,',
    ],
    ['{{toUpper .Redirect}}', 'did you mean "ToUpper"?'],
    [
      '<p>\n\n{{ .Redirct }}',
      'a.html:3: replace the field ".Redirct" of "{{.Redirct}}", pages have none of that name; did you mean "Redirect"?',
    ],
    ['{{if false}}{{.Nope}}{{end}}', 'replace the field ".Nope"'],
    ['{{with .Redirect}}{{$.Nope}}{{end}}', 'replace the field ".Nope"'],
    ['{{template "x" .}}\n{{define "x"}}{{.Nope}}{{end}}', 'a.html:2: replace the field ".Nope"'],
    ['{{call .Redirect}}', 'a.html:1: remove {{call}}'],
    ['{{if .Redirect}}\n\n', 'a.html:1: close the block that begins here with {{end}}'],
    ['a\n{{end}}', 'a.html:2: remove the {{end}} that belongs to no block'],
    ['{{.Redirect', 'a.html:1: close the action with }}'],
    ['{{$x}}', 'declare the variable $x with := before it is used'],
    ['{{template "nope"}}', 'define the template "nope" in one of the files of the folder, there is none'],
    [
      '<p>\n<a href="{{.Redirect}}>',
      'a.html:1: finish the markup of the template "a.html": it ends in a URL, in an attribute value',
    ],
    ['<script>', 'it ends in a script'],
    [
      '{{if .Redirect}}<a title="{{end}}x',
      'a.html:1: end the branches of the {{if}} in the same place of the markup',
    ],
    ['x\n<a b=c"d>', 'a.html:2: put quotes around the attribute value "c\\"d", it contains "'],
    ['{{1i}}', 'write the number "1i" as an integer or a decimal fraction'],
    ['{{break}}', 'move the {{break}} into a {{range}}'],
    ['{{define "x"}}a{{end}}{{define "x"}}b{{end}}', 'define the template "x" once in a file'],
    ['{{/* x }}', 'close the comment with */}}'],
    [
      '<a href="/{{if .Redirect}}?a={{end}}{{.Redirect}}">',
      'move "{{.Redirect}}" into the branches before it',
    ],
  ])('the template %j is refused with its line and construct', (text, message) => {
    expect(problemsOf(text)).toEqual([expect.stringContaining(message)])
  })

  it('mistakes in several files are told at once, one of each', () => {
    expect(problemsOf('{{nope}}', '\n{{if}}')).toEqual([
      expect.stringContaining('a.html:1: replace the function "nope"'),
      expect.stringContaining('b.html:2: give a value for {{if}}'),
    ])
  })

  it('files share the templates that they define', () => {
    const compiled = compileTemplates({
      files: [
        { name: 'a.html', text: '{{define "head"}}<h1>{{.Redirect}}</h1>{{end}}a' },
        { name: 'b.html', text: '{{template "head" .}}' },
      ],
      pages: ['a.html', 'b.html', 'c.html'],
      fields: FIELDS,
    })
    if (!compiled.ok) throw new Error('refused')
    expect(['a.html', 'b.html', 'c.html'].map(compiled.value.has)).toEqual([true, true, false])
    expect(compiled.value.render('b.html', toStruct({ Redirect: '<' }))).toEqual({
      ok: true,
      value: '<h1>&lt;</h1>',
    })
  })

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
    'the field %s of a page is none, and of its values neither [UI-31]',
    (name) => {
      expect(problemsOf(`{{.${name}}}`)[0]).toContain(`replace the field ".${name}"`)
      for (const text of [`{{(print .Redirect).${name}}}`, `{{with .Redirect}}{{.${name}}}{{end}}`])
        expect(rendering(text)).toContain('has no field')
      expect(rendering(`{{index .Redirect "${name}"}}`)).toContain('is no index')
      expect(problemsOf(`{{${name} .Redirect}}`)[0]).toContain('replace the function')
    },
  )

  it.each([
    ['{{range 1000000000}}{{end}}', 'more than 100000 steps'],
    ['{{range 90000}}{{$.Redirect}}{{end}}', 'more than 100000 steps'],
    ['{{range 300}}{{printf "%20000d" 1}}{{end}}', 'write a shorter page'],
    ['{{$x := "xxxxxxxx"}}{{range 64}}{{$x = print $x $x}}{{end}}', 'longer than 4194304 characters'],
    ['{{$x := "<<<<<<<<"}}{{range 64}}{{$x = html $x $x}}{{end}}', 'longer than 4194304 characters'],
    ['{{define "x"}}{{template "x"}}{{end}}{{template "x"}}', 'call each other'],
    ['{{printf "%999999999d" 1}}', 'BADWIDTH'],
  ])('the rendering of %j ends [DS-40]', (text, message) => {
    expect(rendering(text)).toContain(message)
  })

  it.each([
    ['{{if true}}'.repeat(500) + '{{end}}'.repeat(500), 'nest at most 100'],
    [`{{${'('.repeat(500)}1${')'.repeat(500)}}}`, 'nest at most 100'],
    ['{{range 2}}'.repeat(60) + '{{end}}'.repeat(60), 'nest fewer loops'],
    [`{{define "x"}}\`$\{ {{template "x"}}{{end}}<script>{{template "x"}}`, 'templates inside of each other'],
  ])('a template that nests too deep is refused (%#) [DS-41]', (text, message) => {
    expect(problemsOf(text)).toEqual([expect.stringContaining(message)])
  })

  it('a lone surrogate in a value does not reach the page', () => {
    expect(rendering('{{.Redirect}}', { Redirect: 'a\ud800b' })).toBe('a\ufffdb')
  })
})
