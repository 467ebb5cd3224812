import { checkGateway } from './suite.ts'

checkGateway('envoy')
