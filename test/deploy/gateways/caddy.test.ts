import { checkGateway } from './suite.ts'

checkGateway('caddy')
