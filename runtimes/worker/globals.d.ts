// The core is checked against the web's types. Those of Workers take no undefined here, though Workers do.
declare function clearTimeout(timeoutId: number | undefined): void
