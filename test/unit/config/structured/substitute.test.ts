// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are those of a file
import { describe, expect, it } from 'vitest'
import { substitute } from '../../../../src/config/structured/yaml/substitute.ts'

const VARIABLES: Readonly<Record<string, string>> = { A: 'alpha', EMPTY: '', B_1: 'beta', a: 'small' }

function filled(text: string) {
  return substitute(text, (name) => VARIABLES[name])
}

/** [text, text with the variables filled in]; those marked were made by oauth2-proxy 7.15.3 too. */
const FILLED: [string, string][] = [
  ['no variable at all', 'no variable at all'],
  ['$A', 'alpha'],
  ['${A}', 'alpha'],
  ['x${A}y$B_1.z', 'xalphaybeta.z'],
  ['$a-$A', 'small-alpha'],
  ['${NONE}', ''],
  ['${NONE:-other}', 'other'],
  ['${NONE-other}', 'other'],
  ['${NONE:=other}', 'other'],
  ['${NONE=other}', 'other'],
  ['${A:-other}', 'alpha'],
  ['${A-other}', 'alpha'],
  ['${EMPTY:-other}', 'other'],
  ['${EMPTY-other}', ''],
  ['${EMPTY=other}', ''],
  ['${A+other}', 'other'],
  ['${A:+other}', 'other'],
  ['${NONE+other}', ''],
  ['${EMPTY+other}', 'other'],
  ['${NONE:-$A}', 'alpha'],
  ['${NONE:-x$A}', 'x$A'],
  ['${NONE:-https://a.example/x?y=1}', 'https://a.example/x?y=1'],
  ['${NONE:-}', ''],
  ['$$A', '$A'],
  ['$${A}', '${A}'],
  ['pa$$$$word', 'pa$$word'],
  ['^/a$', '^/a$'],
  ["'^/(.*)$'", "'^/(.*)$'"],
  ['/$1/$1', '/$1/$1'],
  ['100 $ and more', '100 $ and more'],
  ['# ${broken and $A', '# ${broken and $A'],
]

describe('variables in a structured file', () => {
  it.each(FILLED)('variables in a structured file are filled in: %s', (text, expected) => {
    const result = filled(text)
    expect(result.ok && result.value.text).toBe(expected)
  })

  it.each([
    ['/$1/$2', '/$1/$2'],
    ['/${1}x', '/${1}x'],
  ])(
    'the groups of a rewrite target stay as they are, where oauth2-proxy changes or drops them: %s',
    (text, expected) => {
      const result = filled(text)
      expect(result.ok && result.value.text).toBe(expected)
    },
  )

  it('a group that the file names is no variable, unless there is one of its name', () => {
    const text = 'path: ^/(?P<rest>.*)/(?<A>.*)$\nrewriteTarget: /${rest}/${A}/${other}'
    const result = filled(text)
    expect(result).toEqual({
      ok: true,
      value: {
        text: 'path: ^/(?P<rest>.*)/(?<A>.*)$\nrewriteTarget: /${rest}/alpha/',
        unset: [{ name: 'other', line: 2 }],
      },
    })
  })

  it.each([
    ['a\n${A', 'close the brace', 2],
    ['${A:?gone}', 'write $NAME', 1],
    ['${A.b}', 'write $NAME', 1],
    ['${A:-${B}}', 'without another', 1],
  ])('a form that is not known is a fault with its line: %s', (text, sentence, line) => {
    const result = filled(text)
    expect(result.ok ? [] : result.problem).toEqual([{ sentence: expect.stringContaining(sentence), line }])
  })
})
