import { checkGateway } from './suite.ts'

checkGateway('traefik')
