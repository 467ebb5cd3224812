import type { Option, RuntimeName } from '../option.ts'
import type { Report } from '../report.ts'
import { type AnySettings, readSettings } from '../settings.ts'
import type { Given, OptionSource } from '../sources/source.ts'
import type { Section } from './section.ts'
import type { MapShape } from './shape.ts'

/** The runtime that the settings are for, and where their faults go. */
export interface SettingsDeps {
  readonly runtime: RuntimeName
  readonly report: Report
}

/** Reads the values of a section and of the maps in it, by their place below the section: `tls.minVersion`. */
export function readSectionSettings(section: Section, { runtime, report }: SettingsDeps): AnySettings {
  const sources = [new Map(leavesOf(section))]
  return readSettings(
    { table: new Map(rowsOf(section.shape)), sources, runtime, nameOf: section.labelOf },
    report,
  )
}

/** The values that a section and the maps in it give, by their place below the section. */
function leavesOf({ leaves, maps }: Pick<Section, 'leaves' | 'maps'>): readonly (readonly [string, Given])[] {
  const inner = [...maps].flatMap(([key, map]) =>
    leavesOf(map).map(([below, given]) => [`${key}.${below}`, given] as const),
  )
  return [...leaves, ...inner]
}

function rowsOf({ keys }: MapShape): readonly (readonly [string, Option])[] {
  return Object.entries(keys).flatMap(([key, shape]): readonly (readonly [string, Option])[] => {
    if (shape.kind === 'leaf') return [[key, { ...shape.option, group: '' }]]
    return shape.kind === 'map' ? rowsOf(shape).map(([below, row]) => [`${key}.${below}`, row]) : []
  })
}

/** The values below a section under the flags that they are the same as. */
export function toOptionSource(
  section: Pick<Section, 'leaves' | 'maps'> | undefined,
  places: ReadonlyMap<string, string>,
): OptionSource {
  if (section === undefined) return new Map()
  return new Map(
    leavesOf(section).flatMap(([place, given]) => {
      const flag = places.get(place)
      return flag === undefined ? [] : [[flag, given] as const]
    }),
  )
}
