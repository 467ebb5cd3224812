import { type BareOption, keysOf } from '../option.ts'
import type { OptionTable } from '../options.ts'

/** Description of a place of the structured file. */
export type Shape = LeafShape | MapShape | ListShape

/** One value, read and described as an option is. */
export interface LeafShape {
  readonly kind: 'leaf'
  readonly option: BareOption
  /** May be a list of bytes too, which is how oauth2-proxy's own converter writes a secret. */
  readonly bytes?: true
}

/** A map with known keys. */
export interface MapShape {
  readonly kind: 'map'
  readonly about: string
  readonly keys: Readonly<Record<string, Shape>>
  /** Takes keys with dashes, underscores or neither for the same: options, which have a flag and a TOML key. */
  readonly loose?: true
}

/** A list of maps. */
export interface ListShape {
  readonly kind: 'list'
  readonly about: string
  readonly of: MapShape
}

/** A leaf that no option of the command line is the same as. */
export function leaf(option: BareOption): LeafShape {
  return { kind: 'leaf', option }
}

/** A key as it is compared: in any case, as Go's decoders compare it, and for options without what stands between words. */
export function toComparable(key: string, { loose }: Pick<MapShape, 'loose'>): string {
  const lower = key.toLowerCase()
  return loose ? lower.replaceAll(/[-_]/gu, '') : lower
}

/** Beginning of the places of options that each provider has. */
export const PROVIDERS = 'providers[].'

/**
 * The options that have a place below this one, by the rest of their place. Of two options for one place the first in the
 * table counts.
 */
export function optionsBelow(table: OptionTable, beginning: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const [flag, { structured }] of table) {
    if (structured === undefined || !structured.startsWith(beginning)) continue
    const rest = structured.slice(beginning.length)
    if (!found.has(rest)) found.set(rest, flag)
  }
  return found
}

/** The keys of options by their places: `a.b` is the key `b` of the map `a`. */
export function toKeys(
  table: OptionTable,
  places: ReadonlyMap<string, string>,
  about: Readonly<Record<string, string>>,
): Readonly<Record<string, Shape>> {
  const keys: Record<string, Shape> = {}
  const maps = new Map<string, Record<string, Shape>>()
  for (const [place, flag] of places) {
    const option = table.get(flag)
    if (option === undefined) continue
    const [first = '', second] = place.split('.')
    if (second === undefined) {
      keys[first] = leaf(option)
      continue
    }
    const inner = maps.get(first) ?? {}
    inner[second] = leaf(option)
    maps.set(first, inner)
    keys[first] = { kind: 'map', about: about[first] ?? `Options of this kind of provider.`, keys: inner }
  }
  return keys
}

/** Option that stands in each header line, and is also about the identity headers that no line names. */
const FOR_ALL_HEADERS = 'skip-auth-strip-headers'

/** The options that have no place of their own, by their TOML keys: the map `options` holds them. */
export function freeOptions(table: OptionTable): ReadonlyMap<string, string> {
  const rows = [...table].filter(
    ([flag, { structured }]) => structured === undefined || flag === FOR_ALL_HEADERS,
  )
  return new Map(
    rows.flatMap(([flag, option]) =>
      keysOf(flag, option)
        .slice(0, 1)
        .map((key) => [key, flag]),
    ),
  )
}
