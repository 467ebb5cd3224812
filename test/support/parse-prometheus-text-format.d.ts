/** The part of a parser of Prometheus' text format that the tests use; it has no types of its own. */
declare module 'parse-prometheus-text-format' {
  interface ParsedFamily {
    readonly name: string
    readonly metrics: readonly {
      readonly labels?: Readonly<Record<string, string>>
      readonly value?: string
    }[]
  }

  /** Throws for a line that is not of the format. */
  const parsePrometheusTextFormat: (text: string) => readonly ParsedFamily[]
  // biome-ignore lint/style/noDefaultExport: the package has this one
  export default parsePrometheusTextFormat
}
