import { SERVERS } from '../../option.ts'
import { type LeafShape, leaf, type MapShape } from '../shape.ts'
import { SECRET } from './secret.ts'

function address(about: string): LeafShape {
  return leaf({ kind: 'string', default: '', off: ['-'], runtimes: SERVERS, about })
}

/** A server: the app's, or that of the metrics. */
export function serverShape(about: string): MapShape {
  return {
    kind: 'map',
    about,
    keys: {
      bindAddress: address(
        'Plain listener: `[http://]host:port`, `unix:///path[,mode=0660]` or `fd:N`; `-` or empty is off.',
      ),
      secureBindAddress: address('TLS listener, `[https://]host:port`; `-` or empty is off.'),
      tls: {
        kind: 'map',
        about: 'Certificate and versions of the TLS listener.',
        keys: {
          key: { ...SECRET, about: 'Private key (PEM); give one of these.' },
          cert: { ...SECRET, about: 'Certificate chain (PEM); give one of these.' },
          minVersion: leaf({
            kind: 'enum',
            values: ['', 'TLS1.2', 'TLS1.3'],
            default: '',
            about: 'Lowest TLS version that is accepted; empty is TLS1.2.',
          }),
          cipherSuites: leaf({
            kind: 'list',
            default: [],
            about: 'Cipher suites of TLS 1.2 by their names in Go, as for tls-cipher-suite.',
          }),
        },
      },
    },
  }
}
