import { nearestName, quote } from '../../lib/text.ts'
import type { Report } from '../report.ts'
import type { Given, OptionSource } from '../sources/source.ts'
import { toGiven } from './leaf.ts'
import { type ListShape, type MapShape, toComparable } from './shape.ts'
import { type Entry, type Member, renderPlace, type TextPlace } from './yaml/entry.ts'

/** A map of the file that was read by its shape; what is wrong with it was reported. */
export interface Section {
  /** `providers[0].oidcConfig`; empty for the file itself. */
  readonly path: string
  readonly shape: MapShape
  readonly leaves: OptionSource
  readonly maps: ReadonlyMap<string, Section>
  readonly lists: ReadonlyMap<string, readonly Section[]>
  /** Name of a place below this one that is not given, `oidcConfig.issuerURL`, with the line that it is missing from. */
  labelOf(below: string): string
}

/** The file that is read, and where its faults go. */
export interface SectionContext {
  readonly file: string
  readonly report: Report
}

/** Reads a map by its shape: keys that are not known, that stand twice, and values of another kind are reported. */
export function readSection(
  entry: Entry,
  { shape, path }: { readonly shape: MapShape; readonly path: string },
  context: SectionContext,
): Section {
  const leaves = new Map<string, Given>()
  const maps = new Map<string, Section>()
  const lists = new Map<string, readonly Section[]>()
  const broken = new Map<string, string>()
  const { file, report } = context
  const refuse = (key: string, label: string, sentence: string): void => {
    report.problem(label, sentence)
    // To miss what was refused would only confuse.
    report.mute(label)
    broken.set(key, label)
  }
  for (const { key, label, member } of knownMembers(entry, { shape, path, refuse }, context)) {
    const below = toPath(path, key)
    const of = shape.keys[key]
    if (of === undefined || member.value.kind === 'nothing') continue
    if (of.kind === 'leaf') {
      const given = toGiven(of, shape, member.value)
      if (given.ok) leaves.set(key, { raw: given.value, source: 'file', label })
      else refuse(key, label, given.problem)
    } else if (of.kind === 'map') {
      if (member.value.kind === 'map')
        maps.set(key, readSection(member.value, { shape: of, path: below }, context))
      else refuse(key, label, `give a map with ${listed(of)}`)
    } else if (member.value.kind === 'list') {
      lists.set(key, readList(member.value.entries, { shape: of, path: below }, context))
    } else refuse(key, label, 'give a list, with a dash before each entry')
  }
  const labelOf = (below: string): string => {
    const [first = '', ...rest] = below.split('.')
    const inner = rest.length === 0 ? undefined : maps.get(first)
    if (inner !== undefined) return inner.labelOf(rest.join('.'))
    return broken.get(first) ?? `${toPath(path, below)} in ${file}, missing at ${renderPlace(entry.place)}`
  }
  return { path, shape, leaves, maps, lists, labelOf }
}

function readList(
  entries: readonly Entry[],
  { shape, path }: { readonly shape: ListShape; readonly path: string },
  context: SectionContext,
): readonly Section[] {
  return entries.flatMap((entry, at) => {
    const below = `${path}[${at}]`
    if (entry.kind === 'map') return readSection(entry, { shape: shape.of, path: below }, context)
    context.report.problem(toLabel(below, context.file, entry.place), `give a map with ${listed(shape.of)}`)
    return []
  })
}

interface KnownMember {
  readonly key: string
  readonly label: string
  readonly member: Member
}

interface MembersDeps {
  readonly shape: MapShape
  readonly path: string
  readonly refuse: (key: string, label: string, sentence: string) => void
}

/** The members of a map whose keys are known, by the names that the shape has for them. */
function knownMembers(
  entry: Entry,
  { shape, path, refuse }: MembersDeps,
  { file }: SectionContext,
): readonly KnownMember[] {
  const names = new Map(Object.keys(shape.keys).map((key) => [toComparable(key, shape), key]))
  const seen = new Map<string, TextPlace>()
  return (entry.kind === 'map' ? entry.members : []).flatMap((member) => {
    const key = names.get(toComparable(member.key, shape))
    const label = toLabel(toPath(path, key ?? member.key), file, member.place)
    const earlier = key === undefined ? undefined : seen.get(key)
    if (key === undefined) {
      const nearest = nearestKey(member.key, shape)
      const hint =
        nearest === undefined ? placeOfOption(member.key, shape) : `did you mean ${quote(nearest)}?`
      refuse(
        nearest ?? member.key,
        label,
        `remove this key, it is not known${hint === '' ? '' : `; ${hint}`}`,
      )
    } else if (earlier !== undefined) {
      refuse(key, label, `give this key once, it is in ${renderPlace(earlier)} in another spelling too`)
    } else {
      seen.set(key, member.place)
      return { key, label, member }
    }
    return []
  })
}

function nearestKey(key: string, shape: MapShape): string | undefined {
  const names = new Map(Object.keys(shape.keys).map((name) => [toComparable(name, shape), name]))
  return names.get(nearestName(toComparable(key, shape), names.keys()) ?? '')
}

/** The place of an option that stands at the top of the file. */
function placeOfOption(key: string, { keys }: MapShape): string {
  const options = keys['options']
  if (options?.kind !== 'map') return ''
  const wanted = toComparable(key, options)
  const option = Object.keys(options.keys).find((name) => toComparable(name, options) === wanted)
  return option === undefined ? '' : `write ${quote(option)} below "options"`
}

function toPath(path: string, key: string): string {
  return path === '' ? key : `${path}.${key}`
}

function toLabel(path: string, file: string, place: TextPlace): string {
  return `${path} in ${file}, ${renderPlace(place)}`
}

function listed(shape: MapShape): string {
  const keys = Object.keys(shape.keys)
  return keys.length > 4 ? `${keys.slice(0, 3).join(', ')} and so on` : keys.join(', ')
}
