// Everything here is TypeScript that Node runs as it is. `npm ci` brings a Node that can where there is a package of one
// (Linux on x64); elsewhere it is the machine's own. Plain JavaScript, so that an old one can still say so.
const [version = process.versions.node] = process.argv.slice(2).filter((word) => /^\d+\.\d+\./.test(word))
const [major, minor] = version.split('.').map(Number)

// 22.18 and 24.2 run TypeScript without a flag and know import.meta.main; of 23 no release does both.
const isNewEnough = major > 24 || (major === 24 && minor >= 2) || (major === 22 && minor >= 18)
if (!isNewEnough) {
  console.error(`Install Node 24, or 22.18 and newer of 22, and run this again: this is Node ${version}, which does not run TypeScript.`)
  process.exit(1)
}
