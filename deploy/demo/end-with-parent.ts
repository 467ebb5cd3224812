// Preloaded into the gate of the demo. The channel to the demo closes however the demo ends, `kill -9` included; a gate that
// stayed would hold its port and forward to an app that is gone.
process.on('disconnect', () => process.exit())
